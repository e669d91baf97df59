"""What SQL needs to know of a collection: the names of its key, its time and its measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.registry.contract import Collection
from warehouse.store import literals
from warehouse.store.stored_time import as_stored

SLOT_DAYS = 14
"""Days that a publication holds of a quarter-hour collection whose contract says nothing."""


@dataclass(frozen=True)
class Shape:
    """One collection's table: the columns of its key, which of them is what, and its measures."""

    collection: str
    key: tuple[str, ...]
    organisation_column: str
    time_column: str
    is_dated: bool
    """Whether its slots are named by dates: days, or first days of months."""
    measures: tuple[str, ...]
    publish_days: int | None

    @classmethod
    def of(cls, collection: Collection) -> "Shape":
        """The shape that a contract gives."""
        return cls(
            collection.collection,
            collection.key,
            collection.organisation_column,
            collection.time_column,
            collection.cadence.is_dated,
            tuple(column.name for column in collection.measures),
            collection.publish_days,
        )

    @classmethod
    def of_columns(cls, name: str, columns: Sequence[tuple[str, str, bool]]) -> "Shape":
        """The shape of a history whose contract cannot be used just now.

        Each column has its name, its type, and whether it is a measure.
        """
        key = [(column, kind) for column, kind, is_measure in columns if not is_measure]
        times = {column: kind for column, kind in key if kind in ("DATE", "TIMESTAMP")}
        time_column = next(iter(times))
        is_dated = times[time_column] == "DATE"
        return cls(
            name,
            tuple(column for column, _ in key),
            key[0][0],
            time_column,
            is_dated,
            tuple(column for column, _, is_measure in columns if is_measure),
            None if is_dated else SLOT_DAYS,
        )

    def published_from(self, moment: datetime) -> str:
        """SQL that is true for the rows that a publication made at the moment holds."""
        if self.publish_days is None:
            return "true"
        first = as_stored(moment - timedelta(days=self.publish_days))
        return f"{self.time_column} >= {literals.timestamp(first)}"
