"""The queries that give the rows of a publication's tables."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from pipelines.registry.cadence import SlotKind
from pipelines.registry.registry import Registry
from warehouse.marts.feed_health import (
    coverage_day_sql,
    coverage_sql,
    feed_day_status_sql,
    feed_status_sql,
    recent_slots_sql,
    stage_change_sql,
)
from warehouse.marts.mart_queries import (
    NATIONAL_MARTS,
    collection_sql,
    current_rows,
    mart_sql,
)
from warehouse.marts.now.now import CHANGE, EXPECTED, NOW_TABLES, now_sql
from warehouse.marts.shadow.scorecard import SCORECARD, scorecard_sql
from warehouse.publish.published_tables import REVISIONS, TESTING
from warehouse.store import literals
from warehouse.store.shape import Shape
from warehouse.store.sql import render
from warehouse.store.stored_time import as_stored

SUBMISSION_DAYS = 35
SEEN_DAYS = 35
"""How far back a publication tells how things stood."""
NATIONAL_SLOT_DAYS = 70
"""Ten weeks, so that a slot can be set beside the same slot of recent weeks."""
IN_CONTRACT = (
    "(collection, measure) NOT IN (SELECT (collection, measure) FROM warehouse.ops.measure "
    "WHERE dropped_at IS NOT NULL)"
)
"""True for figures of measures that are still in a contract; others stay in the warehouse."""
_FOLDER = Path(__file__).parent

Query = Callable[[], str]
"""Gives the SQL of one table when it is asked, so that a mistake in it costs that table only.

Where it gives none, the table has no rows.
"""


def queries_of(registry: Registry, shapes: Iterable[Shape], made_at: datetime) -> dict[str, Query]:
    """Each table of a publication made at that moment, with the query that gives its rows."""
    queries: dict[str, Query] = {}
    for shape in shapes:
        live, testing, revisions = tables_of(shape.collection)
        queries[live] = partial(collection_rows_sql, shape, "live", made_at)
        queries[testing] = partial(collection_rows_sql, shape, TESTING, made_at)
        queries[revisions] = partial(revisions_sql, shape, made_at)
    return {
        **queries,
        "national_daily": partial(national_sql, SlotKind.DAY, made_at),
        "national_monthly": partial(national_sql, SlotKind.MONTH, made_at),
        "national_slot": partial(national_sql, SlotKind.MINUTES, made_at),
        f"{REVISIONS}.published_total": partial(_totals_sql, made_at),
        "organisation": partial(mart_sql, "organisation"),
        "slot_status": partial(recent_slots_sql, registry, made_at),
        "feed_status": partial(feed_status_sql, registry, made_at),
        "feed_day_status": partial(feed_day_status_sql, registry, made_at),
        "coverage": partial(coverage_sql, registry),
        "coverage_day": partial(coverage_day_sql, registry, made_at),
        "stage_change": stage_change_sql,
        SCORECARD: scorecard_sql,
        **{name: partial(now_sql, name, made_at) for name in (EXPECTED, *NOW_TABLES, CHANGE)},
        "watch": partial(watch_sql, made_at),
        "submission": partial(submissions_sql, "submission", made_at),
        "finding_day": partial(submissions_sql, "finding_day", made_at),
        "publication": partial(_publication_sql, made_at),
    }


def tables_of(collection: str) -> tuple[str, str, str]:
    """The tables of a collection's history: of its live feeds, of others, and its revisions."""
    return collection, f"{TESTING}.{collection}", f"{REVISIONS}.{collection}"


def watch_sql(moment: datetime) -> str:
    """A query for the watch's findings that are open, or were in the weeks before the moment."""
    return render(_FOLDER, "watch", since=moment - timedelta(days=SEEN_DAYS))


def collection_rows_sql(
    shape: Shape, stage: str, made_at: datetime, condition: str = "true"
) -> str:
    """A query for a collection's table, of the rows in its window that meet the condition."""
    wanted = f"{shape.published_from(made_at)} AND {condition}"
    return collection_sql(current_rows(shape, stage, wanted), shape)


def revisions_sql(shape: Shape, made_at: datetime, condition: str = "true") -> str:
    """A query for what was held of a collection and is no more."""
    since = made_at - timedelta(days=SEEN_DAYS)
    return render(_FOLDER, "revisions", shape=shape, since=since, condition=condition)


def _totals_sql(made_at: datetime) -> str:
    return render(_FOLDER, "revised_totals", since=made_at - timedelta(days=SEEN_DAYS))


def national_sql(kind: SlotKind, made_at: datetime, condition: str = "true") -> str:
    """A query for England's figures by slots of that kind."""
    time = NATIONAL_MARTS[kind].time_column
    rows = national_rows(kind, made_at)
    return f"{rows} AND {condition} ORDER BY {time}, collection, measure"


def national_rows(kind: SlotKind, made_at: datetime) -> str:
    """The same without an order; its last word is a condition."""
    mart = NATIONAL_MARTS[kind]
    window = "true"
    if kind is SlotKind.MINUTES:
        first = literals.timestamp(as_stored(made_at - timedelta(days=NATIONAL_SLOT_DAYS)))
        window = f"{mart.time_column} >= {first}"
    return f"SELECT * FROM warehouse.mart.{mart.table} WHERE {window} AND {IN_CONTRACT}"


def submissions_sql(table: str, made_at: datetime, condition: str = "true") -> str:
    """A query for the ledger's submissions of the last weeks, or what was found in them."""
    since = made_at - timedelta(days=SUBMISSION_DAYS)
    return render(_FOLDER, table, since=since, condition=condition)


def _publication_sql(made_at: datetime) -> str:
    return (
        f"SELECT {literals.timestamp(as_stored(made_at))} AS made_at, "
        "(SELECT max(settled_at) FROM warehouse.ops.load) AS settled_through"
    )
