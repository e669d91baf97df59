"""Reads a table: finds its header, leaves out what is no data by named rules, keeps the text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.formats.encodings import decode
from pipelines.parse.formats.refusal import Refusal
from pipelines.parse.formats.tables.delimited import likely_delimiters, read_rows
from pipelines.parse.formats.tables.header import ROWS_LOOKED_AT, Columns, Headings
from pipelines.parse.formats.tables.objects import read_objects
from pipelines.parse.formats.tables.records import Grid, Objects
from pipelines.parse.formats.tables.sheet import read_sheet
from pipelines.parse.rows import ParsedRows, RowProblem, Texts
from pipelines.registry.contract import Collection
from pipelines.registry.feed import CsvTable, Feed, JsonRows, TableFormat, XlsxTable

BANNER, REPEATED_HEADER, TOTAL_LINE, NOTE = "banner", "repeated_header", "total_line", "note"
"""The rules by which a row that is not blank is no data."""


@dataclass(frozen=True, slots=True)
class TablePlaces:
    """Places in one table: the number of each row, and the number of each column."""

    sheet: str | None
    rows: Sequence[int]
    columns: dict[str, int]
    partly: dict[str, npt.NDArray[np.bool_]] | None = None
    """Columns that some rows have no cell for."""

    def place(self, row: int, column_name: str) -> Place:
        """The place of one cell; the column is unknown for a constant and in JSON."""
        return Place(self.sheet, int(self.rows[row]), self.columns.get(column_name))

    def partly_carried(self) -> dict[str, npt.NDArray[np.bool_]]:
        """For columns that some rows have no cell of, which rows have one."""
        return self.partly or {}


class TableReader:
    """Reads the files of one feed; what it has learned of headers is kept from file to file."""

    def __init__(self, feed: Feed, form: TableFormat, collection: Collection) -> None:
        self._form = form
        self._headings = Headings(feed, form, collection)
        self._totals = frozenset(name.casefold() for name in form.total_names)
        self._organisation = collection.organisation_column
        self._delimiter: str | None = None
        self._measures = frozenset(column.name for column in collection.measures)
        self._key = tuple(collection.key)

    def read(self, content: bytes, file_name: str) -> ParsedRows:
        """The file's rows as text; raises `Refusal` where they cannot be read at all."""
        form = self._form
        if isinstance(form, JsonRows):
            return self._read_objects(read_objects(decode(content, file_name), form.records))
        if isinstance(form, XlsxTable):
            grid = read_sheet(content, file_name, form.sheet)
            header = self._find_header(grid)
        else:
            assert isinstance(form, CsvTable)
            grid, header = self._read_delimited(decode(content, file_name, form.encoding), form)
        if header is None:
            lacking = ", ".join(f"'{name}'" for name in self._headings.lacking_in(grid.rows))
            raise Refusal(finding("FILE-015", value=lacking), grid.rows[:ROWS_LOOKED_AT])
        return self._read_grid(grid, header)

    def _read_delimited(self, text: str, form: CsvTable) -> tuple[Grid, int | None]:
        """The rows and the header's place, with the delimiter that a header is found with."""
        if form.delimiter != "auto":
            grid = read_rows(text, form.delimiter)
            return grid, self._find_header(grid)
        tried: dict[str, Grid | Refusal] = {}
        for delimiter in self._delimiters(text):
            try:
                grid = read_rows(text, delimiter)
            except Refusal as refusal:
                tried[delimiter] = refusal
                continue
            header = self._find_header(grid)
            if header is not None:
                self._delimiter = delimiter
                return grid, header
            tried[delimiter] = grid
        likeliest = tried[likely_delimiters(text)[0]]
        if isinstance(likeliest, Refusal):
            raise likeliest
        return likeliest, None

    def _delimiters(self, text: str) -> Iterator[str]:
        """The delimiters to try; nearly always it is that of the file before."""
        if self._delimiter is not None:
            yield self._delimiter
        yield from likely_delimiters(text)

    def _find_header(self, grid: Grid) -> int | None:
        for at, row in enumerate(grid.rows[:ROWS_LOOKED_AT]):
            if self._headings.find(row) is not None:
                return at
        return None

    def _read_grid(self, grid: Grid, header: int) -> ParsedRows:
        header_row = grid.rows[header]
        columns = self._headings.find(header_row)
        assert columns is not None
        skipped: Counter[str] = Counter()
        findings: list[Finding] = []
        problems: list[RowProblem] = []
        rows: list[list[str]] = []
        numbers: list[int] = []
        banners = sum(1 for row in grid.rows[:header] if any(map(str.strip, row)))
        if banners:
            skipped[BANNER] = banners
        for number, row in enumerate(grid.rows[header + 1 :], start=header + 2):
            rule = self._rule_that_skips(row, header_row, columns)
            if rule == NOTE:
                told = " ".join(cell.strip() for cell in row if cell.strip())
                findings.append(finding("SHEET-004", place=Place(grid.sheet, number), value=told))
            if rule is None:
                if len(row) != columns.width:
                    problems += _check_width(row, columns.width, len(rows))
                    row = row + [""] * (columns.width - len(row))
                rows.append(row)
                numbers.append(number)
            elif rule:
                skipped[rule] += 1
        texts = _by_column(columns, rows)
        self._add_times_of_day(texts, rows, columns)
        findings += _tell_headings(columns, grid.sheet, header + 1, rows)
        places = TablePlaces(grid.sheet, numbers, {name: at + 1 for name, at in columns.at.items()})
        return self._finish(texts, places, len(rows), findings, problems, skipped)

    def _read_objects(self, objects: Objects) -> ParsedRows:
        columns = self._headings.find(objects.keys)
        if columns is None:
            lacking = ", ".join(f"'{name}'" for name in self._headings.lacking_in([objects.keys]))
            raise Refusal(finding("FILE-015", value=lacking), [objects.keys])
        skipped: Counter[str] = Counter()
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        for number, row in zip(objects.numbers, objects.rows, strict=True):
            if self._is_total([cell or "" for cell in row], columns):
                skipped[TOTAL_LINE] += 1
            else:
                rows.append(row)
                numbers.append(number)
        texts = _by_column(columns, rows)
        partly = {
            name: np.array([text is not None for text in own], bool)
            for name, own in texts.items()
            if None in own
        }
        self._add_times_of_day(texts, [[cell or "" for cell in row] for row in rows], columns)
        findings = _tell_headings(columns, None, None, rows)
        places = TablePlaces(None, numbers, {}, partly or None)
        return self._finish(texts, places, len(rows), findings, [], skipped)

    def _finish(
        self,
        texts: dict[str, Texts],
        places: TablePlaces,
        length: int,
        findings: list[Finding],
        problems: list[RowProblem],
        skipped: Counter[str],
    ) -> ParsedRows:
        for name, constant in self._headings.constants.items():
            texts[name] = [constant] * length
        return ParsedRows(texts, places, length, findings, problems, skipped)

    def _rule_that_skips(
        self, row: list[str], header_row: list[str], columns: Columns
    ) -> str | None:
        """The rule by which the row is no data; None where it is data, '' where it is blank."""
        if not any(map(str.strip, row)):
            return ""
        if row == header_row:
            return REPEATED_HEADER
        if self._is_total(row, columns):
            return TOTAL_LINE
        for name, at in columns.at.items():
            if name in self._measures and at < len(row) and row[at].strip():
                return None
        key = [columns.at[name] for name in self._key if name in columns.at]
        return None if all(at < len(row) and row[at].strip() for at in key) else NOTE

    def _is_total(self, row: Sequence[str], columns: Columns) -> bool:
        """Whether its first text, or what stands for the organisation, says so."""
        first = next((cell for cell in row if cell.strip()), "")
        at = columns.at.get(self._organisation)
        named = row[at] if at is not None and at < len(row) else ""
        totals = self._totals
        return first.strip().casefold() in totals or named.strip().casefold() in totals

    def _add_times_of_day(
        self, texts: dict[str, Texts], rows: Sequence[Sequence[str]], columns: Columns
    ) -> None:
        """A day and its time of day from another column are one text; one alone is no time."""
        for name, at in columns.time_at.items():
            times = [row[at].strip() if at < len(row) else "" for row in rows]
            days = [(day or "").strip() for day in texts[name]]
            texts[name] = [
                f"{day or '(no day)'} {time or '(no time)'}" if day or time else ""
                for day, time in zip(days, times, strict=True)
            ]


