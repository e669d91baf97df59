"""Columns behind the last heading that have none themselves.

A row with more cells than headings may be shifted: an unquoted comma in a name moves each figure to
the right, so such a row is kept out. Where most rows have a cell there, and the header leaves room
for it, it is a column that somebody added without a heading: told, and the rows are read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.findings.finding import Finding, Place, finding

_MOST_OF = 0.5
"""A column of more than half of the rows is one; shifted rows are few."""


@dataclass(frozen=True, slots=True)
class UnnamedColumns:
    """How many values stand in each column without a heading, by its place from 0."""

    counts: dict[int, int]
    width: int

    def still_odd(self, at: Sequence[int], rows: Sequence[Sequence[str]]) -> list[int]:
        """Those of the rows that have other cells beyond, or too few."""
        return [row for row in at if self._is_odd(rows[row])]

    def _is_odd(self, row: Sequence[str]) -> bool:
        beyond = (at for at in range(self.width, len(row)) if row[at].strip())
        return any(at not in self.counts for at in beyond)

    def tell(self, sheet: str | None, header_row: int) -> Iterator[Finding]:
        """What is said of each of them."""
        for at, count in self.counts.items():
            yield finding("HEAD-003", place=Place(sheet, header_row, at + 1), count=count)


def find_unnamed(
    rows: Sequence[Sequence[str]], width: int, header: Sequence[str]
) -> UnnamedColumns | None:
    """The columns behind `width` that the header has blank cells for; None without any."""
    counts = {at: 0 for at in range(width, len(header))}
    if not counts:
        return None
    for row in rows:
        for at in counts:
            counts[at] += at < len(row) and bool(row[at].strip())
    found = {at: count for at, count in counts.items() if count > _MOST_OF * len(rows)}
    return UnnamedColumns(found, width) if found else None
