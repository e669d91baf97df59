"""How the watch writes instants, rows and slots in SQL, and reads them from it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from pipelines.base.clock import london_date
from pipelines.registry.contract import Collection
from pipelines.registry.slots import day_start
from warehouse.store import literals
from warehouse.store.stored_time import as_stored, from_stored


def time_literal(instant: datetime) -> str:
    """SQL for the instant as the ledger stores it."""
    return literals.timestamp(as_stored(instant))


def key_columns(collection: Collection) -> str:
    """The columns that tell who a row belongs to."""
    return ", ".join(name for name in collection.key if name != collection.time_column)


def slot_literal(collection: Collection, slot: datetime) -> str:
    """SQL for the slot as the collection's tables name it."""
    if collection.cadence.is_dated:
        return f"DATE '{london_date(slot)}'"
    return time_literal(slot)


def in_slots(collection: Collection, column: str, slots: Sequence[datetime]) -> str:
    """SQL that is true for these slots, which are in order: a range for each unbroken run."""
    gap = timedelta(minutes=collection.cadence.slot_minutes) * 1.5
    runs = [[slots[0]]]
    for earlier, later in pairwise(slots):
        if later - earlier > gap:
            runs.append([])
        runs[-1].append(later)
    return " OR ".join(
        f"{column} BETWEEN {slot_literal(collection, run[0])} "
        f"AND {slot_literal(collection, run[-1])}"
        for run in runs
    )


def slot_of(stored: date) -> datetime:
    """The start of a slot, from a stored time or from the day that it is."""
    return from_stored(stored) if isinstance(stored, datetime) else day_start(stored)


def instant_of(stored: datetime | None) -> datetime | None:
    """The stored instant with its zone, if there is one."""
    return None if stored is None else from_stored(stored)
