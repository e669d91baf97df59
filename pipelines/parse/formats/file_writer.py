"""Writes files as providers send them, for those that are simulated.

A cell is what its format needs to write it at once: text with its quotes, JSON source, or a
value of a workbook.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pipelines.registry.table_map import TableMap

Cell = Any
"""What one format writes for one value: `str` in text and JSON, a plain value in a workbook."""

Row = Sequence[Cell]


class FileWriter(ABC):
    """Writes the tables of a feed; writers that are equal write the same cells."""

    def __init__(self, form: TableMap, habits: tuple[str, ...] = ()) -> None:
        """`habits` are what cells depend on, beside the writer's class."""
        self.form = form
        self._habits = habits

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._habits == getattr(other, "_habits", None)

    def __hash__(self) -> int:
        return hash((type(self), self._habits))

    @abstractmethod
    def text(self, text: str) -> Cell:
        """The cell that says the text."""

    @abstractmethod
    def number(self, value: float) -> Cell:
        """The cell of a number."""

    def day(self, day: date) -> Cell:
        """The cell of a day for which the feed has no form of its own."""
        return self.text(day.isoformat())

    def time(self, time: datetime) -> Cell:
        """The cell of a time without an offset for which the feed has no form of its own."""
        return self.text(time.isoformat(timespec="seconds"))

    @abstractmethod
    def write(
        self, headings: Sequence[str], rows: Sequence[Row], total: Row | None, made_at: datetime
    ) -> bytes:
        """The whole file: a row of cells under the headings for each of `rows`, then the total."""

    def header_rows(self, headings: Sequence[str]) -> list[list[str]]:
        """The rows of the headings: of two, 'Arrivals' of 'Arrivals: number' stands above."""
        count = self.form.header_rows
        parts = [heading.split(": ", count - 1) for heading in headings]
        whole = [[*own, *[""] * (count - len(own))] for own in parts]
        return [[own[level] for own in whole] for level in range(count)]

    @property
    def total_name(self) -> str | None:
        """What stands first in the total line; None where the feed does not name it itself."""
        is_named = "total_names" in self.form.model_fields_set
        return self.form.total_names[0] if is_named else None

    def spoil(self, content: bytes, chance: float) -> bytes:
        """The file, broken so that it is not of its format any more; `chance` says how."""
        return content[: len(content) * 3 // 5]


def number_text(value: float) -> str:
    """The number as people write it: no point where it is whole, else at most three decimals."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() else repr(round(value, 3))
