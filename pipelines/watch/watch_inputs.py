"""What the watch looks at, fetched within bounds: no question grows with the length of history.

Each function gives the rows of one kind of finding; what they mean is `pipelines.watch`'s to say.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pipelines.base.clock import london_date
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry
from pipelines.registry.slots import day_start
from pipelines.watch.counter_fell import Fall
from pipelines.watch.level import Total
from pipelines.watch.refused_patient_data import RefusedFile
from pipelines.watch.row_count import SlotRows
from pipelines.watch.silent import Arrivals, FeedSlots, Silence
from pipelines.watch.stuck import Reading
from pipelines.watch.unknown_codes import MOST_VALUES, UnknownValue
from warehouse.marts.feed_health import recent_slots_sql
from warehouse.marts.refresh import mart_sql
from warehouse.store import literals
from warehouse.store.stored_time import as_stored, from_stored

if TYPE_CHECKING:
    import duckdb

_FURTHEST = timedelta(days=100)
"""How far back the last value of a feed is looked for; one that is silent for longer is silent
since then, or since a look that saw more."""
_ARRIVALS = timedelta(days=3)
"""How far back the files of a silent feed are counted: they tell whether it still sends."""


def fetch_feed_slots(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, moment: datetime
) -> list[FeedSlots]:
    """How the recent slots of each feed end that slots are expected of."""
    sql = mart_sql(
        "watch/silent",
        slots=recent_slots_sql(registry, moment),
        since=literals.timestamp(as_stored(moment - _FURTHEST)),
    )
    return [
        FeedSlots(feed_id, missing, _instant(first), _instant(last), _instant(as_of))
        for feed_id, missing, first, last, as_of in connection.execute(sql).fetchall()
    ]


def fetch_arrivals(
    connection: "duckdb.DuckDBPyConnection", silences: Sequence[Silence], moment: datetime
) -> dict[str, Arrivals]:
    """The files that came of silent feeds after their first missing slot had ended."""
    if not silences:
        return {}
    values = ", ".join(
        f"({literals.text(one.feed.feed_id)}, {literals.timestamp(as_stored(one.first_end))})"
        for one in silences
    )
    sql = mart_sql(
        "watch/arrivals",
        feeds=f"SELECT * FROM (VALUES {values}) AS silent(feed_id, since)",
        first=literals.timestamp(as_stored(moment - _ARRIVALS)),
        until=literals.timestamp(as_stored(moment)),
    )
    return {
        feed_id: Arrivals(files, refused, repeated, why)
        for feed_id, files, refused, repeated, why in connection.execute(sql).fetchall()
    }


def fetch_readings(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    first: datetime,
    until: datetime,
    keys: Iterable[str] | None = None,
) -> list[Reading]:
    """What each site or organisation gave for these slots; of the keys named, or of all."""
    counted = [one.name for one in collection.measures if one.type in ("count", "decimal")]
    chosen = (
        "true" if keys is None else f"concat_ws(' ', {_keys(collection)}) IN {literals.texts(keys)}"
    )
    sql = mart_sql(
        "watch/readings",
        collection=collection.collection,
        keys=_keys(collection),
        time=collection.time_column,
        measures=", ".join(one.name for one in collection.measures),
        above_nought=" + ".join(f"coalesce({name} > 0, false)::INTEGER" for name in counted) or "0",
        first=_time(collection, first),
        until=_time(collection, until),
        chosen=chosen,
    )
    return [
        Reading(feed_id, key, _slot(slot), fingerprint, above_nought)
        for feed_id, key, slot, fingerprint, above_nought in connection.execute(sql).fetchall()
    ]


def fetch_falls(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    counters: Sequence[str],
    first: datetime,
    until: datetime,
) -> list[Fall]:
    """Counts that fell within a day in London, in these slots."""
    if not counters or collection.cadence.is_daily:
        return []
    sql = mart_sql(
        "watch/falls",
        collection=collection.collection,
        keys=_keys(collection),
        time=collection.time_column,
        day="timezone('Europe/London', timezone('UTC', slot_start))::DATE",
        measures=", ".join(counters),
        values=", ".join(f"{name}::DOUBLE AS {name}" for name in counters),
        first=_time(collection, first),
        until=_time(collection, until),
    )
    return [
        Fall(feed_id, key, measure, from_stored(slot), before, after)
        for feed_id, key, measure, slot, before, after in connection.execute(sql).fetchall()
    ]


def fetch_totals(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    measures: Sequence[str],
    slots: Sequence[datetime],
) -> list[Total]:
    """England's figures of these slots."""
    if not measures or not slots:
        return []
    is_daily = collection.cadence.is_daily
    time = "report_date" if is_daily else "slot_start"
    sql = mart_sql(
        "watch/national",
        mart="national_daily" if is_daily else "national_slot",
        collection=collection.collection,
        time=time,
        measures=literals.texts(measures),
        first=_time(collection, slots[0]),
        windows=_windows(collection, time, slots),
    )
    return [
        Total(measure, _slot(slot), value, organisations)
        for measure, slot, value, organisations in connection.execute(sql).fetchall()
        if value is not None
    ]


