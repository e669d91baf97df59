"""The slot grid in the ledger: what is expected, what came, and in which state each slot is."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.slots import day_start, slots_between
from warehouse.marts.refresh import mart_sql
from warehouse.store import literals
from warehouse.store.rows_in import insert_rows
from warehouse.store.stored_time import as_stored, from_stored

if TYPE_CHECKING:
    import duckdb

_COLUMNS = ("collection", "slot_start", "slot_end", "due_at", "late_after")


def slot_start(column: str, is_daily: bool) -> str:
    """SQL for the start of a slot in UTC; that of a day is its first moment in London."""
    if not is_daily:
        return column
    return f"london_day_start({column})"


def enter_slots(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> None:
    """`ops.submission_slot` has the slots of the accepted rows in `incoming`."""
    time = collection.time_column
    connection.execute(
        f"""
        INSERT INTO warehouse.ops.submission_slot
        SELECT e.feed_id, {literals.text(collection.collection)},
               {slot_start(f"i.{time}", collection.cadence.is_daily)} AS slot_start,
               e.submission_id, e.received_at, e.said_at, count(*), {literals.timestamp(moment)}
        FROM incoming AS i JOIN entry AS e USING (submission_number)
        GROUP BY e.feed_id, i.{time}, e.submission_id, e.received_at, e.said_at
        ORDER BY slot_start, e.feed_id
        """
    )


def ensure_grid(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, until: datetime
) -> None:
    """`ops.slot` has every slot from the first that a live feed is expected for up to `until`.

    Slots that stand there stay as they are: when they were due does not change afterwards.
    """
    bounds = {
        name: (from_stored(first), from_stored(last))
        for name, first, last in connection.execute(
            "SELECT collection, min(slot_start), max(slot_end) FROM warehouse.ops.slot "
            "GROUP BY collection"
        ).fetchall()
    }
    for name, collection in registry.collections.items():
        starts = [one.slots_from for one in expected_feeds(registry) if one.collection == name]
        begins = [day_start(day) for day in starts if day is not None]
        if not begins:
            continue
        begin = min(begins)
        first, last = bounds.get(name, (begin, begin))
        rows = [
            (
                name,
                *(as_stored(moment) for moment in (one.start, one.end, one.due_at, one.late_after)),
            )
            for start, end in ((begin, first), (last, until))
            for one in slots_between(collection.cadence, start, end)
        ]
        insert_rows(connection, "warehouse.ops.slot", _COLUMNS, rows)


def expected_feeds(registry: Registry) -> list[Feed]:
    """The feeds that every slot is expected of."""
    return [feed for feed in registry.feeds.values() if feed.stage == "live" and feed.slots_from]


def slot_status_sql(
    feeds: Iterable[Feed], first: datetime, last: datetime, moment: datetime
) -> str:
    """A query for the slots of these feeds that start from `first` on and before `last`."""
    rows = [
        f"({literals.text(one.feed_id)}, {literals.text(one.collection)}, "
        f"{literals.timestamp(as_stored(day_start(one.slots_from)))})"
        for one in feeds
        if one.slots_from is not None
    ]
    names = "feed_id, collection, slots_from"
    values = ", ".join(rows) or "('', '', TIMESTAMP '2000-01-01')"
    return mart_sql(
        "slot_status",
        feeds=f"SELECT * FROM (VALUES {values}) AS expected({names}) WHERE feed_id != ''",
        first=literals.timestamp(as_stored(first)),
        last=literals.timestamp(as_stored(last)),
        now=literals.timestamp(as_stored(moment)),
    )
