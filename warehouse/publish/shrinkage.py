"""Finds what a new publication would lose of the one before, beyond what its windows explain.

A warehouse that is missing, emptied, or replaced by an older copy gives a publication that is
complete and verified, and holds less. The number of rows in a file cannot tell that; the
publication before can. Decision 23 says what counts as a loss.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.marts.now.now import CHANGE, EXPECTED, NOW_TABLES
from warehouse.marts.shadow.scorecard import SCORECARD
from warehouse.publish.damaged_earlier import DamagedEarlier, comparing
from warehouse.publish.empty_tables import EARLIER, table_path
from warehouse.publish.kept_apart import Faults
from warehouse.publish.published_tables import REVISIONS, SCHEMAS, TESTING, owner_of
from warehouse.publish.queries import IN_CONTRACT, NATIONAL_SLOT_DAYS, SUBMISSION_DAYS
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
_LEDGER = "submission"
_NEWEST_SUBMISSIONS = 1000
"""More than come between two publications; to compare all would take longer than to publish."""


@dataclass(frozen=True)
class Loss:
    """A table of which a publication would hold fewer rows than the one before."""

    table: str
    rows_before: int
    """Rows of the one before that lie in the new one's window."""
    rows_now: int
    gone: tuple[str, ...] = ()
    """Days, organisations, collections or submissions of which nothing is left."""

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
    """A table that is compared, with queries for its rows then and now."""

    table: str
    before: Callable[[], str]
    now: Callable[[], str]


def find_losses(
    connection: "duckdb.DuckDBPyConnection",
    shapes: Iterable[Shape],
    rows: Mapping[str, int],
    made_at: datetime,
    faults: Faults,
    columns: Mapping[str, Collection[str]],
) -> tuple[Loss, ...] | None:
    """The losses of `publication`, whose tables have these rows, against `earlier`.

    None where the file of that one is damaged: what it held is not known then. `columns` are those
    of the tables of `earlier`. Only a table that has become smaller is compared group by group. A
    collection's national figures follow from its table, and are compared where that has not become
    smaller. A table that cannot be compared is a fault.
    """
    try:
        return _find_losses(connection, shapes, rows, made_at, faults, columns)
    except DamagedEarlier:
        logging.getLogger(__name__).exception("Only the numbers of rows can be compared")
        return None


def _find_losses(
    connection: "duckdb.DuckDBPyConnection",
    shapes: Iterable[Shape],
    rows: Mapping[str, int],
    made_at: datetime,
    faults: Faults,
    columns: Mapping[str, Collection[str]],
) -> tuple[Loss, ...]:
    losses: dict[str, Loss] = {}
    own = list(_collection_tables(shapes, made_at, columns))
    smaller = _smaller(connection, own, rows)
    for guarded in smaller:
        with comparing(owner_of(guarded.table), faults):
            _compare(connection, guarded, losses)
    owners = sorted({owner_of(guarded.table) for guarded in smaller})
    others = [one for one in _other_tables(made_at, owners) if one.table in columns]
    for guarded in _smaller(connection, others, rows):
        with comparing(guarded.table, faults):
            _compare(connection, guarded, losses)
    if _LEDGER in columns and _LEDGER in rows:
        with comparing(_LEDGER, faults):
            losses |= _missing_submissions(connection, made_at)
    for table in columns:
        if table not in losses and table not in rows and not _is_of_the_present(table):
            found = connection.execute(f"SELECT count(*) FROM {EARLIER}.{table_path(table)}")
            losses |= _emptied(table, found.fetchall()[0][0])
    return tuple(losses.values())


def _smaller(
    connection: "duckdb.DuckDBPyConnection", tables: Sequence[_Guarded], rows: Mapping[str, int]
) -> list[_Guarded]:
    """The tables that had more rows in the window; all of them where they cannot be counted."""
    import duckdb

    if not tables:
        return []
    counts = (f"SELECT {n}, count(*) FROM ({one.before()})" for n, one in enumerate(tables))
    try:
        found = connection.execute(" UNION ALL ".join(counts)).fetchall()
    except duckdb.Error:
        return list(tables)
    return [tables[n] for n, count in found if count > rows.get(tables[n].table, 0)]


