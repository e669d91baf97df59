"""The slot grid: which slots are expected, and in which state each is."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed, Stage
from pipelines.registry.registry import Registry
from pipelines.registry.slots import day_start, slot_at, slots_between
from warehouse.marts.mart_queries import mart_sql
from warehouse.store.rows_in import insert_rows
from warehouse.store.stored_time import as_stored, from_stored

if TYPE_CHECKING:
    import duckdb

_COLUMNS = ("collection", "slot_start", "slot_end", "due_at", "late_after")


HeldSlots = Mapping[str, tuple[datetime, datetime]]
"""Collection → the start of its first slot in `ops.slot`, and the end of its last."""


def held_slots(connection: "duckdb.DuckDBPyConnection") -> HeldSlots:
    """The slots that stand in `ops.slot`."""
    return {
        name: (from_stored(first), from_stored(last))
        for name, first, last in connection.execute(
            "SELECT collection, min(slot_start), max(slot_end) FROM warehouse.ops.slot GROUP BY ALL"
        ).fetchall()
    }


def held_once(connection: "duckdb.DuckDBPyConnection") -> Callable[[], HeldSlots]:
    """Asks for them when it is first called, and not again; where that fails, each call does."""
    return cache(partial(held_slots, connection))


def ensure_grid(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    until: datetime,
    held: Callable[[], HeldSlots] | None = None,
) -> None:
    """`ops.slot` has every slot from the first that any feed is expected for up to `until`.

    Slots that stand there stay as they are: when they were due does not change afterwards. `held`
    tells what stands there, for who asks for several registries in turn (`held_once`).
    """
    bounds = held_slots(connection) if held is None else held()
    for name, collection in registry.collections.items():
        starts = [one.slots_from for one in expected_feeds(registry) if one.collection == name]
        begins = [day_start(day) for day in starts if day is not None]
        if not begins:
            continue
        begin = min(begins)
        first, last = bounds.get(name, (begin, begin))
        for start, end in ((begin, first), (last, until)):
            _enter_grid(connection, collection, start, end)


def _enter_grid(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, start: datetime, end: datetime
) -> None:
    """`ops.slot` has the collection's slots from `start` on and before `end`, which it lacked."""
    cadence = collection.cadence
    if cadence.due is None and not cadence.is_dated:
        # In SQL: a year has 35,000 quarters of an hour, which Python takes seconds to count.
        length = timedelta(minutes=cadence.slot_minutes)
        first = slot_at(cadence, start).start
        first += length if first < start else timedelta()
        if first < end:
            sql = mart_sql(
                "enter_grid",
                collection=collection.collection,
                first=first,
                end=end,
                length=int(length.total_seconds()),
                due=60 * (cadence.due_minutes or 0),
                late=60 * ((cadence.due_minutes or 0) + cadence.grace_minutes),
            )
            connection.execute(sql)
        return
    rows = [
        (
            collection.collection,
            *(as_stored(moment) for moment in (one.start, one.end, one.due_at, one.late_after)),
        )
        for one in slots_between(cadence, start, end)
    ]
    insert_rows(connection, "warehouse.ops.slot", _COLUMNS, rows)


def expected_feeds(registry: Registry) -> list[Feed]:
    """The feeds that every slot is expected of: live ones, and those that are shown in testing."""
    return [feed for feed in registry.feeds.values() if feed.expects_slots and feed.slots_from]


def counted_feeds(registry: Registry) -> list[Feed]:
    """The live ones among them: what is missing of theirs is missing in England's figures."""
    return [one for one in expected_feeds(registry) if one.stage is Stage.LIVE]


def slot_status_sql(
    feeds: Iterable[Feed],
    first: datetime,
    last: datetime,
    moment: datetime,
    starts: Iterable[datetime] = (),
) -> str:
    """A query for the slots of these feeds that start from `first` on and before `last`.

    `starts` are the only ones that they can have, where those are few among many of other feeds.
    """
    expected = [
        {
            "feed_id": one.feed_id,
            "collection": one.collection,
            "slots_from": day_start(one.slots_from),
        }
        for one in feeds
        if one.slots_from is not None
    ]
    return mart_sql(
        "slot_status", feeds=expected, first=first, last=last, now=moment, starts=list(starts)
    )
