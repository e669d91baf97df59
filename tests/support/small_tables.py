"""Small contracts and feeds without files, for what reads tables, texts and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import xlsxwriter

from pipelines.collect.sources.directory import DirectorySource
from pipelines.findings.finding import Finding, Place
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.formats.csv_table import CsvTable
from pipelines.parse.formats.file_format import file_format
from pipelines.parse.formats.json_rows import JsonRows
from pipelines.parse.formats.xlsx_table import XlsxTable
from pipelines.parse.rows import ParsedRows
from pipelines.registry.cadence import Cadence
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed, Provider
from pipelines.registry.format import Format


def collection(*columns: Column, key: Sequence[str], slot_minutes: int = 1440) -> Collection:
    """A contract of these columns, without rules."""
    return Collection(
        collection="small",
        title="Small",
        row="one organisation in one slot",
        description="A small contract.",
        key=tuple(key),
        cadence=Cadence(
            cron="0 0 * * *",
            time_zone="Europe/London",
            slot_minutes=slot_minutes,
            due_minutes=5,
            grace_minutes=0,
        ),
        versions=(),
        columns=columns,
        rules=(),
    )


BEDS_OF_A_DAY = collection(
    Column(name="org_code", type="code", unit="", nullable=False, description="What it is."),
    Column(name="report_date", type="date", unit="", nullable=False, description="What it is."),
    Column(name="beds", type="count", unit="beds", description="What it is."),
    Column(name="hours", type="decimal", unit="hours", description="What it is."),
    Column(name="opel_level", type="level", unit="OPEL", description="What it is."),
    Column(name="reported_by", type="code", unit="", description="What it is."),
    key=("org_code", "report_date"),
)
PATIENTS_OF_A_SLOT = collection(
    Column(name="org_code", type="code", unit="", nullable=False, description="What it is."),
    Column(name="site_code", type="code", unit="", nullable=False, description="What it is."),
    Column(name="slot_start", type="slot", unit="UTC", nullable=False, description="What it is."),
    Column(name="patients", type="count", unit="patients", description="What it is."),
    Column(name="arrivals", type="count", unit="patients", description="What it is."),
    Column(name="longest_wait", type="decimal", unit="minutes", description="What it is."),
    key=("org_code", "site_code", "slot_start"),
    slot_minutes=15,
)


def small_feed(form: Format, **changes: Any) -> Feed:
    """RF4's feed of tables in that form, which may report for RF4 alone."""
    known: dict[str, Any] = {
        "feed_id": "small.rf4",
        "collection": "small",
        "title": "A feed",
        "provider": Provider(code="RF4", name="A trust"),
        "stage": "live",
        "source": DirectorySource(kind="directory", endpoint="incoming", pattern="*"),
        "format": form,
    }
    return Feed(**{**known, **changes})


def csv_table(**mapping: Any) -> CsvTable:
    """Delimited text with that mapping."""
    return CsvTable(kind="csv", **mapping)


def xlsx_table(**mapping: Any) -> XlsxTable:
    """A workbook's sheet with that mapping."""
    return XlsxTable(kind="xlsx", **mapping)


def json_rows(**mapping: Any) -> JsonRows:
    """JSON objects with that mapping."""
    return JsonRows(kind="json", **mapping)


@dataclass(frozen=True)
class PlacesOfRows:
    """Every cell of row n stands in row n + 20 of the file, as far as the file has the cell."""

    absent: Mapping[str, Sequence[int]]
    """Column → rows without a cell of it."""
    length: int

    def place(self, row: int, column_name: str) -> Place:
        """The place of the cell."""
        return Place("Sheet", row + 20, 1)

    def partly_carried(self) -> Mapping[str, npt.NDArray[np.bool_]]:
        """For columns that some rows have no cell of, which rows have one."""
        return {
            name: np.array([row not in rows for row in range(self.length)])
            for name, rows in self.absent.items()
        }


def parsed_rows(
    texts: Mapping[str, Sequence[str | None]], absent: Mapping[str, Sequence[int]] | None = None
) -> ParsedRows:
    """Rows as a reader gives them."""
    length = len(next(iter(texts.values()), ()))
    return ParsedRows(texts, PlacesOfRows(absent or {}, length), length)


def read_small(
    content: bytes | str,
    form: Format,
    contract: Collection = BEDS_OF_A_DAY,
    file_name: str = "file",
) -> ParsedRows:
    """The rows of a file in that form; text is taken as UTF-8."""
    as_bytes = content.encode() if isinstance(content, str) else content
    feed = small_feed(form)
    return file_format(feed).read(as_bytes, file_name, feed, contract)


def refusal_of(content: bytes | str, form: Format, contract: Collection = BEDS_OF_A_DAY) -> Finding:
    """What the sender of a file is told that cannot be read at all."""
    with pytest.raises(Refusal) as caught:
        read_small(content, form, contract)
    return caught.value.finding


def rows_of(parsed: ParsedRows, *columns: str) -> list[tuple[str | None, ...]]:
    """The texts of these columns, row by row."""
    return [tuple(parsed.text(row, name) for name in columns) for row in range(len(parsed))]


def cells_of(parsed: ParsedRows, column: str) -> list[str]:
    """Where the cells of a column stand, as a spreadsheet names them."""
    places = [parsed.place(row, column) for row in range(len(parsed))]
    return [f"{place.column_letter}{place.row}" for place in places]


def codes_of(parsed: ParsedRows) -> list[str]:
    """The codes of all that is said of the file and of its rows."""
    return [one.code for one in parsed.findings] + [one.code for one in parsed.problems]


CellOfBook = str | int | float | bool | date | time | timedelta | None
FORMATS: Mapping[type, str] = {
    date: "dd/mm/yyyy",
    time: "hh:mm",
    timedelta: "[h]:mm:ss",
}
"""Number formats of true dates and times; a date with a time of day has both."""


def book_of(
    sheets: Mapping[str, Sequence[Sequence[CellOfBook]]], hidden: Sequence[str] = ()
) -> bytes:
    """A workbook with these sheets, each a list of rows from A1 on; None is no cell."""
    stream = BytesIO()
    options = {"in_memory": True, "default_date_format": "dd/mm/yyyy hh:mm"}
    with xlsxwriter.Workbook(stream, options) as book:
        formats = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
        pages = {name: book.add_worksheet(name) for name in sheets}
        for name in hidden:
            pages[name].hide()
        shown = next((page for name, page in pages.items() if name not in hidden), None)
        if shown is not None:
            shown.activate()
            shown.set_first_sheet()
        for name, rows in sheets.items():
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if cell is not None:
                        pages[name].write(row, column, cell, *_format(formats, cell))
    return stream.getvalue()


def _format(formats: Mapping[type, Any], cell: CellOfBook) -> tuple[Any, ...]:
    return (formats[type(cell)],) if type(cell) in formats else ()
