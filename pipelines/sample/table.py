"""From figures to the cells of one sheet's table, before any workbook exists."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from pipelines.sample.layout import SampleColumn, Sheet, SheetKind
from pipelines.sample.sample_figures import Figures
from pipelines.sample.warts import EnglandError
from pipelines.sample.winter import Winter, pressure_spans


class ErrorCell(Enum):
    """A cell that Excel shows as an error, unlike a text that merely looks like one."""

    DIVISION_BY_ZERO = "#DIV/0!"


Cell = int | float | str | ErrorCell

NO_SHARE = "-"
"""What stands for the share of nothing, except at the winter's end:"""

NO_SHARE_FROM_THE_END: dict[int, Cell] = {1: ErrorCell.DIVISION_BY_ZERO, 2: "#DIV/0!"}
"""On the last day a real error, on the one before an error pasted as text."""


@dataclass(frozen=True)
class TableColumn:
    """One column of a table: its heading, England's cell and the trusts' cells."""

    column: SampleColumn
    day: int
    heading: date | str
    label: str
    england: int | float
    typed: bool
    """England's cell was typed in, and is not the formula of its neighbours."""
    cells: list[Cell]


def tabulate(
    sheet: Sheet, winter: Winter, figures: Figures, error: EnglandError | None
) -> list[TableColumn]:
    """The columns of `sheet`, from left to right.

    England's cell is the sum of the trusts' numbers; for pressures the number of trusts
    whose cell is not 0; for a rate the ratio of the sums. `error` is added to one.
    """
    if sheet.kind is SheetKind.PRESSURES:
        (column,) = sheet.columns
        return [_count(column, span.first, span.label, figures) for span in pressure_spans(winter)]
    return [
        _rate(column, day, winter, figures)
        if column.share_of
        else _sum(sheet, column, day, winter, figures, error)
        for day in range(winter.length)
        for column in sheet.columns
    ]


def _sum(
    sheet: Sheet,
    column: SampleColumn,
    day: int,
    winter: Winter,
    figures: Figures,
    error: EnglandError | None,
) -> TableColumn:
    cells: list[Cell] = [t[day] for t in figures[column.measure]]
    england = sum(cell for cell in cells if isinstance(cell, int))
    wrong = error is not None and (error.measure, error.day) == (column.measure, day)
    if error is not None and wrong:
        england += error.excess
    label = sheet.label(column, day, winter.length)
    return TableColumn(column, day, winter.days[day], label, england, wrong, cells)


def _count(column: SampleColumn, day: int, heading: date | str, figures: Figures) -> TableColumn:
    cells: list[Cell] = [t[day] for t in figures[column.measure]]
    england = sum(1 for cell in cells if cell != 0)
    return TableColumn(column, day, heading, "", england, False, cells)


def _rate(column: SampleColumn, day: int, winter: Winter, figures: Figures) -> TableColumn:
    """Each trust's share, and England's; a share of nothing is no number."""
    parts = [_number(t[day]) for t in figures[column.measure]]
    wholes = [_number(t[day]) for t in figures[column.share_of]]
    none = NO_SHARE_FROM_THE_END.get(winter.length - day, NO_SHARE)
    cells: list[Cell] = [
        part / whole if whole else none for part, whole in zip(parts, wholes, strict=True)
    ]
    england = sum(parts) / sum(wholes) if sum(wholes) else 0
    heading = winter.days[day]
    return TableColumn(column, day, heading, column.label, england, False, cells)


def _number(figure: int | str) -> int:
    return figure if isinstance(figure, int) else 0
