"""Rows of one file that are the same, cell by cell: each counts once.

An export that was glued together, or a block that was pasted twice, says the same thing twice. Rows
of one key that differ in any cell, even in one that the feed does not read, are left as they are:
it is for the contract's rules to say what becomes of them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.formats.tables.header import Columns

REPEATED_ROW = "repeated_row"
"""The rule by which a row that says again what another says is no data."""
_MOST_TOLD = 10
"""Places that the warning names; the others are counted."""

_Cell = TypeVar("_Cell", str, str | None)
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class RepeatedRows:
    """`first[row]` is the first row that is the same; rows are counted from 0."""

    first: dict[int, int]

    def left_out_of(self, items: Iterable[_Item]) -> list[_Item]:
        """The items of rows that repeat no other, one item for each row."""
        return [item for row, item in enumerate(items) if row not in self.first]

    def moved(self, rows: Iterable[int], length: int) -> list[int]:
        """Where these rows, none of which is left out, stand among those that remain."""
        places = {row: at for at, row in enumerate(self.left_out_of(range(length)))}
        return [places[row] for row in rows]

    def tell(self, numbers: Sequence[int], sheet: str | None) -> Finding:
        """The one warning: how many there are, and where the first of them stand."""
        pairs = list(self.first.items())
        told = [f"row {numbers[row]} as row {numbers[first]}" for row, first in pairs[:_MOST_TOLD]]
        if len(pairs) > len(told):
            told.append(f"and {len(pairs) - len(told):,} more")
        place = Place(sheet, numbers[pairs[0][0]])
        return finding("ROW-004", place=place, value=", ".join(told), count=f"{len(pairs):,}")


def find_repeated(
    rows: Sequence[Sequence[_Cell]],
    columns: Columns,
    key: Collection[str],
    misfits: Iterable[Sequence[int]] = (),
) -> RepeatedRows | None:
    """The rows that repeat another of the same key; None where no key stands twice.

    Blanks around a cell, and after the last heading, do not count; that an object lacks a cell
    does. Rows that do not fit the header are left alone, so that none stands for a sound one.
    """
    at_key = [columns.at[name] for name in key if name in columns.at] + [*columns.time_at.values()]
    cells = [[(row[at] or "").strip() for row in rows] for at in at_key]
    keys = list(map(hash, zip(*cells, strict=True)))
    if len(set(keys)) == len(keys):
        return None
    counted, odd = Counter(keys), {row for own in misfits for row in own}
    seen: dict[tuple[str | None, ...], int] = {}
    first: dict[int, int] = {}
    for at, row in enumerate(rows):
        if counted[keys[at]] > 1 and at not in odd:
            own = row[: columns.width]
            same = tuple(None if cell is None else cell.strip() for cell in own)
            known = seen.setdefault(same, at)
            if known != at:
                first[at] = known
    return RepeatedRows(first) if first else None
