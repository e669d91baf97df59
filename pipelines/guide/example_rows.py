"""An example row of a collection, of the slot that ended last: what pages and templates show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.base.clock import london_date
from pipelines.guide.slots_told import last_slot
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.slots import Slot

Value = int | float | str


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """A row as a careful sender would send it."""

    slot: Slot
    values: Mapping[str, Value]
    """Column → value, in the contract's order and without the slot."""


def example_row(collection: Collection, moment: datetime, code: str | None = None) -> ExampleRow:
    """The contract's example, of the slot that had ended last at that moment.

    Where the contract gives none, every count is zero. `code` is another organisation's.
    """
    given = collection.example
    values = {
        column.name: given.get(column.name, _plainest(collection, column))
        for column in collection.columns
        if column.name != collection.time_column
    }
    if code is not None:
        values[collection.organisation_column] = code
    told = {name: value for name, value in values.items() if value is not None}
    return ExampleRow(last_slot(collection.cadence, moment), told)


def slot_text(collection: Collection, slot: Slot) -> str:
    """How the slot is written under the contract's own heading."""
    if collection.column(collection.time_column).type == "date":
        return london_date(slot.start).isoformat()
    return f"{slot.start:%Y-%m-%dT%H:%M:%SZ}"


def _plainest(collection: Collection, column: Column) -> Value | None:
    """A value that breaks no rule as far as possible; None leaves the cell empty."""
    if collection.example or (column.type in ("code", "text") and column.nullable):
        return None
    if column.is_number:
        return None if column.type == "level" else 0
    cohort = collection.coverage.cohort if collection.coverage else ()
    return cohort[0] if cohort else "RGT"
