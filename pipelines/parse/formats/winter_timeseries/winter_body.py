"""Tells what each row under the header is: an organisation, a total, a left-over, a note."""

import re
from collections import Counter
from dataclasses import dataclass, field

from pipelines.base.clean_code import clean_code
from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.files.workbook import Cell, Grid, cell_text
from pipelines.parse.formats.winter_timeseries.total_rows import TotalNames
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
    other_sums: list[tuple[str, str]] = field(default_factory=list)
    """Rule and name of each row that sums up other trusts than England's or a region's."""
    skipped: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=CappedFindings)


def read_body(sheet: str, grid: Grid, header: Header, form: WinterMap) -> SheetBody:
    """The rows of the sheet; those above and in the header count as `banner` and `header`."""
    body = SheetBody()
    body.skipped["banner"] = sum(1 for row in grid[: header.row] if _filled(row))
    body.skipped["header"] = 1
    reader = _BodyReader(sheet, header, form, TotalNames(form), body)
    for index in range(header.row + 1, len(grid)):
        cells = _filled(grid[index])
        if cells:
            reader.tell_row(index, grid[index], cells)
    body.skipped = +body.skipped
    return body


@dataclass
class _BodyReader:
    """Tells one sheet's rows apart, into its body."""

    sheet: str
    header: Header
    form: WinterMap
    names: TotalNames
    body: SheetBody
    seen: set[tuple[str, str]] = field(default_factory=set)

    def tell_row(self, index: int, row: list[Cell], cells: list[Cell]) -> None:
        """The row is in the body: as an organisation, or counted by why it is none."""
        header, form, body = self.header, self.form, self.body
        code, name = clean_code(_text(row, header.code)), _text(row, header.name)
        has_data = bool(_filled(row[header.first_data :]))
        if self._tell_total(index, row, code, name, has_data):
            return
        if not code and not name:
            _tell_uncoded_row(self.sheet, index, cells, header, body)
        elif re.fullmatch(form.region_code_pattern, code):
            self._skip_region(name or code)
        elif code in form.total_codes:
            # A sum over no region that is known: what it is a sum of is not told here.
            self._skip_sum("other_total", "SHEET-007", index, name or code)
        elif not has_data and not (name and _ODS_CODE.fullmatch(code)):
            _note(self.sheet, index, header.code, " ".join(filter(None, (code, name))), body)
        elif (code, name if not code else "") in self.seen:
            body.skipped["repeated_organisation"] += 1
            place = Place(self.sheet, index + 1, header.code + 1)
            body.findings.append(finding("ROW-001", place=place, value=code or name, org_code=code))
        else:
            self.seen.add((code, name if not code else ""))
            body.organisations.append(OrganisationRow(index, code, name))

    def _tell_total(
        self, index: int, row: list[Cell], code: str, name: str, has_data: bool
    ) -> bool:
        """Whether the row is a sum by its name, and then it is in the body."""
        label = name or code or _first_text(row[: self.header.first_data])
        told = self.names.tell(label) if label else None
        if told == "national":
            self._take_national(index, label)
        elif told == "national_part":
            self._skip_sum(told, "SHEET-006", index, label)
        elif told == "other_national" and has_data:
            self._skip_sum(told, "SHEET-007", index, label)
        elif told == "region" and has_data and not self._is_trust(code, name):
            self._skip_region(label)
        else:
            return False
        return True

    def _is_trust(self, code: str, name: str) -> bool:
        """Whether code and name stand where a trust has them."""
        is_region = re.fullmatch(self.form.region_code_pattern, code)
        return bool(name and _ODS_CODE.fullmatch(code)) and not is_region

    def _take_national(self, index: int, label: str) -> None:
        if self.body.national is None:
            self.body.national = index
        else:
            self._report("SHEET-008", index, label)
        self.body.skipped["national_total"] += 1

    def _skip_region(self, name: str) -> None:
        self.body.regions.append(name)
        self.body.skipped["region_total"] += 1

    def _skip_sum(self, rule: str, kind: str, index: int, label: str) -> None:
        self.body.other_sums.append((rule, label))
        self.body.skipped[rule] += 1
        self._report(kind, index, label)

    def _report(self, kind: str, index: int, label: str) -> None:
        place = Place(self.sheet, index + 1, self.header.name + 1)
        self.body.findings.append(finding(kind, place=place, value=label))


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


def _first_text(cells: list[Cell]) -> str:
    return next((cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()), "")


def _filled(row: list[Cell]) -> list[Cell]:
    return [
        cell
        for cell in row
        if cell is not None and (cell.strip() if isinstance(cell, str) else True)
    ]