def _by_column(columns: Columns, rows: Sequence[Sequence[str | None]]) -> dict[str, Texts]:
    """The texts of each column; every row is at least as wide as the header."""
    if not rows:
        return dict.fromkeys(columns.at, ())
    cells = list(zip(*rows, strict=False))
    return {name: cells[at] for name, at in columns.at.items()}


def _check_width(row: list[str], width: int, index: int) -> list[RowProblem]:
    """A row with other cells than the header: what stands under a heading may not belong there."""
    if len(row) < width or any(cell.strip() for cell in row[width:]):
        return [RowProblem(index, "ROW-003", None, f"{len(row)} cells under {width} headings")]
    return []


def _tell_headings(
    columns: Columns,
    sheet: str | None,
    header_row: int | None,
    rows: Sequence[Sequence[str | None]],
) -> list[Finding]:
    """What is said about the header: headings that are unknown, repeated or lacking."""
    found = []
    for code, cells in (("HEAD-001", columns.unknown), ("HEAD-007", columns.repeated)):
        for at, heading in cells:
            count = sum(1 for row in rows if at < len(row) and (row[at] or "").strip())
            place = Place(sheet, header_row, at + 1 if header_row else None)
            found.append(finding(code, place=place, value=heading, count=count))
    place = Place(sheet, header_row)
    found += [
        finding("HEAD-006", place=place, column_name=name, value=None) for name in columns.lacking
    ]
    return found
