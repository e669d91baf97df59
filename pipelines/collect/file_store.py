"""Stores of files: what is there is listed, read, landed, and marked as taken.

Whatever one file does costs that file only: it is left there, remembered and told, and the others
go on.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from pipelines.base.errors import SourceUnavailable, UsageError
from pipelines.base.gc_pause import without_collector
from pipelines.base.kill_points import reached
from pipelines.collect.collected_source import CollectedSource
from pipelines.collect.listed_files import Fetched as Fetched
from pipelines.collect.listed_files import Listed as Listed
from pipelines.collect.listed_files import Unread as Unread
from pipelines.collect.listed_files import in_parts
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    from pipelines.collect.owed_answers import OwedDocument
    from pipelines.landing.landing import Manifest

_BYTES_AT_ONCE = 128 * 1024 * 1024
"""Of files that are held in memory and landed together."""


class FileStore(CollectedSource):
    """A place that providers put files into; a kind says how it lists, reads and removes them."""

    shared_fields: ClassVar[tuple[str, ...]] = ("answers",)
    files_at_once: ClassVar[int] = 500
    """Files that are read and landed together; those of a run that dies are read once more."""

    if TYPE_CHECKING:
        # Each kind has it as a field of its own.
        pattern: str

    other_patterns: tuple[str, ...] = Field(
        default=(), description="Further patterns, of names that the sender used in other years."
    )

    answers: str | None = Field(
        default=None,
        description="Where answers are put, as the kind understands it (a folder, a prefix, a "
        "workflow); default: they are not given back.",
    )

    @abstractmethod
    def list(self, home: Path) -> Sequence[Listed]:
        """The files that are there whole, in the order in which they are to be taken.

        Raises `SourceUnavailable` where the store cannot be listed.
        """

    def in_order(self, home: Path) -> Iterator[Listed]:
        """The same one by one, so that a kind may hold less of many files than a list does."""
        return iter(self.list(home))

    @abstractmethod
    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """The files with their bytes, or why they cannot be read.

        Those that change or are gone by now are left out: the next run takes them whole.
        """

    @abstractmethod
    def done(self, home: Path, file: Listed) -> None:
        """The file has landed for every feed that expects it, and is not listed again."""

    def done_all(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        """`done` for all of them; key → why a file, which has landed, could not be marked."""
        failed = {}
        for file in files:
            try:
                self.done(home, file)
            except OSError as error:
                failed[file.key] = error.strerror or str(error)
            reached("collect: marked")
        return failed

    def refuse(self, home: Path, file: Listed) -> None:
        """The file was refused unread and answered, and is not listed again."""
        self.done(home, file)

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

    @abstractmethod
    def put_answers(self, home: Path, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """The files are where `answers` says, each whole; name → why one is not.

        Raises `SourceUnavailable` where none can be put.
        """

    @property
    def takes_files(self) -> bool:
        """True: it is there for them."""
        return True

    @property
    def sent_again(self) -> str:
        """Where the file is put, and the form of its name."""
        return f"Put it into {self.endpoint}, with a name like {self.pattern}"

    @property
    def gives_back(self) -> bool:
        """Whether the feed's file says where answers go."""
        return self.answers is not None

    def give_back(
        self, home: Path, owed: Sequence["OwedDocument"]
    ) -> Iterator[tuple["OwedDocument", str]]:
        """All files of each are there: an answer as JSON and page, a letter as page and text."""
        files = {name: content for one in owed for name, content in one.files.items()}
        failed = self.put_answers(home, files) if files else {}
        for one in owed:
            yield one, next(filter(None, (failed.get(name, "") for name in one.files)), "")

    def expects(self, feed: Feed, file: Listed) -> bool:
        """Whether the file is one of the feed's: by its name, unless the store knows more.

        Only feeds are asked about whose pattern may fit the name, and those that have none.
        """
        return feed.matches(file.name)

    @property
    def name_pattern(self) -> str:
        """Pattern of the names of the feed's files."""
        return self.pattern

    @property
    def name_patterns(self) -> tuple[str, ...]:
        """The pattern, and those of names that the sender uses beside it."""
        return (self.pattern, *self.other_patterns)

    def collect(
        self, home: Path, feeds: Sequence[Feed], registry: Registry, since: datetime | None
    ) -> int:
        """Every file that is there has landed; the number of deliveries.

        A file is done with only when its bytes are on durable storage for every feed that expects
        it. One that no feed expects is landed as unmatched, so that it is answered. While a feed
        file is broken, files are held: that feed may expect them too. What cannot be taken is left
        there and told.
        """
        # Not above: kinds of sources are known without what lands their files.
        from pipelines.collect.taking import Taking

        taking = Taking(self, home, feeds, is_held=bool(registry.problems))
        with taking.remembered(), without_collector():
            files = taking.to_read(self.in_order(home))
            for part in in_parts(files, self.files_at_once, _BYTES_AT_ONCE):
                taking.take(part)
        return taking.landed

    def drop_copies(self, home: Path, manifests: Sequence["Manifest"]) -> int:
        """The store keeps no file with the deliveries' bytes; the number of those that it had."""
        sizes = {one.size_bytes for one in manifests}
        hashes = {one.sha256 for one in manifests}
        dropped = 0
        for one in self.read(home, [file for file in self.kept(home) if file.size in sizes]):
            if isinstance(one, Fetched) and hashlib.sha256(one.content).hexdigest() in hashes:
                self.drop(home, one.file)
                dropped += 1
        return dropped

    def waiting_names(self, home: Path) -> set[str]:
        """The names of the files that are there; none where the store cannot be listed."""
        try:
            return {file.name for file in self.list(home) if not file.why_not}
        except SourceUnavailable:
            return set()


def source_for_files(feed: Feed) -> CollectedSource:
    """The source that the feed's files are put into; raises `UsageError` where it takes none."""
    source = feed.source
    if not isinstance(source, CollectedSource) or not source.takes_files:
        raise UsageError(f"{feed.feed_id}: no file can be put into a source '{source.kind}'.")
    return source
