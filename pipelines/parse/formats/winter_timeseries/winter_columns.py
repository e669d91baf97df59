"""Finds the table of a sheet, and which measure and days each of its columns holds."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.date_system import EXCEL_EPOCH
from pipelines.parse.files.names import HeadingNames
from pipelines.parse.files.workbook import Cell, Grid, cell_text
from pipelines.parse.formats.winter_timeseries.day_headings import read_days
from pipelines.parse.formats.winter_timeseries.winter_map import SheetMap, WinterMap

_NOT_STORED = "(not stored)"


@dataclass(frozen=True, slots=True)
class Header:
    """Where the table's header stands; all indexes count from 0."""

    row: int
    code: int
    name: int

    @property
    def first_data(self) -> int:
        """Index of the first column that can hold figures."""
        return max(self.code, self.name) + 1


@dataclass(frozen=True, slots=True)
class DataColumn:
    """One column of figures: its index, the measure and the days that it gives values to."""

    index: int
    measure: str
    days: tuple[date, ...]


@dataclass
class SheetColumns:
    """The columns of one sheet that are read, and what is to be said of the others."""

    columns: list[DataColumn] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=CappedFindings)


@dataclass(frozen=True)
class _Heading:
    index: int
    text: str
    days: tuple[date, ...]
    day_text: str


def find_header(grid: Grid, form: WinterMap) -> Header | None:
    """The first row that has a code heading and a name heading."""
    codes = {heading.casefold() for heading in form.code_headings}
    names = {heading.casefold() for heading in form.name_headings}
    for index, row in enumerate(grid):
        plain = [cell.strip().casefold() if isinstance(cell, str) else "" for cell in row]
        code = next((i for i, text in enumerate(plain) if text in codes), None)
        name = next((i for i, text in enumerate(plain) if text in names), None)
        if code is not None and name is not None:
            return Header(index, code, name)
    return None


def read_columns(
    sheet: str,
    grid: Grid,
    header: Header,
    mapped: SheetMap,
    form: WinterMap,
    epoch: date | None = EXCEL_EPOCH,
) -> SheetColumns:
    """What every column right of the names holds; each that is not read has a finding."""
    names = HeadingNames(
        {**mapped.all_measures, _NOT_STORED: mapped.not_stored}, dict(form.synonyms)
    )
    filled = _count_values(grid, header)
    found = SheetColumns()
    unknown: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], int] = {}
    for heading in _headings(grid, header, mapped, form, epoch):
        count = filled[heading.index]
        problem = _take(heading, count, names, mapped, sheet, header, found)
        if problem and count:
            unknown[problem] += count
            first.setdefault(problem, heading.index)
    for (code, value), count in unknown.items():
        place = Place(sheet, header.row + 1, first[code, value] + 1)
        found.findings.append(finding(code, place=place, value=value, count=count))
    _drop_repeated(sheet, header, found)
    _report_missing(sheet, header, mapped, found)
    return found


def _take(
    heading: _Heading,
    count: int,
    names: HeadingNames,
    mapped: SheetMap,
    sheet: str,
    header: Header,
    found: SheetColumns,
) -> tuple[str, str] | None:
    """Adds the column to `found`, or gives the code and value of why it cannot be read."""
    if not heading.text and not heading.days:
        return "HEAD-003", ""
    target = names.find(heading.text) if heading.text else next(iter(mapped.measures))
    if target == _NOT_STORED:
        return None
    if target is None:
        return "HEAD-001", heading.text
    if not heading.days:
        return "HEAD-002", heading.day_text
    if len(heading.days) > 1 and mapped.day_range == "report":
        place = Place(sheet, header.row + 1, heading.index + 1)
        found.findings.append(
            finding(
                "HEAD-005",
                place=place,
                column_name=target,
                value=heading.day_text,
                days=len(heading.days),
                count=count,
            )
        )
        return None
    found.columns.append(DataColumn(heading.index, target, heading.days))
    return None


