"""Reads a winter workbook: every sheet that the feed knows, merged to one row per trust and day."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.limits import refuse_beyond
from pipelines.parse.files.workbook import NO_RESULT, Cell, Grid, Workbook, cell_text
from pipelines.parse.formats.winter_timeseries.winter_body import SheetBody, read_body
from pipelines.parse.formats.winter_timeseries.winter_columns import (
    DataColumn,
    Header,
    find_header,
    read_columns,
)
from pipelines.parse.formats.winter_timeseries.winter_formulas import tell_formulas
from pipelines.parse.formats.winter_timeseries.winter_map import SheetMap, WinterMap
from pipelines.parse.formats.winter_timeseries.winter_sheets import choose_sheets, refuse_sister
from pipelines.parse.rows import CellPlaces, ParsedRows, PublishedTotal, SheetReport, Texts


@dataclass(frozen=True)
class _Table:
    """The table of one sheet, with its grid."""

    sheet: str
    grid: Grid
    header: Header
    columns: list[DataColumn]
    body: SheetBody
    lacks_results: bool
    """Whether a cell has a formula without a stored result."""

    @property
    def days(self) -> set[date]:
        return {day for column in self.columns for day in column.days}


def read(content: bytes, file_name: str, form: WinterMap) -> ParsedRows:
    """One row per organisation and day: `org_code`, `report_date` and the sheets' measures.

    Raises `Refusal` where the file is no workbook, or has no sheet that is known at all.
    """
    refuse_sister(file_name, form)
    findings = CappedFindings()
    tables = []
    with Workbook(content, file_name) as workbook:
        wanted = choose_sheets(workbook, form, findings)
        for sheet, mapped in wanted.items():
            table = _read_table(sheet, workbook, mapped, form, findings)
            if table:
                tables.append(table)
        refuse_beyond(cells=sum(len(one.grid) * len(one.columns) for one in tables))
    if not wanted:
        findings.append(finding("FILE-007"))
    parsed = _merge(tables, findings)
    parsed.nothing_expected = not wanted
    return parsed


def _read_table(
    sheet: str, workbook: Workbook, mapped: SheetMap, form: WinterMap, findings: list[Finding]
) -> _Table | None:
    grid = workbook.grid(sheet)
    header = find_header(grid, form)
    if header is None:
        findings.append(finding("SHEET-002", place=Place(sheet)))
        return None
    found = read_columns(sheet, grid, header, mapped, form, workbook.epoch)
    body = read_body(sheet, grid, header, form)
    findings += found.findings + body.findings
    lacks_results = sheet in workbook.without_results
    if lacks_results:
        findings += tell_formulas(sheet, grid, body, found.columns)
    return _Table(sheet, grid, header, found.columns, body, lacks_results)


def _merge(tables: list[_Table], findings: list[Finding]) -> ParsedRows:
    """All tables side by side: the rows are the organisations × days of any of them."""
    names: dict[tuple[str, str], int] = {}
    for table in tables:
        for row in table.body.organisations:
            names.setdefault((row.code, "" if row.code else row.name), len(names))
    days = sorted(set().union(*(table.days for table in tables)))
    refuse_beyond(rows=len(names) * len(days))
    grid = _RecordGrid([code for code, _ in names], days, [table.sheet for table in tables])
    for number, table in enumerate(tables):
        rows = [names[row.code, "" if row.code else row.name] for row in table.body.organisations]
        findings += grid.add(number, table, rows)
    texts, places, empty = grid.finish()
    skipped = _count_skipped(tables)
    skipped["not_reported"] += empty
    return ParsedRows(
        texts=texts,
        places=places,
        length=len(texts["org_code"]),
        findings=findings,
        skipped=+skipped,
        totals=_national_totals(tables),
        sheets=[_report(table) for table in tables],
    )


@dataclass(frozen=True)
class _Cells:
    """One column over organisations × days: the text, None where no cell is, and its place."""

    text: npt.NDArray[np.object_]
    sheet: npt.NDArray[np.int16]
    row: npt.NDArray[np.int32]
    column: npt.NDArray[np.int32]


class _RecordGrid:
    """Cell columns over all organisations × days, filled sheet by sheet."""

    def __init__(self, codes: list[str], days: list[date], sheets: list[str]) -> None:
        self._codes = codes
        self._day_index = {day: index for index, day in enumerate(days)}
        self._days = days
        self._sheets = tuple(sheets)
        self._cells: dict[str, _Cells] = {}
        self._key_row = np.zeros((3, len(codes), len(days)), dtype=np.int32)
        self._key_column = np.zeros((2, len(codes), len(days)), dtype=np.int32)

    def _blank(self) -> _Cells:
        shape = (len(self._codes), len(self._days))
        return _Cells(
            np.full(shape, None, dtype=np.object_),
            np.zeros(shape, dtype=np.int16),
            np.zeros(shape, dtype=np.int32),
            np.zeros(shape, dtype=np.int32),
        )

    def add(self, number: int, table: _Table, organisations: list[int]) -> list[Finding]:
        """The table's cells are in the grid, at their organisations and days.

        What an earlier table gave stays; there is a finding for each measure that differs.
        """
        row_numbers = np.array([row.index + 1 for row in table.body.organisations], np.int32)
        differing: Counter[str] = Counter()
        for column in table.columns:
            cells = self._cells.setdefault(column.measure, self._blank())
            texts = np.array(
                [_text(table.grid[row.index][column.index]) for row in table.body.organisations],
                dtype=np.object_,
            )
            rows = row_numbers
            if table.lacks_results:
                # No cell is there: the value that is held for it stays.
                lacking = texts == NO_RESULT
                texts[lacking] = None
                rows = np.where(lacking, 0, row_numbers).astype(np.int32)
            for day in column.days:
                at = (organisations, self._day_index[day])
                held = cells.text[at]
                is_free = held == None  # noqa: E711 - elementwise
                if not is_free.all():
                    differs = ~is_free & (texts != None) & (held != texts)  # noqa: E711
                    differing[column.measure] += int(np.count_nonzero(differs))
                free = np.asarray(organisations, dtype=np.intp)[is_free]
                place = (free, self._day_index[day])
                cells.text[place] = texts[is_free]
                cells.sheet[place] = number
                cells.row[place] = rows[is_free]
                cells.column[place] = column.index + 1
                self._note_keys(number, table, column, at, row_numbers)
        return [
            finding("HEAD-008", place=Place(table.sheet), column_name=name, value=name, count=count)
            for name, count in differing.items()
            if count
        ]

    def _note_keys(
        self,
        number: int,
        table: _Table,
        column: DataColumn,
        at: tuple[list[int], int],
        row_numbers: npt.NDArray[np.int32],
    ) -> None:
        """The keys' places: the organisation's row and the day's heading seen first."""
        fresh = self._key_row[0][at] == 0
        organisations = np.asarray(at[0], dtype=np.intp)[fresh]
        self._key_row[0][organisations, at[1]] = row_numbers[fresh]
        self._key_row[1][organisations, at[1]] = table.header.row + 1
        self._key_row[2][organisations, at[1]] = number
        self._key_column[0][organisations, at[1]] = table.header.code + 1
        self._key_column[1][organisations, at[1]] = column.index + 1

    def finish(self) -> tuple[dict[str, Texts], CellPlaces, int]:
        """The columns and places without the records that no cell tells of; their number."""
        shape = (len(self._codes), len(self._days))
        reported = np.zeros(shape, dtype=bool)
        for cells in self._cells.values():
            reported |= cells.text != None  # noqa: E711 - elementwise
        code_texts = np.array([code or None for code in self._codes], dtype=np.object_)
        day_texts = np.array([day.isoformat() for day in self._days], dtype=np.object_)
        sheet = self._key_row[2].astype(np.int16)
        columns = {
            "org_code": _Cells(
                np.broadcast_to(code_texts[:, None], shape),
                sheet,
                self._key_row[0],
                self._key_column[0],
            ),
            "report_date": _Cells(
                np.broadcast_to(day_texts[None, :], shape),
                sheet,
                self._key_row[1],
                self._key_column[1],
            ),
            **self._cells,
        }
        places = CellPlaces(
            self._sheets,
            {name: cells.sheet[reported] for name, cells in columns.items()},
            {name: cells.row[reported] for name, cells in columns.items()},
            {name: cells.column[reported] for name, cells in columns.items()},
        )
        texts: dict[str, Texts] = {
            name: cells.text[reported].tolist() for name, cells in columns.items()
        }
        return texts, places, int(np.count_nonzero(self._key_row[0][~reported]))