def _compare(
    connection: "duckdb.DuckDBPyConnection", guarded: _Guarded, losses: dict[str, Loss]
) -> None:
    """What the table lost is added to the losses, where corrections do not explain it."""
    sql = render(Path(__file__).parent, "shrinkage", before=guarded.before(), now=guarded.now())
    groups = connection.execute(sql).fetchall()
    if not groups:
        return
    before, now = int(groups[0][1]), int(groups[0][2])
    lost = max(
        sum(had - has for _, had, has, by_what in groups if by_what == kind)
        for kind in (_BY_WHO, _BY_DAY)
    )
    gone = tuple(
        name
        for name, had, has, by_what in groups
        if by_what != _TOTAL and name and not has and had > LEAST_LOST_ROWS
    )
    is_too_much = lost > LEAST_LOST_ROWS and lost * 100 > before * LEAST_LOST_PCT
    if not now or gone or is_too_much:
        losses[guarded.table] = Loss(guarded.table, before, now, gone)


def _missing_submissions(
    connection: "duckdb.DuckDBPyConnection", made_at: datetime
) -> dict[str, Loss]:
    """A loss where one of the newest lines of the ledger is missing.

    Lines are never taken back. An older copy of the warehouse lacks the newest.
    """
    window = _since("received_at", made_at, SUBMISSION_DAYS)
    sql = render(
        Path(__file__).parent,
        "shrinkage_ledger",
        before=f"{EARLIER}.{table_path(_LEDGER)}",
        now=f"publication.{table_path(_LEDGER)}",
        window=window,
        most=_NEWEST_SUBMISSIONS,
    )
    before, now, gone = connection.execute(sql).fetchall()[0]
    return {_LEDGER: Loss(_LEDGER, before, now, tuple(gone))} if gone else {}


def columns_of_earlier(connection: "duckdb.DuckDBPyConnection") -> dict[str, set[str]]:
    """The columns of each table of the publication before."""
    found = connection.execute(
        "SELECT schema_name, table_name, list(column_name) FROM duckdb_columns() "
        f"WHERE database_name = '{EARLIER}' AND (schema_name, table_name) IN (SELECT schema_name, "
        f"table_name FROM duckdb_tables() WHERE database_name = '{EARLIER}') GROUP BY ALL"
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
        is_apart = table.partition(".")[0] in SCHEMAS
        if not is_apart and table not in _OF_THE_PRESENT and not rows.get(table):
            losses |= _emptied(table, count)
    return tuple(losses.values())


def _emptied(table: str, count: int) -> dict[str, Loss]:
    return {table: Loss(table, count, 0)} if count else {}


_OF_THE_PRESENT = (
    "slot_status", "feed_status", "feed_day_status", "finding_day", "coverage", "coverage_day",
    "watch", "publication", SCORECARD, EXPECTED, CHANGE, *NOW_TABLES,
)  # fmt: skip
"""Tables that follow from the configuration and the clock; they may become smaller at any time."""


def _is_of_the_present(table: str) -> bool:
    return table in _OF_THE_PRESENT or table.startswith(f"{REVISIONS}.")


def _collection_tables(
    shapes: Iterable[Shape], made_at: datetime, columns: Mapping[str, Collection[str]]
) -> Iterator[_Guarded]:
    """The tables of collections that the publication before had under the same columns."""
    for shape in shapes:
        live, testing = shape.collection, f"{TESTING}.{shape.collection}"
        for table, other in ((live, testing), (testing, live)):
            if {shape.organisation_column, shape.time_column} <= set(columns.get(table, ())):
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
    others = f"collection NOT IN {literals.texts(smaller)}" if smaller else "true"
    intact = f"{IN_CONTRACT} AND {others}"
    slots = _since("slot_start", made_at, NATIONAL_SLOT_DAYS)
    yield _plain("national_daily", "collection", "report_date", intact)
    yield _plain("national_monthly", "collection", "month", intact)
    yield _plain("national_slot", "collection", "slot_start", f"{slots} AND {intact}")
    yield _plain("organisation", "org_type", "NULL")


def _plain(table: str, who: str, time: str, condition: str = "true") -> _Guarded:
    def rows(database: str) -> str:
        return (
            f"SELECT {who} AS who, {time}::DATE AS day "
            f"FROM {database}.{table_path(table)} WHERE {condition}"
        )

    return _Guarded(table, lambda: rows(EARLIER), lambda: rows("publication"))


def _since(column: str, made_at: datetime, days: int) -> str:
    return f"{column} >= {literals.timestamp(as_stored(made_at - timedelta(days=days)))}"
