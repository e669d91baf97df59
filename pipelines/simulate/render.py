"""Canonical rows in a feed's own format: the inverse of the feed's mapping.

What a feed's files look like is worked out once, in its `FeedPlan`; a file is then put together
from cells that are mostly known already. A feed that says nothing of a time's zone writes local
time, in the hour that the clocks repeat too, as real ones do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipelines.base.clock import london_date
from pipelines.parse.formats.file_format import file_format
from pipelines.parse.formats.file_writer import Cell, FileWriter, Row
from pipelines.registry.column import NUMERIC_TYPES, Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.format import Reading
from pipelines.registry.table_map import TableMap
from pipelines.simulate.cells import SlotLabels, label_slots, number_cells, split_time
from pipelines.simulate.draws import uniforms
from pipelines.simulate.keys import Key

Values = Mapping[str, npt.NDArray[Any]]
"""Column → the feed's own values, keys × slots."""


@dataclass(frozen=True)
class FileColumn:
    """One column of a feed's files; a time whose hours stand apart makes two of them."""

    name: str
    heading: str
    role: Literal["number", "code", "time", "day_of_time", "time_of_day"]
    column: Column
    reading: Reading


@dataclass(frozen=True)
class Table:
    """One file before its bytes: a row for each key, and the total line where there is one."""

    headings: Sequence[str]
    rows: Sequence[Row]
    total: Row | None

    def with_cell(self, row: int, place: int, cell: Cell) -> "Table":
        """The same with another cell there."""
        rows = [list(one) for one in self.rows]
        rows[row][place] = cell
        return replace(self, rows=rows)

    def with_column(self, heading: str, cells: Sequence[Cell], blank: Cell) -> "Table":
        """The same with one more column at the end."""
        rows = [[*row, cell] for row, cell in zip(self.rows, cells, strict=True)]
        total = None if self.total is None else [*self.total, blank]
        return Table([*self.headings, heading], rows, total)


class FeedPlan:
    """How one feed writes its files."""

    def __init__(self, feed: Feed, collection: Collection, keys: Sequence[Key]) -> None:
        writer = writer_of(feed)
        assert writer is not None
        self.feed = feed
        self.keys = keys
        self.writer = writer
        self.columns = tuple(_columns(writer.form, collection))
        self._headings = [column.heading for column in self.columns]
        self._codes = [column.name for column in collection.key_columns if column.type == "code"]
        self._length = timedelta(minutes=collection.cadence.slot_minutes)
        self._time = next(one for one in self.columns if one.role in ("time", "day_of_time"))
        self._is_renamed = self._time.name in writer.form.columns
        self._numbers = {
            one.name: number_cells(one.column.unit, one.reading, self.writer)
            for one in self.columns
            if one.role == "number"
        }
        self._total_name = writer.total_name

    @property
    def has_total(self) -> bool:
        """Whether a total line stands under the rows: the feed names its total lines itself."""
        return self._total_name is not None

    def tables(self, values: Values, slots: Sequence[datetime]) -> list[Table]:
        """A table for each slot; `values` has a column for each of them."""
        cells = [self._cells(column, values, slots) for column in self.columns]
        rows: list[Row] = list(zip(*cells, strict=True))
        totals = self._totals(values, slots)
        count = len(self.keys)
        return [
            Table(self._headings, rows[number * count : (number + 1) * count], total)
            for number, total in enumerate(totals)
        ]

    def write(self, table: Table, made_at: datetime) -> bytes:
        """The bytes of the file."""
        return self.writer.write(table.headings, table.rows, table.total, made_at)

    def place(self, name: str) -> int | None:
        """Which column of the files holds that column's values, counted from 0."""
        places = [at for at, column in enumerate(self.columns) if column.name == name]
        return places[0] if places else None

    def ambiguous(self, slots: Sequence[datetime]) -> Sequence[bool]:
        """For each slot whether the files cannot say which of two it is."""
        return self._labels(slots).ambiguous

    def _cells(self, column: FileColumn, values: Values, slots: Sequence[datetime]) -> list[Cell]:
        """The cells of one column, slot by slot, key by key."""
        if column.role == "number":
            return self._numbers[column.name].of(values[column.name].T.ravel().tolist())
        if column.role == "code":
            at = self._codes.index(column.name)
            return [self.writer.text(key[at]) for key in self.keys] * len(slots)
        cells = self._slot_cells(column, slots)
        return [cell for cell in cells for _ in self.keys]

    def _slot_cells(self, column: FileColumn, slots: Sequence[datetime]) -> list[Cell]:
        """The cell of each slot: its name, the day of it, or its time of day."""
        writer, reading = self.writer, column.reading
        if column.column.type == "date":
            days = map(london_date, slots)
            if reading.format:
                return [writer.text(day.strftime(reading.format)) for day in days]
            return [writer.day(day) for day in days]
        labels = self._labels(slots)
        if column.role != "time":
            half = 0 if column.role == "day_of_time" else 1
            return [writer.text(split_time(text)[half]) for text in labels.texts]
        if reading.format is None and labels.times[0].tzinfo is None:
            return [writer.time(time) for time in labels.times]
        return [writer.text(text) for text in labels.texts]

    def _labels(self, slots: Sequence[datetime]) -> SlotLabels:
        return label_slots(tuple(slots), self._time.reading, self._length, self._is_renamed)

    def _totals(self, values: Values, slots: Sequence[datetime]) -> list[Row | None]:
        """The total line of each slot: sums of what adds up, and its name in the first cell."""
        if self._total_name is None:
            return [None] * len(slots)
        blank = [self.writer.text("")] * len(slots)
        cells: list[list[Cell]] = [[self.writer.text(self._total_name)] * len(slots)]
        for column in self.columns[1:]:
            if column.role == "number" and column.column.national == "sum":
                sums = np.round(values[column.name].sum(axis=0), 3).tolist()
                cells.append(self._numbers[column.name].of(sums))
            else:
                cells.append(blank)
        return list(zip(*cells, strict=True))


def writer_of(feed: Feed) -> FileWriter | None:
    """What writes the feed's files; None where its format is not simulated."""
    habit = uniforms(2, "habit", feed.feed_id)
    return file_format(feed).writer(habit.tolist())


def _columns(form: TableMap, collection: Collection) -> list[FileColumn]:
    """The columns of the files, in the contract's order, but for constants and what is not told."""
    found: list[FileColumn] = []
    for column in collection.columns:
        mapped = form.columns.get(column.name)
        if column.name in form.not_reported or (mapped and mapped.constant is not None):
            continue
        heading = mapped.headings[0] if mapped and mapped.headings else column.name
        reading = form.reading(column.name)
        if column.name == collection.time_column:
            role: Any = "day_of_time" if mapped and mapped.time_headings else "time"
            found.append(FileColumn(column.name, heading, role, column, reading))
            if mapped and mapped.time_headings:
                second = mapped.time_headings[0]
                found.append(FileColumn(column.name, second, "time_of_day", column, reading))
        else:
            role = "number" if column.type in NUMERIC_TYPES else "code"
            found.append(FileColumn(column.name, heading, role, column, reading))
    return found
