"""The rows of a file before their columns are known: text cells with their row numbers."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a sheet or of delimited text, the header somewhere among them."""

    rows: list[list[str]]
    sheet: str | None = None
    has_formulas: bool = False
    """Whether a cell has a formula without a stored result (`NO_RESULT`)."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects of a JSON file: their keys, and for each object its texts, None for a key it lacks.

    `numbers` has the line or the place of each object, from 1.
    """

    keys: tuple[str, ...]
    rows: list[list[str | None]]
    numbers: Sequence[int]
    is_whole: bool = True
    """Whether no text had half a character."""
    glued_at: int | None = None
    """The first line of a second export in the file, where one was found."""
    is_empty: bool = False
    """Whether the list has no entry at all, as where there was nothing to report."""
