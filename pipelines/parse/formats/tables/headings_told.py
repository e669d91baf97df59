"""What a feed's tables should be headed, beside what a file has."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.base.likely import likely
from pipelines.findings.finding import Place
from pipelines.parse.formats.tables.header import Headings

_MOST_TOLD = 12
_MOST_SIGNS = 40
"""Headings that a message repeats, and signs of each."""


@dataclass(frozen=True, slots=True)
class HeadingTold:
    """A column of the collection, or a heading of the file that stands for none of them."""

    column: str | None
    expected: tuple[str, ...]
    found: str | None
    letter: str | None
    """Where it stands, as a spreadsheet names it."""
    likely: str | None = None
    """The heading that may be meant, where the column has none; or that is expected."""
    constant: str | None = None
    """What the feed file says in place of a heading."""


def headings_told(headings: Headings, cells: Sequence[str]) -> list[HeadingTold]:
    """A line for each column that a table may have, then one for each heading that means none."""
    found, unknown, _ = headings.match(cells)
    wanted = headings.expected
    left = [heading for _, heading in unknown]
    told = [
        HeadingTold(column, (), None, None, constant=constant)
        for column, constant in headings.constants.items()
    ]
    for column, expected in wanted.items():
        at = found.get(column)
        if at is not None:
            told.append(HeadingTold(column, expected, cells[at].strip(), _letter(at)))
        else:
            told.append(HeadingTold(column, expected, None, None, _meant(expected, left)))
    lacking = [one for column, own in wanted.items() if column not in found for one in own]
    for at, heading in unknown:
        meant = likely(heading, lacking)
        told.append(HeadingTold(None, (), heading, _letter(at), meant[0] if meant else None))
    return told


def expected_told(headings: Headings, column: str, unknown: Sequence[str]) -> str:
    """The headings that are expected for a column, with the unknown one that may be it."""
    expected = headings.expected.get(column, ())
    meant = _meant(expected, unknown)
    return f" (expected: {_listed(expected)}{f'; {_quoted(meant)} may be meant' if meant else ''})"


def found_told(headings: Headings, rows: Sequence[Sequence[str]], lacking: Sequence[str]) -> str:
    """What the row most like a header has, and what is expected for the columns that it lacks."""
    at, row = headings.most_like_a_header(rows)
    cells = [cell.strip() for cell in row if cell.strip()]
    if not cells:
        return ""
    unknown = [heading for _, heading in headings.match(row)[1]]
    wanted = "".join(
        f" For {name}{expected_told(headings, name, unknown)}." for name in lacking[:_MOST_TOLD]
    )
    return f" Found in row {at + 1}: {_listed(cells)}.{wanted}"


def _meant(expected: Sequence[str], unknown: Sequence[str]) -> str | None:
    """The unknown heading that is most like one of those that are expected."""
    for heading in expected:
        if found := likely(heading, unknown):
            return found[0]
    return None


def _listed(cells: Sequence[str]) -> str:
    told = ", ".join(map(_quoted, cells[:_MOST_TOLD]))
    return f"{told} and {len(cells) - _MOST_TOLD} more" if len(cells) > _MOST_TOLD else told


def _quoted(cell: str) -> str:
    return f"'{cell if len(cell) <= _MOST_SIGNS else cell[:_MOST_SIGNS] + '…'}'"


def _letter(at: int) -> str | None:
    return Place(column=at + 1).column_letter
