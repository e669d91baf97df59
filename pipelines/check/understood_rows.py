"""The first rows: each cell as it was sent beside what it is understood as."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.check.checked import CellChecked


@dataclass(frozen=True, slots=True)
class RowUnderstood:
    """The cells of one row of data."""

    number: int
    cells: Sequence[CellChecked]


def rows_understood(cells: Sequence[CellChecked]) -> list[RowUnderstood]:
    """The cells by row, in their order."""
    rows: dict[int, list[CellChecked]] = {}
    for one in cells:
        rows.setdefault(one.row, []).append(one)
    return [RowUnderstood(number, own) for number, own in rows.items()]


def value_told(value: Any) -> str:
    """A value as the tables hold it; times are UTC."""
    if value is None:
        return "(no value)"
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)


def number_told(value: float) -> str:
    """A number with thousands apart, and no more digits than it has, at most two."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")
