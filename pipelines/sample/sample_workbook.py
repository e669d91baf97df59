"""Writes tables to an Excel workbook in the publisher's layout."""

from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from pipelines.sample.excel import CellFormat, Worksheet, WrittenBook, open_workbook
from pipelines.sample.headings import WARNING, write_headings, write_title_block
from pipelines.sample.layout import (
    FIRST_COLUMN,
    FIRST_TRUST_ROW,
    HEADER_ROW,
    Dialect,
    Sheet,
)
from pipelines.sample.styles import Styles
from pipelines.sample.table import Cell, ErrorCell, TableColumn
from pipelines.sample.trusts import Trust
from pipelines.sample.winter import Winter

ENGLAND_ROW = HEADER_ROW + 1
LOOKUP_ROW = HEADER_ROW + 2
MACROS = 12


@dataclass(frozen=True)
class Content:
    """Everything that one workbook shows."""

    dialect: Dialect
    winter: Winter
    trusts: list[Trust]
    tables: list[tuple[Sheet, list[TableColumn]]]


def save_workbook(content: Content, path: Path) -> Path:
    """`path` holds the workbook; its bytes depend on `content` alone."""
    book = open_workbook(path)
    made = datetime.combine(content.winter.published, time(9, 15))
    book.set_properties({"title": WARNING, "author": "sitrep sample", "created": made})
    styles = Styles(book)
    for sheet, columns in content.tables:
        _write_sheet(book.add_worksheet(sheet.name), styles, content, sheet, columns)
    if content.dialect.macro_sheet:
        book.define_name("Contact", f"='{content.tables[0][0].name}'!$C$11")
        _add_macro_sheet(book)
    book.close()
    return path


def _write_sheet(
    target: Worksheet,
    styles: Styles,
    content: Content,
    sheet: Sheet,
    columns: list[TableColumn],
) -> None:
    dialect = content.dialect
    target.freeze_panes(FIRST_TRUST_ROW, FIRST_COLUMN)
    for column, width in enumerate((2, 14, 42, 10, 62)):
        target.set_column(column, column, width)
    write_title_block(target, styles, sheet, dialect, content.winter)
    write_headings(target, styles, sheet, dialect, columns)
    _write_england(target, styles, content, columns)
    if sheet.kind in dialect.lookups_under_england:
        _write_lookups(target, styles, sheet, columns)
    _write_trusts(target, styles, content, sheet, columns)
    for row, note in enumerate(sheet.notes, FIRST_TRUST_ROW + len(content.trusts) + 1):
        if note:
            target.write_string(row, 1, note)


def _write_england(
    target: Worksheet, styles: Styles, content: Content, columns: list[TableColumn]
) -> None:
    """Row 16 is England's, by formula or as typed, with `-` for region and code."""
    target.merge_range(ENGLAND_ROW, 1, ENGLAND_ROW, 2, "-")
    target.write_string(ENGLAND_ROW, 3, "-")
    target.write_string(ENGLAND_ROW, 4, "ENGLAND")
    last = FIRST_TRUST_ROW + len(content.trusts)
    for at, column in enumerate(columns, FIRST_COLUMN):
        if column.typed or not content.dialect.england_by_formula:
            style = styles.share if column.column.share_of else styles.count
            target.write_number(ENGLAND_ROW, at, column.england, style)
            continue
        letters = _letters(at)
        cells = f"{letters}{FIRST_TRUST_ROW + 1}:{letters}{last}"
        if column.column.measure == "opel_level":
            target.write_array_formula(
                ENGLAND_ROW,
                at,
                ENGLAND_ROW,
                at,
                f"{{=SUM(IF({cells}<>0,1,0))}}",
                styles.count,
                column.england,
            )
        else:
            target.write_formula(ENGLAND_ROW, at, f"=SUM({cells})", styles.count, column.england)


def _write_lookups(
    target: Worksheet, styles: Styles, sheet: Sheet, columns: list[TableColumn]
) -> None:
    """Row 17 holds left-over lookup indexes in white, some of them beyond the table."""
    target.set_row(LOOKUP_ROW, 6.75)
    week = 7 * len(sheet.columns)
    for index in range(len(columns) + sheet.left_over_lookups):
        at = FIRST_COLUMN + index
        beyond = index >= len(columns)
        number = at - 1 if beyond else 3 + index % week
        target.write_number(LOOKUP_ROW, at, number, styles.white)


def _write_trusts(
    target: Worksheet,
    styles: Styles,
    content: Content,
    sheet: Sheet,
    columns: list[TableColumn],
) -> None:
    """One row per trust, from row 18."""
    starred = len(content.trusts) // 3 if sheet.starred else None
    formats = [styles.share if c.column.share_of else styles.count for c in columns]
    for index, trust in enumerate(content.trusts):
        row = FIRST_TRUST_ROW + index
        code = f"{trust.code}*" if index == starred else trust.code
        target.write_string(row, 1, trust.region)
        target.write_string(row, 3, code)
        target.write_string(row, 4, _name(trust, content.dialect))
        for at, column in enumerate(columns, FIRST_COLUMN):
            style = formats[at - FIRST_COLUMN]
            _write_cell(target, row, at, column.cells[index], style)


def _write_cell(target: Worksheet, row: int, column: int, cell: Cell, style: CellFormat) -> None:
    if isinstance(cell, int | float):
        target.write_number(row, column, cell, style)
    elif isinstance(cell, ErrorCell):
        share = f"={_letters(column - 1)}{row + 1}/{_letters(column - 2)}{row + 1}"
        target.write_formula(row, column, share, style, cell.value)
    else:
        target.write_string(row, column, cell, style)


def _add_macro_sheet(book: WrittenBook) -> None:
    """A sheet that Excel does not offer to show, with the names of old macros."""
    target = book.add_worksheet("Macro1")
    target.very_hidden()
    for row in range(0, 36, 7):
        for column in range(MACROS):
            number = 1 + column + MACROS * row // 7
            target.write_string(row, column, f"Macro{number}")


def _name(trust: Trust, dialect: Dialect) -> str:
    if not dialect.capital_small_words:
        return trust.name
    return " ".join(word[:1].upper() + word[1:] for word in trust.name.split(" "))


def _letters(column: int) -> str:
    """The name of a column counted from 0: `A`, `Z`, `AA`."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