def _text(cell: Cell) -> str | None:
    """The text of a cell, None where it is blank."""
    return cell or None if type(cell) is str else _text_of_other(cell)


# The same few thousand values fill a workbook's quarter of a million cells.
@lru_cache(maxsize=65536, typed=True)
def _text_of_other(cell: Cell) -> str | None:
    return None if cell is None else cell_text(cell) or None


def _national_totals(tables: list[_Table]) -> list[PublishedTotal]:
    """England's figures, of a measure and day those of the table that comes first."""
    totals: dict[tuple[str, date], PublishedTotal] = {}
    for table in tables:
        if (row := table.body.national) is None:
            continue
        for column in table.columns:
            if (text := _text(table.grid[row][column.index])) is None:
                continue
            place = Place(table.sheet, row + 1, column.index + 1)
            for day in column.days:
                told = PublishedTotal(column.measure, day, text, place)
                totals.setdefault((column.measure, day), told)
    return list(totals.values())


def _count_skipped(tables: list[_Table]) -> Counter[str]:
    """Records (organisation × day) that a named rule leaves out, over all sheets together."""
    national: set[date] = set()
    others: set[tuple[str, str, date]] = set()
    for table in tables:
        if table.body.national is not None:
            national |= table.days
        sums = [("region_total", name) for name in table.body.regions] + table.body.other_sums
        others |= {(rule, name, day) for rule, name in sums for day in table.days}
    skipped = Counter(rule for rule, _, _ in others)
    skipped["national_total"] = len(national)
    return skipped


def _report(table: _Table) -> SheetReport:
    measures = tuple(dict.fromkeys(column.measure for column in table.columns))
    return SheetReport(
        table.sheet,
        len(table.body.organisations),
        len(table.days),
        measures,
        dict(table.body.skipped),
    )
