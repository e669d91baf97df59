"""Headings that stand in two or three rows: groups above, what is counted of each below."""

from collections.abc import Iterator, Sequence

from pipelines.parse.formats.tables.header import ROWS_LOOKED_AT, Columns, FoundHeader, Headings

Row = Sequence[str]


def join_headings(*rows: Row) -> list[str]:
    """One heading for each column, such as 'Ambulance arrivals: number'.

    The upper rows are filled to the right, as merged cells show them, and each only as far as the
    cell above it goes. A cell with nothing below it stands for itself.
    """
    groups = [""] * (len(rows) - 1)
    joined = []
    for at in range(max(map(len, rows))):
        own = [row[at].strip() if at < len(row) else "" for row in rows]
        for level, group in enumerate(own[:-1]):
            if group:
                groups[level:] = [group, *[""] * (len(groups) - level - 1)]
        lowest = max((level for level, cell in enumerate(own) if cell), default=0)
        joined.append(": ".join(filter(None, [*groups[:lowest], own[lowest]])))
    return joined


def find_joined(rows: Sequence[Row], headings: Headings, together: int = 2) -> FoundHeader | None:
    """The first rows, so many `together`, that have the whole key; None where none have.

    Where the key is merged over all of them, the upper ones have it with the row above, too: then
    the next ones count, as they have more.
    """
    best: FoundHeader | None = None
    for at, cells in joined_rows(rows, together):
        columns = headings.find(cells)
        found = FoundHeader(at, columns, first=at - together + 1) if columns else None
        if best is not None and (found is None or len(found.columns.at) <= len(best.columns.at)):
            return best
        best = found
    return best


def joined_rows(rows: Sequence[Row], together: int = 2) -> Iterator[tuple[int, list[str]]]:
    """Each row that may be the lowest one of so many, and all of them joined."""
    for at in range(together - 1, min(len(rows), ROWS_LOOKED_AT)):
        yield at, join_headings(*rows[at - together + 1 : at + 1])


def split_key_rows(rows: Sequence[Row], headings: Headings) -> int | None:
    """The lower of two rows that have the whole key between them, which neither has alone."""
    for at, cells in joined_rows(rows):
        if headings.find([*rows[at - 1], *rows[at], *cells]) is not None:
            return at
    return None


def other_heading(rows: Sequence[Row], at: int, columns: Columns, key: Sequence[str]) -> str | None:
    """What makes it likely that the header at that row is one of two; None where nothing does.

    It is a text over a heading that is not known, or one under it where the key has none.
    """
    strange = [place for place, _ in (*columns.unknown, *columns.repeated)]
    if at:
        above = rows[at - 1]
        for place in strange:
            if 0 < place < len(above) and _has_letters(above[place]):
                return above[place].strip()
    below = rows[at + 1] if at + 1 < len(rows) else ()
    if any(place < len(below) and below[place].strip() for place in _places(columns, key)):
        return None
    for place, cell in enumerate(below):
        is_headed = place < len(rows[at]) and bool(rows[at][place].strip())
        if _has_letters(cell) and (place in strange or not is_headed):
            return cell.strip()
    return None


def _places(columns: Columns, key: Sequence[str]) -> list[int]:
    return [columns.at[name] for name in key if name in columns.at]


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))
