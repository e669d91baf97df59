"""What a format reader gives: text cells by column, each with the place it stands at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

from pipelines.findings.finding import Finding, Place

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Texts = Sequence[str | None]
"""The cells of one column: the original text, None where no cell is."""


class Places(Protocol):
    """Where the cells of a submission stand in its file."""

    def place(self, row: int, column_name: str) -> Place:
        """Where the cell of that row (counted from 0) and column stands."""

    def partly_carried(self) -> "Mapping[str, Sequence[bool] | npt.NDArray[np.bool_]]":
        """For columns that some rows have no cell of, which rows have one.

        Only JSON and winter workbooks have such rows.
        """


@dataclass(frozen=True)
class CellPlaces:
    """Places cell by cell: `sheet` indexes `sheet_names`; rows and columns count from 1, 0 is none.

    Each of the three has n values for every column.
    """

    sheet_names: tuple[str, ...]
    sheet: "Mapping[str, npt.NDArray[np.int16]]"
    row: "Mapping[str, npt.NDArray[np.int32]]"
    column: "Mapping[str, npt.NDArray[np.int32]]"

    def place(self, row: int, column_name: str) -> Place:
        """The place of one cell; an empty one where the file has no such cell."""
        if column_name not in self.row or self.row[column_name][row] == 0:
            return Place()
        return Place(
            self.sheet_names[self.sheet[column_name][row]],
            int(self.row[column_name][row]),
            int(self.column[column_name][row]),
        )

    def partly_carried(self) -> "Mapping[str, npt.NDArray[np.bool_]]":
        """For every column which rows have a cell of it."""
        return {name: rows != 0 for name, rows in self.row.items()}


@dataclass(frozen=True, slots=True)
class PublishedTotal:
    """A national figure that a file states itself, to reconcile against."""

    column_name: str
    report_date: date | None
    text: str
    place: Place
    slot_text: str | None = None
    """How the row names its day or month, where the format leaves that to the column's type."""


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What one sheet held: every row that is not blank is counted once."""

    sheet: str
    organisations: int
    days: int
    measures: tuple[str, ...]
    skipped_rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with some rows, in their cells of that column where one is given."""

    code: str
    rows: Sequence[int]
    column_name: str | None = None
    text: str | None = None
    """What is told of the rows; None for the text of the cell."""


@dataclass(slots=True)
class ParsedRows:
    """One submission as text: n rows in the columns that the file carries."""

    texts: Mapping[str, Texts]
    places: Places
    length: int
    findings: list[Finding] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    totals: list[PublishedTotal] = field(default_factory=list)
    sheets: list[SheetReport] = field(default_factory=list)
    nothing_expected: bool = False

    def __len__(self) -> int:
        return self.length

    def place(self, row: int, column_name: str) -> Place:
        """Where the cell of that row and column stands in the file."""
        return self.places.place(row, column_name)

    def text(self, row: int, column_name: str) -> str | None:
        """The text of one cell, None where the file has no such column."""
        return self.texts[column_name][row] if column_name in self.texts else None
