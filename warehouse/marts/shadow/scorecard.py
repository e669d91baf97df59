"""The scorecards of feeds: what came for their newest expected slots, against their criteria."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.base.clock import london_date
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed, Stage
from pipelines.registry.promotion import Reference
from pipelines.registry.registry import Registry
from pipelines.registry.slots import day_start, slots_between
from warehouse.marts.shadow.criteria import Evidence, Scorecard, judge_evidence
from warehouse.marts.slot_grid import slot_status_sql
from warehouse.store import literals
from warehouse.store.sql import render
from warehouse.store.stored_time import as_stored, from_stored

if TYPE_CHECKING:
    import duckdb

_FOLDER = Path(__file__).parent
_DAYS_LOOKED_AT, _QUARTER_HOURS_LOOKED_AT = 14, 7 * 96
"""Slots that are looked at where a contract states no criteria: two weeks, and one."""
_REFERENCE_DAYS = 62
"""How far back figures are compared: what is published comes a week to a month after its days."""
SCORECARD = "scorecard"
"""The table of a publication that tells the scorecards of feeds in testing."""


def read_scorecards(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    feeds: Sequence[Feed],
    moment: datetime,
) -> list[Scorecard]:
    """The scorecards of these feeds as they stand at the moment; `ops.slot` reaches up to it."""
    found: list[Scorecard] = []
    for name, collection in registry.collections.items():
        own = [feed for feed in feeds if feed.collection == name]
        if own:
            found += _of_collection(connection, registry, collection, own, moment)
    return found


def enter_scorecards(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, moment: datetime
) -> None:
    """The temporary table `told_scorecard` has the criteria of every feed in testing."""
    testing = [feed for feed in registry.feeds.values() if feed.stage is Stage.TESTING]
    cards = read_scorecards(connection, registry, testing, moment)
    connection.execute(render(_FOLDER, "told_scorecard"))
    rows = [
        (
            *(card.feed_id, card.collection, card.stage, one.name, place, one.verdict),
            *(one.wanted, one.found, one.unit, one.told),
            None if card.slots_from is None else card.slots_from.isoformat(),
            *(card.first_slot, card.last_slot),
        )
        for card in cards
        for place, one in enumerate(card.criteria)
    ]
    if rows:
        values = ", ".join(f"({', '.join(map(literals.literal, row))})" for row in rows)
        connection.execute(f"INSERT INTO temp.told_scorecard VALUES {values}")


def scorecard_sql() -> str:
    """A query for the rows of the published table, once they have been entered."""
    return "SELECT * EXCLUDE (place) FROM temp.told_scorecard ORDER BY feed_id, place"


def _of_collection(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    collection: Collection,
    feeds: Sequence[Feed],
    moment: datetime,
) -> Iterator[Scorecard]:
    wanted = collection.promotion
    usual = _DAYS_LOOKED_AT if collection.cadence.is_dated else _QUARTER_HOURS_LOOKED_AT
    slots = wanted.slots if wanted else usual
    seen = _of_slots(connection, collection, feeds, slots, moment)
    seen = _of_files(connection, feeds, seen)
    for reference in wanted.references if wanted else ():
        seen = _compared(connection, registry, collection, reference, feeds, seen, moment)
    for feed in feeds:
        evidence = seen[feed.feed_id]
        yield Scorecard(
            feed.feed_id,
            collection.collection,
            feed.stage,
            feed.slots_from,
            evidence.first_slot,
            evidence.last_slot,
            _time_told(evidence, is_dated=collection.cadence.is_dated),
            tuple(judge_evidence(wanted, slots, evidence)),
            wanted is not None,
        )


def _time_told(seen: Evidence, *, is_dated: bool) -> str | None:
    """The first and the last slot that are looked at: days in London, or times in UTC."""
    if seen.first_slot is None or seen.last_slot is None:
        return None
    if is_dated:
        first, last = (london_date(from_stored(one)) for one in (seen.first_slot, seen.last_slot))
        return f"{first} to {last}"
    return f"{seen.first_slot:%Y-%m-%d %H:%M} to {seen.last_slot:%Y-%m-%d %H:%M} (UTC)"


def _of_slots(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    feeds: Sequence[Feed],
    slots: int,
    moment: datetime,
) -> dict[str, Evidence]:
    """How the newest slots of each feed came."""
    cadence = collection.cadence
    # Room for those that are awaited, and for a day that is longer by an hour.
    back = timedelta(minutes=cadence.slot_minutes) * (slots + 2) + timedelta(days=2)
    back += timedelta(minutes=cadence.grace_minutes + (cadence.due_minutes or 0))
    back += timedelta(days=cadence.due_days)
    first = moment - back
    between = slots_between(cadence, first, moment) if cadence.is_monthly else ()
    query = slot_status_sql(feeds, first, moment, moment, [slot.start for slot in between])
    rows = _rows(connection, render(_FOLDER, "slots_looked_at", slots=query, most=slots))
    told = {row.pop("feed_id"): Evidence(**row) for row in rows}
    return {feed.feed_id: told.get(feed.feed_id, Evidence()) for feed in feeds}


def _of_files(
    connection: "duckdb.DuckDBPyConnection", feeds: Sequence[Feed], seen: dict[str, Evidence]
) -> dict[str, Evidence]:
    """The files that came since the first of these slots ended, and what was found in them."""
    since = {
        feed.feed_id: seen[feed.feed_id].first_end or as_stored(day_start(feed.slots_from))
        for feed in feeds
        if feed.slots_from is not None
    }
    if not since:
        return seen
    words = {"feeds": list(since.items()), "first": min(since.values())}
    told = dict(seen)
    for row in _rows(connection, render(_FOLDER, "files_looked_at", **words)):
        feed_id = row.pop("feed_id")
        told[feed_id] = replace(told[feed_id], **row)
    codes: dict[str, dict[str, int]] = {}
    for row in _rows(connection, render(_FOLDER, "findings_looked_at", **words)):
        codes.setdefault(row["feed_id"], {})[row["code"]] = row["findings"]
    return {name: replace(one, findings=codes.get(name, {})) for name, one in told.items()}


def _compared(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    collection: Collection,
    reference: Reference,
    feeds: Sequence[Feed],
    seen: dict[str, Evidence],
    moment: datetime,
) -> dict[str, Evidence]:
    """The figures of the feeds beside those of the reference, added to what was seen."""
    name = reference.collection
    told = {
        feed_id: replace(one, references=tuple(dict.fromkeys((*one.references, name))))
        for feed_id, one in seen.items()
    }
    other = registry.collections.get(name)
    if other is None or not _has_measures(connection, other, reference):
        return told
    if collection.cadence.is_monthly != other.cadence.is_monthly:
        return told
    own_side: dict[str, Any] = _side(collection, list(reference.measures))
    own_side |= {
        "is_own": True,
        "live": [one.feed_id for one in feeds if one.stage is Stage.LIVE],
        "testing": [one.feed_id for one in feeds if one.stage is not Stage.LIVE],
    }
    sql = render(
        _FOLDER,
        "agreement",
        own=own_side,
        other=_side(other, list(reference.measures.values())) | {"is_own": False},
        within=reference.within,
        within_pct=reference.within_pct,
        first=london_date(moment) - timedelta(days=_REFERENCE_DAYS),
    )
    for row in _rows(connection, sql):
        one = told[row["feed_id"]]
        farthest = () if row["farthest"] is None else (_farthest(row["farthest"], name),)
        told[row["feed_id"]] = replace(
            one,
            compared=one.compared + row["compared"],
            agreeing=one.agreeing + row["agreeing"],
            farthest=(*one.farthest, *farthest),
            compared_with=tuple(dict.fromkeys((*one.compared_with, name))),
        )
    return told


def _has_measures(
    connection: "duckdb.DuckDBPyConnection", other: Collection, reference: Reference
) -> bool:
    """Whether the reference has these measures, and its table is there."""
    measures = {one.name for one in other.measures if one.is_number}
    there = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'warehouse' "
        f"AND schema_name = 'history' AND table_name = {literals.text(other.collection)}"
    ).fetchall()
    return set(reference.measures.values()) <= measures and there == [(1,)]


def _side(collection: Collection, measures: Sequence[str]) -> dict[str, Any]:
    return {
        "collection": collection.collection,
        "organisation": collection.organisation_column,
        "time": collection.time_column,
        "is_daily": collection.cadence.is_dated,
        "slot_minutes": collection.cadence.slot_minutes,
        "measures": measures,
    }


def _farthest(told: Mapping[str, Any], reference: str) -> str:
    own, other = _number(told["own"]), _number(told["other"])
    return (
        f"{told['measure']} of {told['org']} on {told['day']} is {own}, and {reference} has {other}"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}"


def _rows(connection: "duckdb.DuckDBPyConnection", sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
