"""The tables of now: who is expected, the newest values from sites to England, and what changed.

They are made from temporary tables, which hold little: of each site and measure the newest
value, and of each measure all values of England's slot.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from warehouse.marts.mart_queries import current_rows
from warehouse.marts.slot_grid import counted_feeds
from warehouse.store import literals
from warehouse.store.shape import Shape
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

EXPECTED = "expected"
"""The table of a publication that tells who is expected."""
NOW_TABLES = ("now_site", "now_trust", "now_region", "now_england")
"""The tables of a publication that tell how things stand."""
CHANGE = "change"
"""The table of a publication that tells what revisions changed."""

_FOLDER = Path(__file__).parent
_QUARTER_HOURS_BACK = timedelta(days=1)
_DAYS_BACK = timedelta(days=14)
"""How old a value may be and still tell of now."""
_SITES_SEEN = timedelta(days=28)
CHANGES_TOLD = timedelta(days=7)
"""How long a publication tells what a revision changed."""


def begin_now(connection: "duckdb.DuckDBPyConnection") -> None:
    """The temporary tables are there, empty but for the places."""
    connection.execute(render(_FOLDER, "tables"))
    connection.execute(render(_FOLDER, "places"))


def gather_now(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    name: str,
    moment: datetime,
    revised_at: str | None = None,
    *,
    has_rows: bool = True,
) -> None:
    """The temporary tables have the collection too, as it stands at the moment.

    Not one of months: a month that is over for weeks tells nothing of now. `revised_at` is a query
    for moments: of changes only those that were made then are gathered. Of a history without rows
    only who is expected is told.
    """
    collection = registry.collection(name)
    if collection.cadence.is_monthly:
        return
    shape = Shape.of(collection)
    words: dict[str, object] = {
        "collection": name,
        "organisation": shape.organisation_column,
        "site": collection.site_column,
        "time": shape.time_column,
        "source": current_rows(shape),
        "now": moment,
    }
    feeds = [_expected_of(feed, collection) for feed in counted_feeds(registry.of_collection(name))]
    connection.execute(
        render(_FOLDER, "gather_expected", feeds=feeds, since=moment - _SITES_SEEN, **words)
    )
    numbers = [one.name for one in collection.measures if one.is_number]
    words |= {"is_daily": collection.cadence.is_daily, "measures": numbers}
    if has_rows:
        _gather_values(connection, collection, moment, words)
        _gather_changes(connection, collection, moment, words, revised_at)
    connection.execute(f"INSERT INTO temp.now_measure VALUES {', '.join(_measures(collection))}")


def _gather_values(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    moment: datetime,
    words: Mapping[str, object],
) -> None:
    """The newest values; where there are no rows, the long query for them is not made."""
    since = moment - (_DAYS_BACK if collection.cadence.is_daily else _QUARTER_HOURS_BACK)
    told = {
        **words,
        "slot_minutes": collection.cadence.slot_minutes,
        "ratios": collection.ratios,
        "since": since,
    }
    if connection.execute(render(_FOLDER, "gather_recent", **told)).fetchone() != (0,):
        connection.execute(render(_FOLDER, "gather_values", **told))


def _gather_changes(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    moment: datetime,
    words: Mapping[str, object],
    revised_at: str | None,
) -> None:
    """What was revised lately; where nothing was, the long query for it is not made."""
    since = moment - CHANGES_TOLD
    history = f"warehouse.history.{collection.collection}"
    revised = connection.execute(
        revised_at
        or f"SELECT 1 FROM {history} WHERE superseded_at >= {literals.instant(since)} LIMIT 1"
    )
    if revised.fetchone():
        told = {**words, "key": collection.key, "history": history, "since": since}
        told["revised_at"] = revised_at
        connection.execute(render(_FOLDER, "gather_changes", **told))


def expect_as_before(
    connection: "duckdb.DuckDBPyConnection", table: str, names: Sequence[str]
) -> None:
    """Collections and feeds whose files are broken just now are expected as in that table."""
    broken = literals.texts(names)
    connection.execute(
        f"INSERT INTO temp.now_expected BY NAME FROM {table} "
        f"WHERE collection IN {broken} OR feed_id IN {broken}"
    )


def age_values(connection: "duckdb.DuckDBPyConnection", table: str, moment: datetime) -> None:
    """The values of a table that was made earlier are as old as they are at the moment."""
    connection.execute(
        f"UPDATE {table} "
        f"SET age_minutes = date_diff('minute', slot_end, {literals.instant(moment)})"
    )


def now_sql(table: str, moment: datetime) -> str:
    """The query that gives the table's rows, once all has been gathered."""
    # Of one organisation a count of those who report is the value that it gave.
    words: dict[str, dict[str, object]] = {
        "now_trust": {"figure": render(_FOLDER, "figure", counts=False)},
        "now_region": {"figure": render(_FOLDER, "figure", counts=True), "has_regions": True},
        "now_england": {"figure": render(_FOLDER, "figure", counts=True), "has_regions": False},
    }
    template = {"now_region": "now_area", "now_england": "now_area"}.get(table, table)
    return render(_FOLDER, template, now=moment, **words.get(table, {}))


def _expected_of(feed: Feed, collection: Collection) -> dict[str, object]:
    """Whom the feed gives values for, as far as its file says."""
    has_all_areas = feed.may_report is None and collection.organisation_column == "contract_code"
    return {
        "feed_id": feed.feed_id,
        "provider_code": feed.provider.code,
        "slots_from": feed.slots_from,
        "codes": sorted(feed.may_report or ()),
        "sites": feed.sites,
        "has_all_areas": has_all_areas,
    }


def _measures(collection: Collection) -> list[str]:
    """SQL of a row for each measure and each ratio, in the contract's order."""
    has_sites = "true" if collection.site_column else "false"
    told = [
        (one.name, one.unit, one.national, 1) for one in collection.measures if one.is_number
    ] + [(one.name, one.unit, "ratio", one.factor) for one in collection.ratios]
    return [
        f"({literals.text(collection.collection)}, {place}, {literals.text(name)}, "
        f"{literals.text(unit)}, {literals.text(kind)}, {factor}, "
        f"{literals.text(collection.organisations)}, {has_sites})"
        for place, (name, unit, kind, factor) in enumerate(told)
    ]
