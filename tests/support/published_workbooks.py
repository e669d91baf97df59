"""Workbooks for acceptance tests.

Nothing here uses the pipeline's own reader: a published workbook is changed by editing the XML
of its sheets, and a small one is written cell by cell.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

Value = str | int | float | bool | date | None
Grid = Sequence[Sequence[Value]]

_SHEET = re.compile(r'<sheet name="([^"]*)"[^>]*r:id="([^"]*)"')
_TARGET = re.compile(r'<Relationship Id="([^"]*)"[^>]*Target="([^"]*)"')


def change_cells(
    source: Path, target: Path, changes: Mapping[tuple[str, str], str | float | None]
) -> Path:
    """`target` is the workbook `source` with other values in some cells that it already has.

    `changes` gives (sheet, cell such as 'F18') → a number, a text or None for a blank.
    """
    wanted: dict[str, dict[str, str | float | None]] = {}
    for (sheet, cell), value in changes.items():
        wanted.setdefault(sheet, {})[cell] = value
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as new:
        paths = _sheet_paths(old)
        edits = {paths[sheet]: cells for sheet, cells in wanted.items()}
        for name in old.namelist():
            content = old.read(name)
            if name in edits:
                content = _edit(content.decode("utf-8"), edits[name]).encode("utf-8")
            new.writestr(name, content)
    return target


def hide_sheet(source: Path, target: Path, sheet: str) -> Path:
    """`target` is the workbook `source` with that sheet hidden."""
    name = f'<sheet name="{escape(sheet)}" '
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as new:
        for entry in old.namelist():
            content = old.read(entry)
            if entry == "xl/workbook.xml":
                assert name.encode() in content, sheet
                content = content.replace(name.encode(), f'{name}state="hidden" '.encode())
            new.writestr(entry, content)
    return target


def write_sheets(path: Path, sheets: Mapping[str, Grid], hidden: Sequence[str] = ()) -> Path:
    """A workbook with these sheets, each a list of rows from A1 on; dates are Excel dates."""
    options = {"default_date_format": "dd/mm/yyyy", "strings_to_formulas": False}
    book = xlsxwriter.Workbook(str(path), options | {"strings_to_urls": False})
    book.set_properties({"created": datetime(2019, 3, 7)})
    for name, grid in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for row, cells in enumerate(grid):
            for column, value in enumerate(cells):
                if value is not None:
                    sheet.write(row, column, value)
    book.close()
    return path


def block_sheet(
    headings: Sequence[str],
    days: Sequence[date],
    figures: Mapping[str, Sequence[Value]],
    england: Sequence[Value] | None = None,
) -> list[list[Value]]:
    """A sheet of several measures: dates over blocks, a header, England, a row for each code.

    Dates stand in row 1, the header in row 2, figures from column C on.
    """
    blanks: list[Value] = [None] * (len(headings) - 1)
    dates: list[Value] = [None, None]
    for day in days:
        dates += [day, *blanks]
    header: list[Value] = ["Code", "Name", *(list(headings) * len(days))]
    rows = [dates, header]
    if england is not None:
        rows.append(["-", "ENGLAND", *england])
    return rows + [[code, f"Trust {code}", *values] for code, values in figures.items()]


def day_sheet(
    days: Sequence[Value],
    figures: Mapping[str, Sequence[Value]],
    england: Sequence[Value] | None = None,
) -> list[list[Value]]:
    """A sheet of one measure: dates in the header (row 1), England, a row for each code."""
    rows: list[list[Value]] = [["Code", "Name", *days]]
    if england is not None:
        rows.append(["-", "ENGLAND", *england])
    return rows + [[code, f"Trust {code}", *values] for code, values in figures.items()]


def encrypt(source: Path, target: Path, password: str) -> Path:
    """`target` is the workbook `source` behind a password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    sealed = BytesIO()
    with source.open("rb") as stream:
        OOXMLFile(stream).encrypt(password, sealed)
    target.write_bytes(sealed.getvalue())
    return target


def _sheet_paths(archive: ZipFile) -> dict[str, str]:
    """Name of each sheet → the archive's entry that holds it."""
    relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    targets = {found[1]: f"xl/{found[2]}" for found in _TARGET.finditer(relations)}
    book = archive.read("xl/workbook.xml").decode("utf-8")
    return {found[1].replace("&amp;", "&"): targets[found[2]] for found in _SHEET.finditer(book)}


def _edit(sheet: str, cells: Mapping[str, str | float | None]) -> str:
    """The sheet's XML with those cells changed; raises `KeyError` for a cell that it lacks."""
    missing = set(cells)

    def replace(found: re.Match[str]) -> str:
        reference = found["cell"]
        if reference not in cells:
            return found[0]
        missing.discard(reference)
        value = cells[reference]
        start = f'<c r="{reference}"{_without_type(found["rest"])}'
        if value is None:
            return f"{start}/>"
        if isinstance(value, str):
            return f'{start} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        return f"{start}><v>{value!r}</v></c>"

    edited = re.sub(r'<c r="(?P<cell>[A-Z]+[0-9]+)"(?P<rest>[^>]*?)(?:/>|>.*?</c>)', replace, sheet)
    if missing:
        raise KeyError(f"no such cells: {sorted(missing)}")
    return edited


def _without_type(attributes: str) -> str:
    return re.sub(r' t="[^"]*"', "", attributes)
