"""Remembers which deliveries were at work when a process died, so that none is tried for ever.

A file that makes the process run out of memory or crash takes the work on every other file with
it. Two notes stand while work goes on: the deliveries that are together on their way to the ledger,
and the one whose file is just being read. A note that is still there at the next start tells who
was at work when the process died. Those are tried apart from the others and in ever smaller groups,
until the culprit is alone; it is refused when the process died of it `LIMIT` times while it was
read (files that may kill are noted), or `LIMIT_AT_WORK` times while it was alone at work.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from pipelines.base.state.documents import (
    kept_state,
    read_document,
    remove_document,
    shared_state,
    write_document,
)
from pipelines.landing.landing import Manifest

LIMIT = 3
"""Deaths after which a delivery is refused; fewer could be a machine that was switched off."""

LIMIT_AT_WORK = 20
"""Deaths while a delivery was alone on its way, and not just being read: most of them are kills."""

_PATIENCE = 2
"""Deaths after which deliveries are tried apart; one may be a kill by hand, and order counts."""

_PARTS = 8
"""Into how many parts a group is divided that was at work when a process died."""


class _Death(msgspec.Struct, forbid_unknown_fields=True):
    """What is known of one delivery: deaths while it was alone at work, and its last group.

    `reading` counts those while its file was read.
    """

    reading: int = 0
    alone: int = 0
    together: int = 0
    deaths: int = 0
    """All of them, alone or not."""

    @property
    def is_enough(self) -> bool:
        """Whether it is not tried any more."""
        return self.reading >= LIMIT or self.alone >= LIMIT_AT_WORK


class CrashGuard:
    """The notes of one collection; only the holder of the collection's lock uses them.

    Settling opens them and notes what goes together, parsing notes what is read, and what has been
    loaded is forgotten.
    """

    def __init__(self, home: Path, collection: str) -> None:
        """A death since the last time is counted for the deliveries that were at work."""
        self._home = home
        self._reading, self._together, self._deaths_file = _notes(home, collection)
        then = "Deaths of the process are counted from zero again."
        self._deaths: dict[str, _Death] = read_document(
            home, self._deaths_file, _decode_deaths, {}, then
        )
        if not shared_state(home):
            for left in self._reading.parent.glob(".*.tmp"):
                left.unlink(missing_ok=True)
        self._count_deaths()
        self.end()
        self.end_together()

    def is_deadly(self, delivery_id: str) -> bool:
        """Whether processes died too often while only that delivery was at work."""
        known = self._deaths.get(delivery_id)
        return known is not None and known.is_enough

    def groups(self, deliveries: Sequence[Manifest]) -> list[list[Manifest]]:
        """The deliveries in the groups that they are to be brought on in, one after the other.

        Those of which no process died, or only once, come first, together and in their order. What
        a feed sent after a suspect waits for it: a correction must not be loaded before what it
        corrects.
        """
        sizes: dict[str, int] = {}
        smallest: dict[str, int] = {}
        for one in deliveries:
            own = min(self._size_of_group(one), smallest.get(one.feed_id, sys.maxsize))
            sizes[one.delivery_id] = smallest[one.feed_id] = own
        # The sort is stable: within a group they stay in their order.
        ordered = sorted(deliveries, key=lambda one: sizes[one.delivery_id], reverse=True)
        return list(_cut(ordered, lambda one: sizes[one.delivery_id]))

    def groups_in_order(self, deliveries: Sequence[Manifest]) -> Iterator[list[Manifest]]:
        """The same groups for who has to keep the order of the deliveries: suspects wait nowhere.

        There are more groups, because one ends where the next delivery belongs to another.
        """
        return _cut(deliveries, self._size_of_group)

    def _size_of_group(self, one: Manifest) -> int:
        """How many deliveries it may be brought on with."""
        known = self._deaths.get(one.delivery_id)
        if known is None or known.deaths < _PATIENCE or known.is_enough:
            return sys.maxsize
        return max(1, known.together // _PARTS)

    def begin(self, delivery_id: str) -> None:
        """The delivery is noted as being read."""
        kept_state(self._home).note(self._reading, delivery_id.encode())

    def end(self) -> None:
        """No delivery is being read."""
        remove_document(self._home, self._reading)

    def begin_together(self, deliveries: Sequence[Manifest]) -> None:
        """The deliveries are noted as being on their way to the ledger."""
        ids = "\n".join(one.delivery_id for one in deliveries)
        kept_state(self._home).note(self._together, ids.encode())

    def end_together(self) -> None:
        """No delivery is on its way to the ledger."""
        remove_document(self._home, self._together)

    def forget(self, deliveries: Iterable[Manifest]) -> None:
        """The deliveries are in the ledger: nothing is held against them any more."""
        known = [one.delivery_id for one in deliveries if one.delivery_id in self._deaths]
        for delivery_id in known:
            del self._deaths[delivery_id]
        if known and self._deaths:
            write_document(self._home, self._deaths_file, msgspec.json.encode(self._deaths))
        elif known:
            remove_document(self._home, self._deaths_file)

    def _count_deaths(self) -> None:
        """A note that is still there is of a process that died."""
        none: list[str] = []
        then = "A death of the process is not counted."
        reading = read_document(self._home, self._reading, _decode_ids, none, then)
        died = reading or read_document(self._home, self._together, _decode_ids, none, then)
        for delivery_id in died:
            known = self._deaths.setdefault(delivery_id, _Death())
            known.together = len(died)
            known.deaths += 1
            known.reading += bool(reading)
            known.alone += len(died) == 1 and not reading
        if died:
            write_document(self._home, self._deaths_file, msgspec.json.encode(self._deaths))


def _decode_ids(content: bytes) -> list[str]:
    return content.decode("ascii").split()


def _cut(
    deliveries: Sequence[Manifest], size_of: Callable[[Manifest], int]
) -> Iterator[list[Manifest]]:
    """The deliveries in their order, in groups of the size that each may be part of."""
    for size, own in groupby(deliveries, key=size_of):
        together = list(own)
        for start in range(0, len(together), size):
            yield together[start : start + size]


def _decode_deaths(content: bytes) -> dict[str, _Death]:
    """The deaths of a file, also of one that an earlier version wrote: a number for each."""
    known = msgspec.json.decode(content, type=dict[str, _Death | int])
    return {
        delivery_id: _Death(death, 0, 1, death) if isinstance(death, int) else death
        for delivery_id, death in known.items()
    }


def has_notes(home: Path, collection: str) -> bool:
    """Whether the guard of the collection has left anything."""
    state = kept_state(home)
    return any(state.stamp(note) is not None for note in _notes(home, collection))


def clear_notes(home: Path, collection: str) -> None:
    """The guard of the collection knows of no death; only the holder of its lock calls it."""
    for note in _notes(home, collection):
        remove_document(home, note)


def _notes(home: Path, collection: str) -> tuple[Path, Path, Path]:
    """What is being read, what goes together, and the deaths."""
    folder = home / "reading" / collection
    return folder / ".reading", folder / ".together", folder / ".deaths.json"
