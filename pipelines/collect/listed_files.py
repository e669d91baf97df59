"""Files of a store: as it lists them, and as they were read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pipelines.landing.landing import Manifest
    from pipelines.registry.feed import Feed

A_FOLDER = "is a folder and no plain file"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the store lists it."""

    key: str
    """What the store knows it by."""
    name: str
    size: int
    taken_by: Sequence[str] = ()
    """The feeds that it was landed for already, where the store holds it for others."""
    version: str = ""
    """What tells it from another file of that name; empty where the store does not say."""
    why_not: str = ""
    """Why it cannot be taken, where the store sees it."""
    changed_at: datetime | None = None
    """When it changed last, by the store's clock."""
    origin: str = ""
    """Who sent it and what it is, where the store says so beside the name."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file with its bytes."""

    file: Listed
    content: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be read, and why."""

    file: Listed
    why: str


class StoredFiles(Protocol):
    """What a run needs of a store; `FileStore` says what each is to do."""

    @property
    def endpoint(self) -> str:
        """Where it is."""

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """The files with their bytes."""

    def expects(self, feed: "Feed", file: Listed) -> bool:
        """Whether the file is one of the feed's."""

    def done_all(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        """The files have landed."""

    def refuse(self, home: Path, file: Listed) -> None:
        """The file was refused unread."""

    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        """The file has landed for these feeds."""

    def drop(self, home: Path, file: Listed) -> None:
        """The store has the file no more."""

    def drop_copies(self, home: Path, manifests: Sequence["Manifest"]) -> int:
        """The store has no file with the deliveries' bytes."""


def in_parts(files: Iterable[Listed], most: int, most_bytes: int) -> Iterator[list[Listed]]:
    """The files in their order, so many at a time as are held in memory; each part has one."""
    part: list[Listed] = []
    size = 0
    for file in files:
        if part and (len(part) >= most or size + file.size > most_bytes):
            yield part
            part, size = [], 0
        part.append(file)
        size += file.size
    if part:
        yield part
