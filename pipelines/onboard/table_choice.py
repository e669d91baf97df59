"""Which table of a sample is meant, and which of its rows are its headings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.base.errors import UsageError
from pipelines.onboard.field_words import field_words
from pipelines.onboard.heading_match import HeadingMatcher, HeadingRead
from pipelines.onboard.open_questions import Answers
from pipelines.onboard.sample_tables import RawTable, Sample
from pipelines.parse.files.names import plain_name
from pipelines.parse.formats.tables.header import ROWS_LOOKED_AT
from pipelines.parse.formats.tables.two_headers import join_headings
from pipelines.registry.contract import Collection
from pipelines.registry.table_map import TOTALS

_LEAST_OF_A_SECOND = 3
"""A later row with so many headings is the header of another table."""
_PLACES = {"csv": "delimiter", "xlsx": "sheet", "json": "records"}

Row = Sequence[str | None]


@dataclass(frozen=True)
class ChosenTable:
    """A table whose headings are known."""

    raw: RawTable
    header_at: int
    """The row of the headings, or the lower one of two, counted from 0."""
    header_rows: int
    headings: tuple[HeadingRead, ...]
    rows: tuple[Row, ...]
    """The rows of data: without blank ones, repeated headings, notes and totals."""
    totals: tuple[str, ...]
    """What stands first in the lines of totals."""
    notes: tuple[tuple[int, str], ...] = ()
    """Texts that stand alone in their row below the headings, and where in it."""
    other_tables: tuple[str, ...] = ()
    """What else may be meant, or stands in the way, in words."""
    is_sure: bool = True
    """Whether nothing else may be meant; else nothing of it is read."""

    @property
    def columns_taken(self) -> frozenset[str]:
        """The columns that a heading surely means."""
        return frozenset(one.taken.column for one in self.headings if one.taken)

    def texts(self, at: int) -> list[str]:
        """The cells of that column of the table, without blank ones."""
        cells = [row[at] if at < len(row) else None for row in self.rows]
        return [cell for cell in cells if cell and cell.strip()]

    def cells(self, at: int) -> list[str]:
        """The cells of that column of the table, one for each row."""
        return [(row[at] if at < len(row) else None) or "" for row in self.rows]


def choose_table(
    sample: Sample, matcher: HeadingMatcher, contract: Collection, answers: Answers
) -> ChosenTable:
    """The table that has the collection's headings.

    Raises `UsageError` where none has one.
    """
    # What is asked of a table is asked once it is the one that is meant.
    aside = Answers(answers.given)
    read = [_with_header(raw, matcher, contract, aside) for raw in sample.tables]
    found = [one for one in read if one is not None]
    if not found:
        seen = [cell for row in sample.tables[0].rows[:3] for cell in row if cell and cell.strip()]
        raise UsageError(
            f"{sample.path.name} has no heading of '{contract.collection}' in its first "
            f"{ROWS_LOOKED_AT} rows. Found: {', '.join(map(repr, seen[:12]))}. Take a file of this "
            "collection, with its headings."
        )
    chosen = _chosen(sample, found, contract, answers)
    meant = _with_header(chosen.raw, matcher, contract, answers)
    assert meant is not None
    return meant if chosen.is_sure else _unsure(meant, chosen.other_tables)


def _chosen(
    sample: Sample, found: Sequence[ChosenTable], contract: Collection, answers: Answers
) -> ChosenTable:
    """Of tables with headings of the collection, the one that is meant."""
    best = max(found, key=lambda one: _worth(one, contract))
    if sample.kind == "csv":
        return best
    key = _PLACES[sample.kind]
    time = contract.time_column
    key_columns = frozenset(contract.key)
    rivals = [one for one in found if time in one.columns_taken and one.columns_taken - key_columns]
    by_place = {one.raw.place: one for one in found}
    if len(rivals) > 1 or key in answers.given:
        offered = by_place if key in answers.given else {one.raw.place: one for one in rivals}
        chosen = answers.ask(
            key,
            "table",
            f"More than one {'sheet' if key == 'sheet' else 'list of objects'} has these headings.",
            {place: f"the table at '{place}' is meant" for place in offered},
        )
        if chosen is not None:
            return by_place[chosen]
        return _unsure(best, tuple(by_place))
    return rivals[0] if rivals else best


def _unsure(table: ChosenTable, others: tuple[str, ...]) -> ChosenTable:
    return replace(table, other_tables=others, is_sure=False)


def _worth(table: ChosenTable, contract: Collection) -> tuple[int, int, int]:
    """Measures count before columns of the key, which may stand around a table, too."""
    taken = table.columns_taken
    return len(taken - frozenset(contract.key)), len(taken), -table.header_at


def _with_header(
    raw: RawTable, matcher: HeadingMatcher, contract: Collection, answers: Answers
) -> ChosenTable | None:
    """The table with its best header; None where no row has a heading of the collection."""
    looked_at = raw.rows[:1] if raw.kind == "json" else raw.rows[:ROWS_LOOKED_AT]
    best: ChosenTable | None = None
    for at, row in enumerate(looked_at):
        single = _read_row(row, matcher, raw.kind == "json")
        options = [(1, single)]
        if at and _is_group_row(raw.rows[at - 1]):
            joined = join_headings(_plain(raw.rows[at - 1]), _plain(row))
            options.append((2, _read_row(joined, matcher, is_joined=True)))
        for rows, headings in options:
            taken = {one.taken.column for one in headings if one.taken}
            worth = (len(taken), rows)
            if taken and (best is None or worth > (len(best.columns_taken), best.header_rows)):
                best = ChosenTable(raw, at, rows, headings, (), ())
    if best is None:
        return None
    return _with_rows(_doubted(best, matcher, answers), matcher)


def _doubted(table: ChosenTable, matcher: HeadingMatcher, answers: Answers) -> ChosenTable:
    """The table; not sure where a row of groups stands over headings that are read without it."""
    above = table.raw.rows[table.header_at - 1] if table.header_at else ()
    if table.header_rows == 2 or table.raw.kind == "json" or not _is_group_row(above):
        return table
    text = "A row of words stands over the headings: " + ", ".join(filter(None, _plain(above)))
    chosen = answers.ask(
        "header_rows",
        "table",
        text,
        {"1": "the words above change nothing", "2": "each heading is both words together"},
    )
    if chosen == "2":
        joined = join_headings(_plain(above), _plain(table.raw.rows[table.header_at]))
        headings = _read_row(joined, matcher, is_joined=True)
        return ChosenTable(table.raw, table.header_at, 2, headings, (), ())
    return table if chosen else _unsure(table, ())


def _read_row(
    row: Row, matcher: HeadingMatcher, is_joined: bool = False
) -> tuple[HeadingRead, ...]:
    return tuple(
        matcher.read(at, cell.strip(), is_joined)
        for at, cell in enumerate(row)
        if cell and cell.strip()
    )


def _is_group_row(row: Row) -> bool:
    """Whether the row may name groups of the columns below: words in two places or more."""
    own = [cell for cell in row if cell and cell.strip()]
    return len(own) > 1 and all(any(map(str.isalpha, cell)) for cell in own)


def _plain(row: Row) -> list[str]:
    return [(cell or "").strip() for cell in row]


def _with_rows(table: ChosenTable, matcher: HeadingMatcher) -> ChosenTable:
    """The table with its rows of data, and what else stands below its header."""
    first = table.header_at - table.header_rows + 1
    headers = [_plain(row) for row in table.raw.rows[first : table.header_at + 1]]
    width = max((one.at for one in table.headings), default=0) + 1
    rows: list[Row] = []
    totals: dict[str, None] = {}
    others: list[str] = []
    notes: list[tuple[int, str]] = []
    for number, row in enumerate(table.raw.rows[table.header_at + 1 :], table.header_at + 2):
        cells = _plain(row)
        own = [cell for cell in cells[:width] if cell]
        if cells in headers:
            continue
        if len(own) < 2 < width and not is_total("".join(own)):
            notes += [(at, cell) for at, cell in enumerate(cells) if cell]
            continue
        if is_total(own[0] if own else ""):
            totals[own[0]] = None
            continue
        if table.raw.kind != "json" and _is_header(row, matcher):
            others.append(f"the headings in row {number}")
            break
        rows.append(row)
    return replace(
        table,
        rows=tuple(rows),
        totals=tuple(totals),
        notes=tuple(notes),
        other_tables=tuple(others) or table.other_tables,
        is_sure=table.is_sure and not others,
    )


def _is_header(row: Row, matcher: HeadingMatcher) -> bool:
    texts = [cell for cell in row if cell and any(map(str.isalpha, cell))]
    if len(texts) < _LEAST_OF_A_SECOND:
        return False
    taken = {one.taken.column for one in _read_row(texts, matcher) if one.taken}
    return len(taken) >= _LEAST_OF_A_SECOND


def is_total(text: str) -> bool:
    """Whether the first cell of a row says that it adds rows up."""
    if text.strip().casefold() in {name.casefold() for name in TOTALS}:
        return True
    words = set(plain_name(text).split())
    if not words or any(map(str.isdigit, text)):
        return False
    known = field_words()
    if words & {"total", "totals"}:
        return True
    return bool(words & set(known.total_words)) and words <= {
        *known.total_words,
        *known.whole_words,
    }
