"""What is remembered of a store that keeps its files: which were taken, and which are not whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from pipelines.collect.listed_files import Listed


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file that has landed."""

    version: str
    is_done: bool
    """It has landed for every feed that expects it."""
    taken_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file that is not whole yet, as far as can be told."""

    version: str
    since: datetime
    """When it was first listed so, by our clock."""


class TakenMemory(Protocol):
    """The memory of one endpoint; every change is on durable storage when its call ends."""

    def taken(self) -> dict[str, TakenFile]:
        """The files that have landed, by their keys."""
        ...

    def seen(self) -> dict[str, SeenFile]:
        """The files that the last listing left for the next, by their keys."""
        ...

    def note(self, files: Iterable[Listed], *, is_done: bool, taken_by: Sequence[str] = ()) -> None:
        """The files have landed: for all (`is_done`), or for these feeds."""
        ...

    def forget(self, keys: Iterable[str]) -> None:
        """The files of these keys are gone from the store: what comes there again is new."""
        ...

    def remember_listing(self, listed: Iterable[str], unfinished: dict[str, SeenFile]) -> None:
        """What is not listed any more is forgotten; what is not whole yet is seen since then."""
        ...


def feeds_told(told: str) -> tuple[str, ...]:
    """The feeds of a list in JSON."""
    return tuple(msgspec.json.decode(told, type=list[str]))
