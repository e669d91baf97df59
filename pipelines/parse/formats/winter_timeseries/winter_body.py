"""Tells what each row under the header is: an organisation, a total, a left-over, a note."""

import re
from collections import Counter
from dataclasses import dataclass, field

from pipelines.base.clean_code import clean_code
from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.names import sheet_key
from pipelines.parse.files.workbook import Cell, Grid, cell_text
from pipelines.parse.formats.winter_timeseries.winter_columns import Header
from pipelines.parse.formats.winter_timeseries.winter_map import WinterMap

_ODS_CODE = re.compile(r"[A-Z0-9]{3,6}")


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """One organisation's row: its index in the grid, its code ('' where none) and name."""

    index: int
    code: str
    name: str


@dataclass
class SheetBody:
    """Every row of a sheet that is not blank, told apart."""

    organisations: list[OrganisationRow] = field(default_factory=list)
    national: int | None = None
    regions: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=CappedFindings)


def read_body(sheet: str, grid: Grid, header: Header, form: WinterMap) -> SheetBody:
    """The rows of the sheet; those above and in the header count as `banner` and `header`."""
    body = SheetBody()
    body.skipped["banner"] = sum(1 for row in grid[: header.row] if _filled(row))
    body.skipped["header"] = 1
    seen: set[tuple[str, str]] = set()
    for index in range(header.row + 1, len(grid)):
        cells = _filled(grid[index])
        if cells:
            _tell_row(sheet, index, grid[index], cells, header, form, body, seen)
    body.skipped = +body.skipped
    return body


def _tell_row(
    sheet: str,
    index: int,
    row: list[Cell],
    cells: list[Cell],
    header: Header,
    form: WinterMap,
    body: SheetBody,
    seen: set[tuple[str, str]],
) -> None:
    code, name = clean_code(_text(row, header.code)), _text(row, header.name)
    has_data = bool(_filled(row[header.first_data :]))
    if not code and not name:
        _tell_uncoded_row(sheet, index, cells, header, body)
    elif sheet_key(name) in {sheet_key(national) for national in form.national_names}:
        body.national = index if body.national is None else body.national
        body.skipped["national_total"] += 1
    elif code in form.total_codes or re.fullmatch(form.region_code_pattern, code):
        body.regions.append(name or code)
        body.skipped["region_total"] += 1
    elif not has_data and not (name and _ODS_CODE.fullmatch(code)):
        _note(sheet, index, header.code, " ".join(filter(None, (code, name))), body)
    elif (code, name if not code else "") in seen:
        body.skipped["repeated_organisation"] += 1
        place = Place(sheet, index + 1, header.code + 1)
        body.findings.append(finding("ROW-001", place=place, value=code or name, org_code=code))
    else:
        seen.add((code, name if not code else ""))
        body.organisations.append(OrganisationRow(index, code, name))


def _tell_uncoded_row(
    sheet: str, index: int, cells: list[Cell], header: Header, body: SheetBody
) -> None:
    """A row of bare numbers is left over from the publisher's own look-ups; text is a note."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str)]
    if texts:
        _note(sheet, index, header.code, " ".join(texts), body)
    else:
        body.skipped["index_row"] += 1


def _note(sheet: str, index: int, column: int, text: str, body: SheetBody) -> None:
    body.skipped["note"] += 1
    place = Place(sheet, index + 1, column + 1)
    body.findings.append(finding("SHEET-004", place=place, value=text))


def _text(row: list[Cell], index: int) -> str:
    return cell_text(row[index]).strip() if index < len(row) else ""


def _filled(row: list[Cell]) -> list[Cell]:
    return [
        cell
        for cell in row
        if cell is not None and (cell.strip() if isinstance(cell, str) else True)
    ]
