"""What a format reader gives: text cells by column, each with the place it stands at."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from pipelines.findings import Finding, Place


@dataclass(frozen=True)
class CellColumn:
    """One column of n rows: the original text (None where no cell is) and its place.

    `sheet` indexes `ParsedRows.sheet_names`; `row` and `column` count from 1.
    """

    text: npt.NDArray[np.object_]
    sheet: npt.NDArray[np.int16]
    row: npt.NDArray[np.int32]
    column: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PublishedTotal:
    """A national figure that a file states itself, to reconcile against."""

    column_name: str
    report_date: date
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What one sheet held: every row that is not blank is counted once."""

    sheet: str
    organisations: int
    days: int
    measures: tuple[str, ...]
    skipped_rows: dict[str, int]


@dataclass(frozen=True)
class ParsedRows:
    """One submission as text: n rows, a `CellColumn` for each column that the file carries."""

    cells: dict[str, CellColumn]
    sheet_names: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    totals: list[PublishedTotal] = field(default_factory=list)
    sheets: list[SheetReport] = field(default_factory=list)
    nothing_expected: bool = False

    def __len__(self) -> int:
        return next((len(column.text) for column in self.cells.values()), 0)

    def place(self, row: int, column_name: str) -> Place:
        """Where the cell of that row and column stands in the file."""
        cells = self.cells[column_name]
        if cells.row[row] == 0:
            return Place()
        sheet = self.sheet_names[cells.sheet[row]]
        return Place(sheet, int(cells.row[row]), int(cells.column[row]))