def _headings(
    grid: Grid, header: Header, mapped: SheetMap, form: WinterMap, epoch: date | None
) -> list[_Heading]:
    """The headings of the data columns, each with its days.

    Where a sheet has one measure, dates stand in the header itself and `text` is empty.
    """
    width = max(len(row) for row in grid)
    row = _padded(grid[header.row], width)
    own = [read_days(cell, epoch) for cell in row]
    if any(own[header.first_data :]) and len(mapped.measures) == 1:
        return [
            _Heading(index, "", own[index], cell_text(row[index]).strip())
            if own[index] or not cell_text(row[index]).strip()
            else _Heading(index, next(iter(mapped.measures.values()))[0], (), cell_text(row[index]))
            for index in range(header.first_data, width)
        ]
    dates = _filled_forward(_date_row(grid, header, form, width, epoch), header.first_data)
    days = {cell: read_days(cell, epoch) for cell in dict.fromkeys(dates)}
    return [
        _Heading(index, cell_text(row[index]).strip(), days[dates[index]], _text(dates[index]))
        if cell_text(row[index]).strip()
        else _Heading(index, "", (), "")
        for index in range(header.first_data, width)
    ]


def _date_row(
    grid: Grid, header: Header, form: WinterMap, width: int, epoch: date | None
) -> list[Cell]:
    """The nearest row above the header that has a date, or a row of blanks."""
    for above in range(1, form.date_rows_above + 1):
        row = _padded(grid[max(header.row - above, 0)], width)
        if any(read_days(cell, epoch) for cell in row[header.first_data :]):
            return row
    return [""] * width


def _filled_forward(row: list[Cell], start: int) -> list[Cell]:
    """The row with every blank filled by the cell before it, as a merged block shows it."""
    filled = list(row)
    for index in range(start + 1, len(filled)):
        if _text(filled[index]) == "":
            filled[index] = filled[index - 1]
    return filled


def _drop_repeated(sheet: str, header: Header, found: SheetColumns) -> None:
    """Keeps the first column of each measure and day and reports the others."""
    seen: set[tuple[str, date]] = set()
    kept: list[DataColumn] = []
    for column in found.columns:
        repeated = [day for day in column.days if (column.measure, day) in seen]
        for day in repeated:
            place = Place(sheet, header.row + 1, column.index + 1)
            found.findings.append(
                finding(
                    "HEAD-004",
                    place=place,
                    column_name=column.measure,
                    value=column.measure,
                    slot=day.isoformat(),
                    day=day.isoformat(),
                )
            )
        fresh = tuple(day for day in column.days if day not in repeated)
        seen.update((column.measure, day) for day in fresh)
        if fresh:
            kept.append(DataColumn(column.index, column.measure, fresh))
    found.columns[:] = kept


def _report_missing(sheet: str, header: Header, mapped: SheetMap, found: SheetColumns) -> None:
    present = {column.measure for column in found.columns}
    for measure in mapped.measures:
        if measure not in present:
            place = Place(sheet, header.row + 1)
            wanted = ", ".join(f"'{one}'" for one in mapped.measures[measure]) or f"'{measure}'"
            expected = f" (expected: {wanted})"
            told = finding("HEAD-006", place=place, column_name=measure, expected=expected)
            found.findings.append(told)


def _count_values(grid: Grid, header: Header) -> Counter[int]:
    """How many cells of each column hold something beside a code or a name."""
    counts: Counter[int] = Counter()
    for row in grid[header.row + 1 :]:
        if len(row) > header.code and _text(row[header.code]):
            counts.update(i for i, cell in enumerate(row) if cell != "" and cell is not None)
    return counts


def _padded(row: list[Cell], width: int) -> list[Cell]:
    return row + [""] * (width - len(row))


def _text(cell: Cell) -> str:
    return "" if cell is None else cell_text(cell).strip()