def fetch_rows(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, slots: Sequence[datetime]
) -> list[SlotRows]:
    """Who is in the live values of each feed for these slots."""
    if not slots:
        return []
    time = collection.time_column
    sql = mart_sql(
        "watch/rows",
        collection=collection.collection,
        keys=_keys(collection),
        time=time,
        first=_time(collection, slots[0]),
        windows=_windows(collection, time, slots),
    )
    return [
        SlotRows(feed_id, _slot(slot), frozenset(keys))
        for feed_id, slot, keys in connection.execute(sql).fetchall()
    ]


def fetch_unknown(
    connection: "duckdb.DuckDBPyConnection", codes: Sequence[str], since: datetime
) -> list[UnknownValue]:
    """Values that were unknown by these codes in what was settled since then."""
    sql = mart_sql(
        "watch/unknown",
        codes=literals.texts(codes),
        since=literals.timestamp(as_stored(since)),
        most=str(MOST_VALUES),
    )
    return [
        UnknownValue(feed_id, collection, value, tuple(codes), from_stored(first), files, values)
        for feed_id, collection, value, codes, first, files, values in connection.execute(
            sql
        ).fetchall()
    ]


def fetch_refused(
    connection: "duckdb.DuckDBPyConnection", codes: Sequence[str], since: datetime
) -> list[RefusedFile]:
    """Submissions with these codes that were settled since then."""
    sql = mart_sql(
        "watch/patient_data",
        codes=literals.texts(codes),
        since=literals.timestamp(as_stored(since)),
    )
    return [
        RefusedFile(feed_id, collection, submission_id, from_stored(received_at), code)
        for feed_id, collection, submission_id, received_at, code in connection.execute(
            sql
        ).fetchall()
    ]


def _keys(collection: Collection) -> str:
    """The columns that tell who a row belongs to."""
    return ", ".join(name for name in collection.key if name != collection.time_column)


def _time(collection: Collection, slot: datetime) -> str:
    """SQL for the slot as the collection's tables name it."""
    if collection.cadence.is_daily:
        return f"DATE '{london_date(slot)}'"
    return literals.timestamp(as_stored(slot))


def _windows(collection: Collection, column: str, slots: Sequence[datetime]) -> str:
    """SQL that is true for these slots, which are in order: a range for each unbroken run."""
    gap = timedelta(minutes=collection.cadence.slot_minutes) * 1.5
    runs = [[slots[0]]]
    for earlier, later in pairwise(slots):
        if later - earlier > gap:
            runs.append([])
        runs[-1].append(later)
    return " OR ".join(
        f"{column} BETWEEN {_time(collection, run[0])} AND {_time(collection, run[-1])}"
        for run in runs
    )


def _slot(stored: Any) -> datetime:
    """The start of a slot, from a stored time or from the day that it is."""
    return from_stored(stored) if isinstance(stored, datetime) else day_start(stored)


def _instant(stored: datetime | None) -> datetime | None:
    return None if stored is None else from_stored(stored)
