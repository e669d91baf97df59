"""The kind `http`: an address that is asked for the slots that are missing."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, field_validator, model_validator

from pipelines.base.clock import london_date
from pipelines.base.connections import NAME_PATTERN
from pipelines.collect.collected_source import CollectedSource
from pipelines.registry.cadence import MOST_MINUTES, Cadence
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.slots import Slot, slots_between
from pipelines.registry.source import sources

if TYPE_CHECKING:
    from pipelines.collect.http_client import HttpClient

_WORD = re.compile(r"\{(?P<name>slot_start|slot_end|day)(?::(?P<format>[^{}]+))?\}")
_ISO_UTC = "%Y-%m-%dT%H:%M:%SZ"
_SECRET_PARAMETER = re.compile(
    r"(^|[_-])(token|secret|password|signature|sig)$|^((api|access|subscription)[_-]?)?key$",
    re.IGNORECASE,
)
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_LOOK_BACK_HOURS, _LOOK_BACK_HOURS_OF_DAYS = 24, 14 * 24
WORDS = (
    "{slot_start} and {slot_end} stand for its bounds in UTC (2026-11-17T08:00:00Z), {day} for its "
    "day in London (2026-11-17); {slot_start:%Y%m%dT%H%M%S} writes one in another form."
)
"""What an address or a file name may say of a slot."""


@sources.register
class HttpSource(CollectedSource):
    """An address that is asked for the slots that are missing."""

    kind: Literal["http"]
    address: str = Field(description=f"Address that gives one slot. {WORDS}")
    file_name: str = Field(description=f"Name under which a slot's answer is landed. {WORDS}")
    endpoint: str = Field(
        default="",
        description="The feeds with the same one are asked by one task, one after the other; "
        "default: the address's scheme and host.",
    )
    connection: str | None = Field(
        default=None,
        pattern=NAME_PATTERN,
        description="Name of the connection, whose password is the bearer token: "
        "AIRFLOW_CONN_<NAME>, or Airflow's own.",
    )
    look_back_hours: int | None = Field(
        default=None,
        gt=0,
        le=366 * 24,
        description="How far back a missing slot is asked for; default 24, for days 336.",
    )
    ask_after_minutes: int = Field(
        default=0,
        ge=0,
        le=MOST_MINUTES,
        description="Minutes after a slot's end from which on it is asked for.",
    )
    timeout_seconds: float = Field(
        default=20.0, gt=0, le=60, description="Longest time that one answer may take."
    )

    @field_validator("address")
    @classmethod
    def _is_safe_to_ask(cls, address: str) -> str:
        parts = urlsplit(address)
        if not parts.hostname or parts.scheme not in ("https", "http"):
            raise ValueError("must use https:// (http:// only for localhost)")
        if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
            raise ValueError("must use https:// (http:// only for localhost)")
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        if "@" in parts.netloc or any(_SECRET_PARAMETER.search(name) for name in names):
            raise ValueError(
                "holds a secret; put it into AIRFLOW_CONN_<NAME> and name the connection"
            )
        return address

    @field_validator("address", "file_name")
    @classmethod
    def _has_known_words(cls, template: str) -> str:
        if re.search(r"[{}]", _WORD.sub("", template)):
            raise ValueError(f"unknown word in braces. {WORDS}")
        return template

    @field_validator("file_name")
    @classmethod
    def _is_plain_name(cls, file_name: str) -> str:
        if re.search(r"[/\\]", file_name):
            raise ValueError("a name without folders")
        return file_name

    @model_validator(mode="before")
    @classmethod
    def _names_endpoint(cls, content: Any) -> Any:
        if not isinstance(content, dict) or content.get("endpoint"):
            return content
        address = content.get("address")
        parts = urlsplit(address) if isinstance(address, str) else None
        host = parts.netloc.rpartition("@")[2] if parts else ""
        return {**content, "endpoint": f"{parts.scheme}://{host}" if parts else ""}

    @model_validator(mode="after")
    def _has_endpoint(self) -> "HttpSource":
        if "://" not in self.endpoint:
            raise ValueError("endpoint: has a scheme, as in https://trusts.example.nhs.uk")
        return self

    def address_of(self, slot: Slot) -> str:
        """Where the slot is asked for."""
        return _fill(self.address, slot)

    def file_name_of(self, slot: Slot) -> str:
        """The name under which the slot's answer is landed."""
        return _fill(self.file_name, slot)

    def look_back(self, cadence: Cadence) -> timedelta:
        """How far back from now a missing slot is asked for."""
        default = _LOOK_BACK_HOURS_OF_DAYS if cadence.is_daily else _LOOK_BACK_HOURS
        return timedelta(hours=self.look_back_hours or default)

    def first_mistake(self, cadence: Cadence) -> str | None:
        """What of the source does not fit the collection's slots, or None."""
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        slots = list(slots_between(cadence, begin, begin + timedelta(days=3)))
        for name, template in (("address", self.address), ("file_name", self.file_name)):
            if len({_fill(template, slot) for slot in slots}) < len(slots):
                return f"{name}: does not tell one slot from the next. {WORDS}"
        return None

    def client(self) -> "HttpClient":
        """The connection to the source; raises `ConfigurationError` without its secret."""
        # Not above: no folder needs an HTTP client.
        from pipelines.collect.http_client import HttpClient

        return HttpClient(self.timeout_seconds, self.connection)

    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """The missing slots of the feeds have landed, as far as the source gives them.

        With `since` every slot from then on is missing that was not given.
        """
        from pipelines.collect.pull import pull_slots
        from pipelines.landing.landing import Landing

        asked = [(feed, feed.source) for feed in feeds if isinstance(feed.source, HttpSource)]
        return pull_slots(Landing(home), asked, registry, since)


def _fill(template: str, slot: Slot) -> str:
    """The template with the slot's times in place of its words."""

    def write(word: re.Match[str]) -> str:
        if word["name"] == "day":
            return london_date(slot.start).strftime(word["format"] or "%Y-%m-%d")
        moment = slot.start if word["name"] == "slot_start" else slot.end
        return moment.strftime(word["format"] or _ISO_UTC)

    return _WORD.sub(write, template)
