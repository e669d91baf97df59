"""Bytes of the file formats that providers send: delimited text, JSON, workbooks.

A cell is what its format needs to write it at once: text with its quotes, JSON source, or a
value of a workbook.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

from pipelines.registry.feed import CsvTable, JsonRows, XlsxTable
from pipelines.simulate.draws import uniforms

Cell = Any
"""What one format writes for one value: `str` in text and JSON, a plain value in a workbook."""

Row = Sequence[Cell]

LINE_END = "\r\n"


class FileWriter(ABC):
    """Writes the tables of a feed; writers that are equal write the same cells."""

    def __init__(self, habits: tuple[str, ...]) -> None:
        self._habits = habits

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._habits == getattr(other, "_habits", None)

    def __hash__(self) -> int:
        return hash((type(self), self._habits))

    @abstractmethod
    def text(self, text: str) -> Cell:
        """The cell that says the text."""

    @abstractmethod
    def number(self, value: float) -> Cell:
        """The cell of a number."""

    def day(self, day: date) -> Cell:
        """The cell of a day for which the feed has no form of its own."""
        return self.text(day.isoformat())

    def time(self, time: datetime) -> Cell:
        """The cell of a time without an offset for which the feed has no form of its own."""
        return self.text(time.isoformat(timespec="seconds"))

    @abstractmethod
    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        """The whole file: a row of cells under the headings for each of `rows`, then the total."""


class CsvWriter(FileWriter):
    """Delimited text. Where a feed leaves encoding or delimiter open, it has its own habit."""

    def __init__(self, form: CsvTable, feed_id: str) -> None:
        habit = uniforms(2, "habit", feed_id)
        encodings = ("utf-8", "utf-8-sig", "cp1252")
        is_open = form.encoding == "auto"
        self._encoding = encodings[int(habit[0] * 3)] if is_open else form.encoding
        usual = ";" if habit[1] < 0.25 else ","
        self._delimiter = usual if form.delimiter == "auto" else form.delimiter
        super().__init__((self._delimiter,))
        self._known_header: tuple[Sequence[str], str] = ((), "")

    def text(self, text: str) -> Cell:
        """The text, in quotes where it needs them."""
        if self._delimiter in text or '"' in text or "\n" in text:
            doubled = text.replace('"', '""')
            return f'"{doubled}"'
        return text

    def number(self, value: float) -> Cell:
        """The number, without a point where it is whole."""
        return number_text(value)

    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        """A line of headings, then a line for each row."""
        lines = [self._header(headings), *map(self._delimiter.join, rows)]
        if total is not None:
            lines.append(self._delimiter.join(total))
        return (LINE_END.join(lines) + LINE_END).encode(self._encoding)

    def _header(self, headings: Sequence[str]) -> str:
        if self._known_header[0] is not headings:
            self._known_header = (headings, self._delimiter.join(map(self.text, headings)))
        return self._known_header[1]


class JsonWriter(FileWriter):
    """JSON: an array where the feed says at which path, else an object on each line."""

    def __init__(self, form: JsonRows) -> None:
        super().__init__(())
        steps = form.records.split(".") if form.records else []
        self._before = "".join(f'{{"{step}":' for step in steps) + "[" if steps else ""
        self._after = "]" + "}" * len(steps) if steps else ""
        self._between = "," if steps else "\n"
        self._known_form: tuple[Sequence[str], str] = ((), "")

    def text(self, text: str) -> Cell:
        """The text as JSON."""
        return json.dumps(text)

    def number(self, value: float) -> Cell:
        """The number as JSON."""
        return number_text(value)

    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        """An object for each row; JSON has no total line."""
        form = self._form(headings)
        objects = self._between.join([form % tuple(row) for row in rows])
        return f"{self._before}{objects}{self._after}\n".encode()

    def _form(self, headings: Sequence[str]) -> str:
        if self._known_form[0] is not headings:
            keys = [json.dumps(heading).replace("%", "%%") for heading in headings]
            self._known_form = (headings, "{" + ",".join(f"{key}:%s" for key in keys) + "}")
        return self._known_form[1]


class XlsxWriter(FileWriter):
    """A workbook of one sheet."""

    def __init__(self, form: XlsxTable) -> None:
        super().__init__(())
        self._sheet = form.sheet or "Sheet1"

    def text(self, text: str) -> Cell:
        """The text itself."""
        return text

    def number(self, value: float) -> Cell:
        """The number itself."""
        return value

    def day(self, day: date) -> Cell:
        """A true date cell."""
        return day

    def time(self, time: datetime) -> Cell:
        """A true time cell."""
        return time

    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        """A row of headings, then the rows; in memory, as temporary files would be slow."""
        import xlsxwriter

        stream = BytesIO()
        book = xlsxwriter.Workbook(stream, {"in_memory": True, "constant_memory": True})
        book.set_properties({"created": made_at.replace(tzinfo=None)})
        formats = {
            date: book.add_format({"num_format": "dd/mm/yyyy"}),
            datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
        }
        sheet = book.add_worksheet(self._sheet)
        for number, row in enumerate([headings, *rows, *([total] if total else [])]):
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, place, cell, formats[type(cell)])
                elif isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                else:
                    sheet.write_number(number, place, cell)
        book.close()
        return stream.getvalue()


def number_text(value: float) -> str:
    """The number as people write it: no point where it is whole, else at most three decimals."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() else repr(round(value, 3))
