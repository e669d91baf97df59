"""Writes a large table as Parquet so that the next publication need not write all of it again.

Each row group has whole parts, as slots or moments of loads. A row group of the publication before
whose parts are as they were is taken over byte by byte, which takes a twentieth of the time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.publish.parquet_footer import (
    MAGIC,
    Footer,
    RowGroup,
    UnreadableFooter,
    footer_bytes,
    moved,
    read_footer,
)
from warehouse.store import literals
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

LEAST_ROWS = 100_000
"""A smaller table is written in less time than its row groups are compared."""
ROWS_OF_A_GROUP = 40_000
"""Enough to compress well, and few to write again: two days of England."""
_FOLDER = Path(__file__).parent

Part = date | datetime
"""A day, or a stored time."""


@dataclass(frozen=True)
class KeptFile:
    """The file of the publication before, and the parts that are not as they stand there."""

    file: Path
    kind: str
    """Type of the parts: DATE or TIMESTAMP."""
    differing: Sequence[Part]


@dataclass(frozen=True)
class _Piece:
    """A row group as it stands in a file, with its first and its last part."""

    file: Path
    footer: Footer
    first: Part
    last: Part
    group: RowGroup


def write_in_groups(
    connection: "duckdb.DuckDBPyConnection",
    table: str,
    part: str,
    target: Path,
    kept: KeptFile | None = None,
) -> None:
    """The table stands in the target as Parquet, in the order of its parts.

    Raises `UnreadableFooter` where row groups cannot be put together: a plain copy always can.
    """
    counted = connection.execute(
        f"SELECT {part}, count(*) FROM {table} GROUP BY {part} ORDER BY {part}"
    ).fetchall()
    pieces = list(_kept_pieces(connection, part, kept)) if kept else []
    try:
        for number, (first, last) in enumerate(_missing(counted, pieces)):
            piece = target.with_name(f".{target.stem}.{number}")
            ends = f"{literals.literal(first)} AND {literals.literal(last)}"
            connection.execute(
                f"COPY (FROM {table} WHERE {part} BETWEEN {ends}) "
                f"TO {literals.text(str(piece))} (FORMAT parquet, WRITE_BLOOM_FILTER false)"
            )
            footer = read_footer(piece)
            pieces += [_Piece(piece, footer, first, last, one) for one in footer.row_groups]
        if sum(one.group.rows for one in pieces) != sum(rows for _, rows in counted):
            raise UnreadableFooter(f"{table} has other rows than its row groups")
        _join(sorted(pieces, key=lambda one: one.first), target)
    finally:
        for left in target.parent.glob(f".{target.stem}.*"):
            left.unlink()


def _kept_pieces(
    connection: "duckdb.DuckDBPyConnection", part: str, kept: KeptFile
) -> Iterator[_Piece]:
    """The row groups of the file before that have whole parts, none of which differs.

    The last one grows until it is full.
    """
    footer = read_footer(kept.file)
    groups = footer.row_groups
    rows = connection.execute(
        render(_FOLDER, "row_group_parts", file=str(kept.file), part=part, kind=kept.kind)
    ).fetchall()
    for number, first, last in rows:
        is_whole = all(other == number or last < begin or end < first for other, begin, end in rows)
        is_growing = number == len(groups) - 1 and groups[number].rows < ROWS_OF_A_GROUP
        if is_whole and not is_growing and not any(first <= one <= last for one in kept.differing):
            yield _Piece(kept.file, footer, first, last, groups[number])


def _missing(
    counted: Sequence[tuple[Part, int]], pieces: Sequence[_Piece]
) -> Iterator[tuple[Part, Part]]:
    """The first and last part of each row group that is still to be written.

    None of them reaches over a piece that is there.
    """
    there = sorted(pieces, key=lambda one: one.first)
    place, rows = 0, 0
    first = last = None
    for part, count in counted:
        before = place
        while place < len(there) and there[place].last < part:
            place += 1
        is_there = place < len(there) and there[place].first <= part
        is_over = is_there or place != before or rows >= ROWS_OF_A_GROUP
        if first is not None and last is not None and is_over:
            yield first, last
            first = None
        if not is_there:
            first, rows = (part, count) if first is None else (first, rows + count)
            last = part
    if first is not None and last is not None:
        yield first, last


def _join(pieces: Sequence[_Piece], target: Path) -> None:
    """The target has the row groups in that order."""
    like = pieces[0].footer if pieces else None
    if like is None or any(one.footer.schema != like.schema for one in pieces):
        raise UnreadableFooter("there is no row group, or they have other columns")
    groups: list[RowGroup] = []
    with target.open("wb") as out:
        out.write(MAGIC)
        for number, piece in enumerate(pieces):
            groups.append(moved(piece.group, out.tell(), number))
            with piece.file.open("rb") as source:
                source.seek(piece.group.start)
                out.write(source.read(piece.group.end - piece.group.start))
        out.write(footer_bytes(like, groups))
