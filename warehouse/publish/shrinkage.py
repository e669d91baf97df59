"""Finds what a new publication would lose of the one before, beyond what its windows explain.

A warehouse that is missing, emptied, or replaced by an older copy gives a publication that is
complete and verified, and holds less. The number of rows in a file cannot tell that; the
publication before can. Decision 23 says what counts as a loss.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.publish.empty_tables import EARLIER, table_path
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.published_tables import TESTING, owner_of
from warehouse.publish.queries import NATIONAL_SLOT_DAYS, SUBMISSION_DAYS
from warehouse.store import literals
from warehouse.store.shape import Shape
from warehouse.store.sql import render
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb

LEAST_LOST_ROWS = 20
"""A file that is read again may take back some rows; 20 are two ambulance services for ten days."""
LEAST_LOST_PCT = 1
"""A day of a winter is 1% of it: less than that is a correction, more is looked at."""
_TOTAL, _BY_WHO, _BY_DAY = 3, 1, 2
"""What `grouping(who, day)` gives in `shrinkage.sql`."""
_MOST_NAMED = 5


@dataclass(frozen=True)
class Loss:
    """A table of which a publication would hold fewer rows than the one before."""

    table: str
    rows_before: int
    """Rows of the one before that lie in the new one's window."""
    rows_now: int
    gone: tuple[str, ...] = ()
    """Days, and organisations or collections, of which nothing is left."""

    @property
    def text(self) -> str:
        """The loss in one line, from–to."""
        line = f"{self.table}: {self.rows_before:,} → {self.rows_now:,} rows"
        if not self.gone or not self.rows_now:
            return line
        more = len(self.gone) - _MOST_NAMED
        named = ", ".join(self.gone[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
        return f"{line}; nothing is left of {named}"


@dataclass(frozen=True)
class _Guarded:
    """A table that is compared: queries for its rows then and now, and what it may lose."""

    table: str
    before: Callable[[], str]
    now: Callable[[], str]
    is_exact: bool = False
    """Whether a single lost row is a loss."""


def find_losses(
    connection: "duckdb.DuckDBPyConnection",
    shapes: Iterable[Shape],
    rows: Mapping[str, int],
    made_at: datetime,
    faults: Faults,
) -> tuple[Loss, ...]:
    """The losses of `publication`, whose tables have these rows, against `earlier`.

    A collection's national figures follow from its table, and are compared where that has not
    become smaller. A table that cannot be compared is a fault.
    """
    columns = _columns_of_earlier(connection)
    losses: dict[str, Loss] = {}
    smaller: list[str] = []
    for guarded in _collection_tables(shapes, made_at, columns):
        owner = owner_of(guarded.table)
        with costs_only(owner, faults):
            if _compare(connection, guarded, losses) > rows.get(guarded.table, 0):
                smaller.append(owner)
    for guarded in _other_tables(made_at, smaller):
        if guarded.table in columns:
            with costs_only(guarded.table, faults):
                _compare(connection, guarded, losses)
    for table in columns:
        if table not in losses and table not in rows and table not in _OF_THE_PRESENT:
            found = connection.execute(f"SELECT count(*) FROM {EARLIER}.{table_path(table)}")
            losses |= _emptied(table, found.fetchall()[0][0])
    return tuple(losses.values())


def _compare(
    connection: "duckdb.DuckDBPyConnection", guarded: _Guarded, losses: dict[str, Loss]
) -> int:
    """How many rows the table had in the window; what it lost is added to the losses."""
    sql = render(Path(__file__).parent, "shrinkage", before=guarded.before(), now=guarded.now())
    groups = connection.execute(sql).fetchall()
    if not groups:
        return 0
    before, now = int(groups[0][1]), int(groups[0][2])
    least = 0 if guarded.is_exact else LEAST_LOST_ROWS
    lost = max(
        sum(had - has for _, had, has, by_what in groups if by_what == kind)
        for kind in (_BY_WHO, _BY_DAY)
    )
    gone = tuple(
        name
        for name, had, has, by_what in groups
        if by_what != _TOTAL and name and not has and had > least
    )
    is_too_much = lost > least and (guarded.is_exact or lost * 100 > before * LEAST_LOST_PCT)
    if not now or gone or is_too_much:
        losses[guarded.table] = Loss(guarded.table, before, now, gone)
    return before


def _columns_of_earlier(connection: "duckdb.DuckDBPyConnection") -> dict[str, set[str]]:
    """The columns of each table of the publication before."""
    found = connection.execute(
        "SELECT schema_name, table_name, list(column_name) FROM duckdb_columns() "
        f"WHERE database_name = '{EARLIER}' GROUP BY ALL"
    ).fetchall()
    return {
        table if schema == "main" else f"{schema}.{table}": set(columns)
        for schema, table, columns in found
    }


def find_emptied(before: Mapping[str, int], rows: Mapping[str, int]) -> tuple[Loss, ...]:
    """The tables that had rows and have none, by the counts that `current.json` states.

    It is all that is known where the file of the publication before cannot be opened.
    """
    losses: dict[str, Loss] = {}
    for table, count in before.items():
        is_guarded = not table.startswith(f"{TESTING}.") and table not in _OF_THE_PRESENT
        if is_guarded and not rows.get(table):
            losses |= _emptied(table, count)
    return tuple(losses.values())


def _emptied(table: str, count: int) -> dict[str, Loss]:
    return {table: Loss(table, count, 0)} if count else {}


_OF_THE_PRESENT = ("slot_status", "feed_status", "coverage", "watch", "publication")
"""Tables that follow from the configuration and the clock; they may become smaller at any time."""


def _collection_tables(
    shapes: Iterable[Shape], made_at: datetime, columns: Mapping[str, set[str]]
) -> Iterator[_Guarded]:
    """The tables of collections that the publication before had under the same columns."""
    for shape in shapes:
        live, testing = shape.collection, f"{TESTING}.{shape.collection}"
        for table, other in ((live, testing), (testing, live)):
            if {shape.organisation_column, shape.time_column} <= columns.get(table, set()):
                yield _collection_table(shape, table, other, made_at)


def _collection_table(shape: Shape, name: str, other: str, made_at: datetime) -> _Guarded:

    def rows(database: str, moved: str | None) -> str:
        return render(
            Path(__file__).parent,
            "shrinkage_rows",
            organisation=shape.organisation_column,
            time=shape.time_column,
            window=shape.published_from(made_at),
            database=database,
            table=table_path(name),
            earlier=EARLIER,
            moved=moved,
        )

    return _Guarded(
        name,
        lambda: rows(EARLIER, None),
        lambda: rows("publication", table_path(other)),
    )


def _other_tables(made_at: datetime, smaller: Sequence[str]) -> Iterator[_Guarded]:
    intact = f"collection NOT IN {literals.texts(smaller)}" if smaller else "true"
    slots = _since("slot_start", made_at, NATIONAL_SLOT_DAYS)
    received = _since("received_at", made_at, SUBMISSION_DAYS)
    yield _plain("national_daily", "collection", "report_date", intact)
    yield _plain("national_slot", "collection", "slot_start", f"{slots} AND {intact}")
    yield _plain("organisation", "org_type", "NULL")
    # Ledger lines are never taken back: fewer of them mean an older or another warehouse.
    yield _plain("submission", "feed_id", "received_at", received, is_exact=True)


def _plain(
    table: str, who: str, time: str, condition: str = "true", *, is_exact: bool = False
) -> _Guarded:
    def rows(database: str) -> str:
        return (
            f"SELECT {who} AS who, {time}::DATE AS day "
            f"FROM {database}.{table_path(table)} WHERE {condition}"
        )

    return _Guarded(table, lambda: rows(EARLIER), lambda: rows("publication"), is_exact)


def _since(column: str, made_at: datetime, days: int) -> str:
    return f"{column} >= {literals.timestamp(as_stored(made_at - timedelta(days=days)))}"
