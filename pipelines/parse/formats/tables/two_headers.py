"""Headings that stand in two rows: groups above, what is counted of each below."""

from collections.abc import Iterator, Sequence

from pipelines.parse.formats.tables.header import ROWS_LOOKED_AT, Columns, FoundHeader, Headings

Row = Sequence[str]


def join_headings(upper: Row, lower: Row) -> list[str]:
    """One heading for each column, such as 'Ambulance arrivals: number'.

    The upper row is filled to the right, as a merged cell shows it. A cell of the upper row with
    nothing below it stands for itself.
    """
    group = ""
    joined = []
    for at in range(max(len(upper), len(lower))):
        own = upper[at].strip() if at < len(upper) else ""
        name = lower[at].strip() if at < len(lower) else ""
        group = own or group
        joined.append(f"{group}: {name}" if group and name else own or name)
    return joined


def find_joined(rows: Sequence[Row], headings: Headings) -> FoundHeader | None:
    """The first two rows that have the whole key together; None where no two have.

    Where the key is merged over both rows, the upper one has it with the row above, too: then the
    next two count, as they have more.
    """
    best: FoundHeader | None = None
    for at, cells in joined_rows(rows):
        columns = headings.find(cells)
        if best is not None:
            is_more = columns is not None and len(columns.at) > len(best.columns.at)
            return FoundHeader(at, columns, first=at - 1) if columns and is_more else best
        if columns is not None:
            best = FoundHeader(at, columns, first=at - 1)
    return best


def joined_rows(rows: Sequence[Row]) -> Iterator[tuple[int, list[str]]]:
    """Each row that may be the lower one of two, and both joined."""
    for at in range(1, min(len(rows), ROWS_LOOKED_AT)):
        yield at, join_headings(rows[at - 1], rows[at])


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
