"""What stands above the figures of a sheet: title block, dates, labels.

Every function writes whole rows from top to bottom, as constant-memory mode demands.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from pipelines.sample.excel import CellFormat, Worksheet
from pipelines.sample.layout import FIRST_COLUMN, HEADER_ROW, Dialect, Sheet, SheetKind
from pipelines.sample.styles import Styles
from pipelines.sample.table import TableColumn
from pipelines.sample.winter import Winter, pressure_spans, write_out

WARNING = "SAMPLE: invented numbers"
VARIABLE_ROW, SECOND_DAY_ROW, DAY_ROW = HEADER_ROW - 3, HEADER_ROW - 2, HEADER_ROW - 1

# In a workbook with helper rows, this week before the end they were not filled in.
WEEK_WITHOUT_HELPERS = (20, 14)
VARIABLE_REPEATS = 6


def write_title_block(
    target: Worksheet, styles: Styles, sheet: Sheet, dialect: Dialect, winter: Winter
) -> None:
    """Rows 2 to 11 tell what the sheet is, in columns B and C."""
    title = f"Daily Hospital Situation Report - {sheet.title} ({WARNING})"
    lines: dict[int, tuple[str, str]] = {
        1: ("Title:", title),
        2: ("Summary:", f"{WARNING}, in the layout of the published daily SITREPs"),
        4: ("Period:", _period(sheet, dialect, winter)),
        5: ("Source:", "Made up by `sitrep sample`"),
        6: ("Basis:", "Provider"),
        7: ("Published:", write_out(winter.published)),
        8: ("Revised:", "-"),
        9: ("Status:", "Sample"),
        10: ("Contact:", "sitrep.sample@example.org"),
    }
    for row, (name, text) in lines.items():
        target.write_string(row, 1, name, styles.heading)
        if row == 1:
            target.write_string(row, 2, text, styles.heading)
            _write_variable_above(target, styles, sheet, dialect)
        elif row == 2:
            target.merge_range(row, 2, row, 4, text)
        elif row == 7 and dialect.published_is_a_date:
            target.write_datetime(row, 2, winter.published, styles.day)
        elif row == 10 and sheet.kind is SheetKind.PRESSURES:
            target.write_formula(row, 2, "=Contact", None, text)
        else:
            target.write_string(row, 2, text)


def write_headings(
    target: Worksheet,
    styles: Styles,
    sheet: Sheet,
    dialect: Dialect,
    columns: list[TableColumn],
) -> None:
    """Rows 12 to 15 hold the days and labels, and helper cells in white."""
    in_blocks = sheet.kind is SheetKind.MEASURES
    helped = list(_columns_with_helpers(columns)) if in_blocks else []
    if dialect.variable_codes:
        for at, column in helped:
            target.write_string(VARIABLE_ROW, at, column.column.variable, styles.white)
    target.merge_range(SECOND_DAY_ROW, 1, SECOND_DAY_ROW, 4, "Provider Level Data", styles.heading)
    if dialect.variable_codes:
        for at, column in helped:
            _write_day(target, SECOND_DAY_ROW, at, column.heading, styles.white_day)
    if in_blocks:
        _write_day_blocks(target, styles, columns)
    _write_labels(target, styles, columns)


def _write_labels(target: Worksheet, styles: Styles, columns: list[TableColumn]) -> None:
    """Row 15 names the columns: by measure, or by day where there is but one measure."""
    target.merge_range(HEADER_ROW, 1, HEADER_ROW, 2, "NHS England Region", styles.heading)
    target.write_string(HEADER_ROW, 3, "Code", styles.heading)
    target.write_string(HEADER_ROW, 4, "Name", styles.heading)
    for at, column in enumerate(columns, FIRST_COLUMN):
        label = column.label or column.heading
        _write_day(target, HEADER_ROW, at, label, styles.day)


def _write_day_blocks(target: Worksheet, styles: Styles, columns: list[TableColumn]) -> None:
    """Row 14 holds each day once, over all columns of that day."""
    numbered = enumerate(columns, FIRST_COLUMN)
    for heading, block in groupby(numbered, key=lambda pair: pair[1].heading):
        places = [at for at, _ in block]
        target.merge_range(DAY_ROW, places[0], DAY_ROW, places[-1], "", styles.day_block)
        _write_day(target, DAY_ROW, places[0], heading, styles.day_block)


def _columns_with_helpers(
    columns: list[TableColumn],
) -> Iterator[tuple[int, TableColumn]]:
    """Columns whose helper cells were filled in, with their places."""
    length = columns[-1].day + 1
    first, last = (length - back for back in WEEK_WITHOUT_HELPERS)
    for at, column in enumerate(columns, FIRST_COLUMN):
        if length < 2 * WEEK_WITHOUT_HELPERS[0] or not first <= column.day <= last:
            yield at, column


def _write_variable_above(
    target: Worksheet, styles: Styles, sheet: Sheet, dialect: Dialect
) -> None:
    """One measure's variable stands in white beside the title, once a week."""
    if dialect.variable_codes and sheet.kind is SheetKind.ONE_MEASURE:
        for week in range(VARIABLE_REPEATS):
            at = FIRST_COLUMN + 7 * week
            target.write_string(1, at, sheet.columns[0].variable, styles.white)


def _write_day(
    target: Worksheet, row: int, column: int, value: date | str, style: CellFormat
) -> None:
    if isinstance(value, str):
        target.write_string(row, column, value, style)
    else:
        target.write_datetime(row, column, value, style)


def _period(sheet: Sheet, dialect: Dialect, winter: Winter) -> str:
    """`1st December 2023 to 10th March 2024`; pressures end on their last column."""
    last = winter.last
    if sheet.kind is SheetKind.PRESSURES:
        last = winter.first + timedelta(days=pressure_spans(winter)[-1].last)
    return f"{write_out(winter.first)}{dialect.period_separator}{write_out(last)}"
