"""Where the cells of one table stand in their file."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.findings.finding import Place


@dataclass(frozen=True, slots=True)
class TablePlaces:
    """Places in one table: the number of each row, and the number of each column."""

    sheet: str | None
    rows: Sequence[int]
    columns: dict[str, int]
    partly: dict[str, list[bool]] | None = None
    """Columns that some rows have no cell for."""

    def place(self, row: int, column_name: str) -> Place:
        """The place of one cell; the column is unknown for a constant and in JSON."""
        return Place(self.sheet, int(self.rows[row]), self.columns.get(column_name))

    def partly_carried(self) -> dict[str, list[bool]]:
        """For columns that some rows have no cell of, which rows have one."""
        return self.partly or {}
