"""Stores of files: what is there is listed, read, landed, and marked as taken."""

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import SourceUnavailable, UsageError
from pipelines.base.kill_points import reached
from pipelines.collect.collected_source import CollectedSource
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    from pipelines.landing.landing import Landing, Manifest

_AT_ONCE = 500
"""Files that are held in memory and landed together."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the store lists it."""

    key: str
    """What the store knows it by."""
    name: str
    size: int
    taken_by: Sequence[str] = ()
    """The feeds that it was landed for already, where the store holds it for others."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file with its bytes."""

    file: Listed
    content: bytes


class FileStore(CollectedSource):
    """A place that providers put files into; a kind says how it lists, reads and removes them."""

    if TYPE_CHECKING:
        # Each kind has it as a field of its own.
        pattern: str

    @abstractmethod
    def list(self, home: Path) -> Sequence[Listed]:
        """The files that are there whole, in the order in which they are to be taken.

        Raises `SourceUnavailable` where the store cannot be listed.
        """

    @abstractmethod
    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched]:
        """The files with their bytes, but for those that change or are gone by now."""

    @abstractmethod
    def done(self, home: Path, file: Listed) -> None:
        """The file has landed for every feed that expects it, and is not listed again."""

    @abstractmethod
    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        """The file has landed for these feeds, and is listed again for others to come."""

    @abstractmethod
    def kept(self, home: Path) -> Sequence[Listed]:
        """The files that the store has and does not list: those that have landed, and parts."""

    @abstractmethod
    def drop(self, home: Path, file: Listed) -> None:
        """The store has the file no more, listed or kept."""

    @abstractmethod
    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """A file of that name is there, whole from its first moment, as if sent at that time."""

    @property
    def name_pattern(self) -> str:
        """Pattern of the names of the feed's files."""
        return self.pattern

    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """Every file that is there has landed; the number of deliveries.

        A file is done with only when its bytes are on durable storage for every feed that expects
        it. One that no feed expects is landed as unmatched, so that it is answered. While a feed
        file is broken, files are held: that feed may expect them too.
        """
        # Not above: kinds of sources are known without what lands their files.
        from pipelines.landing.landing import Landing

        landing = Landing(home)
        files = self.list(home)
        parts = (files[start : start + _AT_ONCE] for start in range(0, len(files), _AT_ONCE))
        return sum(self._take(landing, feeds, bool(registry.problems), part) for part in parts)

    def _take(
        self, landing: "Landing", feeds: Sequence[Feed], is_held: bool, files: Sequence[Listed]
    ) -> int:
        """The files are landed together, then marked one by one; the number of deliveries."""
        from pipelines.landing.landing import UNMATCHED, Delivery

        deliveries: list[Delivery] = []
        taken: list[tuple[Fetched, list[str]]] = []
        for one in self.read(landing.home, files):
            name, taken_by = one.file.name, one.file.taken_by
            expecting = [feed.feed_id for feed in feeds if feed.matches(name)]
            # Where a feed file is broken, its feed may be the one that expects the file.
            wanted = expecting or ([] if is_held else [UNMATCHED])
            new = [feed_id for feed_id in wanted if feed_id not in taken_by]
            came_as = f"{self.endpoint}/{name}"
            deliveries += [Delivery(one.content, name, feed_id, came_as) for feed_id in new]
            taken.append((one, [*taken_by, *new]))
        landed = landing.land_all(deliveries)
        reached("collect: landed")
        known = [one for one in landed if one.first_seen_at is not None]
        withheld = {one.sha256 for one in known if landing.why_withheld(one) is not None}
        for one, feed_ids in taken:
            if withheld and hashlib.sha256(one.content).hexdigest() in withheld:
                self.drop(landing.home, one.file)
            elif is_held:
                self.hold(landing.home, one, feed_ids)
            else:
                self.done(landing.home, one.file)
            reached("collect: marked")
        # One may have been refused meanwhile, by who looked for copies before this one was kept.
        late = [one for one in landed if landing.why_withheld(one) is not None]
        if any(one.sha256 not in withheld for one in late):
            self.drop_copies(landing.home, late)
        return len(deliveries)

    def drop_copies(self, home: Path, manifests: Sequence["Manifest"]) -> int:
        """The store keeps no file with the deliveries' bytes; the number of those that it had."""
        sizes = {one.size_bytes for one in manifests}
        hashes = {one.sha256 for one in manifests}
        dropped = 0
        for one in self.read(home, [file for file in self.kept(home) if file.size in sizes]):
            if hashlib.sha256(one.content).hexdigest() in hashes:
                self.drop(home, one.file)
                dropped += 1
        return dropped

    def waiting_names(self, home: Path) -> set[str]:
        """The names of the files that are there; none where the store cannot be listed."""
        try:
            return {file.name for file in self.list(home)}
        except SourceUnavailable:
            return set()


def file_store(feed: Feed) -> FileStore:
    """The store that the feed's files are put into; raises `UsageError` where it has none."""
    if not isinstance(feed.source, FileStore):
        raise UsageError(f"{feed.feed_id}: no file can be put into a source '{feed.source.kind}'.")
    return feed.source
