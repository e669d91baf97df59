"""The kind `http`: an address that is asked for the slots that are missing."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator

from pipelines.base.clock import london_date, now
from pipelines.collect.addresses.address_source import AddressSource
from pipelines.registry.cadence import MOST_MINUTES, Cadence, SlotKind
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry, load_registry
from pipelines.registry.slots import Slot, slots_between
from pipelines.registry.source import sources

_WORD = re.compile(r"\{(?P<name>slot_start|slot_end|day)(?::(?P<format>[^{}]+))?\}")
_ISO_UTC = "%Y-%m-%dT%H:%M:%SZ"
_SLOTS_TO_TRY = 4
_TRIED = {kind: timedelta(days=3) for kind in SlotKind} | {SlotKind.MONTH: timedelta(days=130)}
_LOOK_BACK_HOURS = {SlotKind.MINUTES: 24, SlotKind.DAY: 14 * 24, SlotKind.MONTH: 400 * 24}
WORDS = (
    "{slot_start} and {slot_end} stand for its bounds in UTC (2026-11-17T08:00:00Z), {day} for its "
    "day in London (2026-11-17); {slot_start:%Y%m%dT%H%M%S} writes one in another form."
)
"""What an address or a file name may say of a slot."""


@sources.register
class HttpSource(AddressSource):
    """An address that is asked for the slots that are missing."""

    kind: Literal["http"]
    address: str = Field(description=f"Address that gives one slot. {WORDS}")
    file_name: str = Field(description=f"Name under which a slot's answer is landed. {WORDS}")
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

    @field_validator("address", "file_name")
    @classmethod
    def _has_known_words(cls, template: str) -> str:
        if re.search(r"[{}]", _WORD.sub("", template)):
            raise ValueError(f"unknown word in braces. {WORDS}")
        return template

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        """The source at an address that a delivery came from; None where it is none."""
        return cls._at_origin("http", endpoint)

    def address_of(self, slot: Slot) -> str:
        """Where the slot is asked for."""
        return _fill(self.address, slot)

    def file_name_of(self, slot: Slot) -> str:
        """The name under which the slot's answer is landed."""
        return _fill(self.file_name, slot)

    def look_back(self, cadence: Cadence) -> timedelta:
        """How far back from now a missing slot is asked for."""
        default = _LOOK_BACK_HOURS[cadence.kind]
        return timedelta(hours=self.look_back_hours or default)

    def first_mistake(self, cadence: Cadence) -> str | None:
        """What of the source does not fit the collection's slots, or None."""
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        slots = list(
            slots_between(
                cadence,
                begin,
                begin + _TRIED[cadence.kind],
            )
        )
        for name, template in (("address", self.address), ("file_name", self.file_name)):
            if len({_fill(template, slot) for slot in slots}) < len(slots):
                return f"{name}: does not tell one slot from the next. {WORDS}"
        return None

    def addresses_to_try(self, home: Path) -> Sequence[str]:
        """Those of the slots that ended last, by the cadence of a feed that has this source."""
        registry = load_registry()
        cadences = [
            registry.collections[feed.collection].cadence
            for feed in registry.feeds.values()
            if feed.source == self
        ]
        ended_by = now() - timedelta(minutes=self.ask_after_minutes)
        ended = [
            slot
            for cadence in cadences[:1]
            for slot in slots_between(cadence, ended_by - _TRIED[cadence.kind], ended_by)
            if slot.end <= ended_by
        ]
        return [self.address_of(slot) for slot in reversed(ended[-_SLOTS_TO_TRY:])]

    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """The missing slots of the feeds have landed, as far as the source gives them.

        With `since` every slot from then on is missing that was not given.
        """
        from pipelines.collect.addresses.pull import pull_slots
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
