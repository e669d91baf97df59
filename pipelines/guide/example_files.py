"""An example in a feed's own form: headings and cells as they stand in its files.

It is the inverse of how the feed is read, by the same words for units, dates and times as
simulated providers write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal, get_args

from pipelines.base.clock import london_date
from pipelines.base.errors import UsageError
from pipelines.guide.example_rows import ExampleRow
from pipelines.guide.own_form import Kind
from pipelines.parse.formats.file_format import file_format
from pipelines.parse.formats.file_writer import Cell, FileWriter
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.format import Reading
from pipelines.registry.table_map import TableMap
from pipelines.registry.written_forms import EPOCHS, EXCEL_DAYS, excel_days
from pipelines.simulate.cells import label_slots, number_cells, split_time

_PLAIN_HABIT = (0.0, 1.0)
"""UTF-8 and commas, where the feed leaves them open."""


@dataclass(frozen=True, slots=True)
class SentColumn:
    """One column of a feed's files."""

    heading: str
    column: Column
    reading: Reading
    part: Literal["whole", "day", "time"] = "whole"
    """A time whose day and hours stand apart makes two columns."""


class SentForm:
    """How a feed's files of a collection look: which columns, and how cells are written."""

    def __init__(self, feed: Feed, collection: Collection) -> None:
        """Raises `UsageError` where the feed's files have a layout of their own."""
        writer = file_format(feed).writer(_PLAIN_HABIT)
        is_known = feed.format.kind in get_args(Kind)
        if not isinstance(feed.format, TableMap) or writer is None or not is_known:
            raise UsageError(
                f"{feed.feed_id} reads files of the kind '{feed.format.kind}', which have a layout "
                "of their own: there is no template of it. Leave --feed out for the contract's own."
            )
        self.feed: Feed = feed
        self.collection: Collection = collection
        self.form: TableMap = feed.format
        self.kind: str = feed.format.kind
        self.writer: FileWriter = writer
        self.columns: Sequence[SentColumn] = self._columns()
        self.headings: Sequence[str] = [one.heading for one in self.columns]

    def cells(self, row: ExampleRow) -> list[Cell]:
        """The cells of the row; a column without a value has an empty cell."""
        return [self._cell(one, row) for one in self.columns]

    def write(self, rows: Sequence[ExampleRow]) -> bytes:
        """A file of these rows."""
        return self.writer.write(
            self.headings, [self.cells(row) for row in rows], None, rows[0].slot.end
        )

    def number_cell(self, column: Column, value: float) -> Cell:
        """How the feed writes that value of the column."""
        return number_cells(column.unit, self.form.reading(column.name), self.writer)[value]

    def _columns(self) -> Sequence[SentColumn]:
        found = []
        for column in self.collection.columns:
            mapped = self.form.columns.get(column.name)
            if column.name in self.form.not_reported or (mapped and mapped.constant is not None):
                continue
            heading = mapped.headings[0] if mapped and mapped.headings else column.name
            reading = self.form.reading(column.name)
            if mapped and mapped.time_headings:
                found.append(SentColumn(heading, column, reading, "day"))
                found.append(SentColumn(mapped.time_headings[0], column, reading, "time"))
            else:
                found.append(SentColumn(heading, column, reading))
        return found

    def _cell(self, sent: SentColumn, row: ExampleRow) -> Cell:
        if sent.column.name == self.collection.time_column:
            return self._slot_cell(sent, row)
        value = row.values.get(sent.column.name)
        if value is None:
            return self._empty
        if isinstance(value, str):
            return self.writer.text(value)
        return self.number_cell(sent.column, value)

    @property
    def _empty(self) -> Cell:
        return "null" if self.kind == "json" else self.writer.text("")

    def _slot_cell(self, sent: SentColumn, row: ExampleRow) -> Cell:
        """The slot as the feed names it: a day, a time, or one half of a time."""
        reading, slot = sent.reading, row.slot
        if sent.column.type == "date":
            day = london_date(slot.start)
            form = reading.format
            if form is not None and form in EPOCHS:
                return self.writer.text(str(round(slot.start.timestamp() * EPOCHS[form])))
            if form == EXCEL_DAYS:
                return self.writer.text(excel_days(datetime.combine(day, time())))
            return self.writer.text(day.strftime(form)) if form else self.writer.day(day)
        if sent.column.type == "month":
            return self.writer.text(_month_text(sent, london_date(slot.start)))
        is_renamed = sent.column.name in self.form.columns
        labels = label_slots((slot.start,), reading, slot.end - slot.start, is_renamed)
        if sent.part != "whole":
            return self.writer.text(split_time(labels.texts[0])[sent.part == "time"])
        if reading.format is None and labels.times[0].tzinfo is None:
            return self.writer.time(labels.times[0])
        return self.writer.text(labels.texts[0])


def _month_text(sent: SentColumn, month: date) -> str:
    """The month as the feed names it; where its year stands apart, each of the two."""
    if sent.part != "whole":
        return f"{month.year if sent.part == 'day' else month.month}"
    return month.strftime(sent.reading.format or "%Y-%m")


def json_values(form: SentForm, row: ExampleRow) -> Mapping[str, Any]:
    """The row as an object of JSON, by the feed's own names."""
    import json

    cells = zip(form.headings, form.cells(row), strict=True)
    return {heading: json.loads(cell) for heading, cell in cells}
