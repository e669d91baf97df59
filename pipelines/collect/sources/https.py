"""The kind `https`: an address that gives what is new, asked at every run."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import Field, field_validator

from pipelines.base.clock import london_date, now
from pipelines.collect.addresses.address_source import AddressSource
from pipelines.collect.addresses.paging import Paging
from pipelines.collect.folders import put_whole
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.source import sources

_ADDRESS_WORD = re.compile(r"\{(?P<name>day|since)(?::(?P<format>[^{}]+))?\}")
_NAME_WORD = re.compile(r"\{(?P<name>received|page)(?::(?P<format>[^{}]+))?\}")
_ISO_UTC = "%Y-%m-%dT%H:%M:%SZ"
_MOST_DAYS = 366
ADDRESS_WORDS = (
    "{day} stands for the day in London (2026-11-17), {since} for the time (UTC) from which on "
    "something may be new; {day:%Y%m%d} writes one in another form."
)
NAME_WORDS = (
    "{received} stands for when the answer came (UTC, 20261117T081500), {page} for the page "
    "(empty, _p2, _p3, …; else before the name's ending)."
)


@sources.register
class HttpsSource(AddressSource):
    """An address that gives what is new, asked at every run."""

    kind: Literal["https"]
    address: str = Field(description=f"Address that gives what is new. {ADDRESS_WORDS}")
    file_name: str = Field(description=f"Name under which an answer is landed. {NAME_WORDS}")
    paging: Paging | None = Field(
        default=None, description="How the answer goes on; default: it has one page."
    )
    sender_folder: Path | None = Field(
        default=None,
        description="Only for simulations: the folder of this machine that a local server gives "
        "the files of.",
    )
    days_back: int = Field(
        default=1,
        ge=0,
        le=_MOST_DAYS,
        description="Days before today that are asked for too, where the address has {day}.",
    )
    overlap_minutes: int = Field(
        default=60,
        ge=0,
        le=7 * 24 * 60,
        description="Minutes before the last run that {since} reaches back: what came late there.",
    )

    @field_validator("address")
    @classmethod
    def _has_words_of_addresses(cls, address: str) -> str:
        if re.search(r"[{}]", _ADDRESS_WORD.sub("", address)):
            raise ValueError(f"unknown word in braces. {ADDRESS_WORDS}")
        return address

    @field_validator("file_name")
    @classmethod
    def _has_words_of_names(cls, file_name: str) -> str:
        if re.search(r"[{}]", _NAME_WORD.sub("", file_name)):
            raise ValueError(f"unknown word in braces. {NAME_WORDS}")
        if "{received" not in file_name:
            raise ValueError(f"does not tell one answer from the next. {NAME_WORDS}")
        return file_name

    @property
    def is_fixed(self) -> bool:
        """Whether something always stands at the address; that of a day may come later."""
        return "{day" not in self.address

    @property
    def remembers_validators(self) -> bool:
        """Whether the address is the same in each run."""
        return "{since" not in self.address

    def addresses(self, moment: datetime, last: datetime | None) -> dict[str, str]:
        """What is asked at that moment: what it is remembered by → the address.

        `last` is when the last run began that got all, or an earlier time to begin from.
        """
        begin = (last or moment - timedelta(days=1)) - timedelta(minutes=self.overlap_minutes)
        if self.is_fixed:
            return {self.address: self._fill(moment, begin)}
        days = self.days_back
        if last is not None:
            days = max(days, (london_date(moment) - london_date(last)).days)
        found = {}
        for back in range(min(days, _MOST_DAYS), -1, -1):
            day = moment - timedelta(days=back)
            found[f"{london_date(day)}"] = self._fill(day, begin)
        return found

    def file_name_of(self, received: datetime, page: int) -> str:
        """The name under which a page (from 1) is landed."""
        shown = f"_p{page}" if page > 1 else ""
        name = _NAME_WORD.sub(
            lambda word: (
                shown
                if word["name"] == "page"
                else received.strftime(word["format"] or "%Y%m%dT%H%M%S")
            ),
            self.file_name,
        )
        if "{page" in self.file_name or not shown:
            return name
        stem, dot, ending = name.rpartition(".")
        return f"{stem}{shown}{dot}{ending}" if stem else f"{name}{shown}"

    @property
    def name_pattern(self) -> str:
        """Pattern of the names that simulated providers use; empty, as no name is, elsewhere."""
        return _NAME_WORD.sub("*", self.file_name) if self.takes_files else ""

    @property
    def takes_files(self) -> bool:
        """Whether the feed's file says where a local server has them."""
        return self.sender_folder is not None

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """A file of that name stands in the local server's folder."""
        if self.sender_folder is None:
            super().put(home, name, content, sent_at)
            return
        folder = home / self.sender_folder
        folder.mkdir(parents=True, exist_ok=True)
        put_whole(folder, name, content, sent_at)

    def addresses_to_try(self, home: Path) -> Sequence[str]:
        """Those of now, the latest first; the first page of each."""
        found = reversed(self.addresses(now(), None).values())
        return [self.paging.first_address(one) if self.paging else one for one in found]

    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """What is new at the feeds' addresses has landed; the number of files.

        With `since` the words of an address reach back to then.
        """
        from pipelines.collect.addresses.address_run import ask_addresses

        asked = [(feed, feed.source) for feed in feeds if isinstance(feed.source, HttpsSource)]
        return ask_addresses(home, asked, since)

    def _fill(self, day: datetime, since: datetime) -> str:
        def write(word: re.Match[str]) -> str:
            if word["name"] == "day":
                return quote(london_date(day).strftime(word["format"] or "%Y-%m-%d"), safe="")
            return quote(since.strftime(word["format"] or _ISO_UTC), safe=":")

        return _ADDRESS_WORD.sub(write, self.address)
