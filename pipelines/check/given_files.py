"""Files that are only looked at, before and after they are judged, whatever judges them."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.base.clock import now
from pipelines.check.checked import CellChecked
from pipelines.collect.handed_in import give_file, too_large_to_read
from pipelines.landing.landing import Delivery, Landing, Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed

if TYPE_CHECKING:
    from pipelines.parse.formats.tables.headings_told import HeadingTold
    from pipelines.parse.rows import ParsedRows


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as it was handed in; without content where it is larger than files may be."""

    name: str
    origin: str
    content: bytes | None
    size_bytes: int


@dataclass(frozen=True)
class JudgedFile(ABC):
    """One file at the end of the road."""

    given: GivenFile
    submission: Submission
    parsed: "ParsedRows | None"

    @property
    @abstractmethod
    def has_rows(self) -> bool:
        """Whether any row was read and conformed."""

    @abstractmethod
    def value(self, row: int, column_name: str) -> Any:
        """The value of that row of the file, from 0, in a column of the contract."""

    @abstractmethod
    def issues(self) -> list[dict[str, Any]]:
        """The findings, with the columns of `ops.issue`."""

    @abstractmethod
    def accepted(self) -> list[dict[str, Any]]:
        """The rows that would be loaded: every column of the contract, and `carried`."""

    @property
    def at_the_centre(self) -> tuple[str, ...]:
        """Codes of rules that were not judged here."""
        return ()


class OnlyLookedAt(Landing):
    """Landing as far as the road needs it: it has the bytes of the files, and keeps nothing."""

    def __init__(self, scratch: Path, contents: dict[str, bytes]) -> None:
        super().__init__(scratch)
        self._contents = contents

    def content(self, manifest: Manifest) -> bytes:
        """The bytes of the file."""
        return self._contents[manifest.delivery_id]

    def withhold(self, manifest: Manifest, why: str) -> None:
        """Nothing was kept."""


def give_path(path: Path, feed_id: str) -> GivenFile:
    """The file at that path; raises `UsageError` where it is no plain file or cannot be read."""
    (given,) = give_file(path, [feed_id])
    if isinstance(given, Delivery):
        return GivenFile(path.name, str(path), given.content, len(given.content))
    return GivenFile(path.name, str(path), None, given.size_bytes)


def as_deliveries(
    feed: Feed, files: Sequence[GivenFile], prefix: str
) -> tuple[list[Manifest], dict[str, GivenFile]]:
    """A manifest for each file, in the order in which they count, and the files by delivery."""
    moment = now()
    manifests = {
        _name(prefix, number, len(files)): Manifest(
            _name(prefix, number, len(files)),
            feed.feed_id,
            hashlib.sha256(one.content or f"{one.name} {one.size_bytes}".encode()).hexdigest(),
            one.size_bytes,
            one.name,
            one.origin,
            moment,
        )
        for number, one in enumerate(files)
    }
    given = dict(zip(manifests, files, strict=True))
    # The same order in which a load lets values count.
    ordered = sorted(
        manifests.values(), key=lambda one: (Submission(one, feed, 0).said_at, one.delivery_id)
    )
    return ordered, given


def _name(prefix: str, number: int, of: int) -> str:
    return prefix if of == 1 else f"{prefix}-{number + 1:04}"


def as_submissions(
    ordered: Sequence[Manifest], given: dict[str, GivenFile], feed: Feed
) -> tuple[list[Submission], list[Submission]]:
    """The submissions, and those of them that can be read; one that is too large is refused."""
    submissions = [Submission(one, feed, number) for number, one in enumerate(ordered)]
    read = []
    for one in submissions:
        file = given[one.manifest.delivery_id]
        if file.content is None:
            one.refuse(too_large_to_read(file.size_bytes))
        else:
            read.append(one)
    return submissions, read


def headings_of(judged: JudgedFile, contract: Collection) -> "list[HeadingTold]":
    """The headings expected and found; none of a file that was not read at all."""
    from pipelines.parse.formats.file_format import file_format

    feed = judged.submission.feed
    if judged.given.content is None or feed is None:
        return []
    return file_format(feed).headings_read(feed, contract, judged.parsed)


def cells_of(judged: JudgedFile, contract: Collection, rows: int) -> Iterator[CellChecked]:
    """The cells of the first rows, in the order of the contract's columns."""
    parsed = judged.parsed
    if parsed is None or not judged.has_rows:
        return
    columns = [column.name for column in contract.columns if column.name in parsed.texts]
    for row in range(min(rows, len(parsed))):
        for name in columns:
            place = parsed.place(row, name)
            cell = f"{place.column_letter or ''}{place.row or ''}" if place.column else ""
            at = cell or (f"row {place.row}" if place.row else "")
            told = f"{place.sheet}, {at}" if place.sheet and at else at
            value = judged.value(row, name)
            yield CellChecked(row + 1, name, parsed.text(row, name), value, told)
