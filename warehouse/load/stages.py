"""Enters changes of stage into the warehouse, and moves the values that they move.

The stage counts by London day. A feed that goes back to testing takes its values of slots from
that day on out of the national tables; one that goes live brings its values of slots from
`slots_from` on into them. Earlier values stay where they are.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.clock import london_date
from pipelines.base.kill_points import reached
from pipelines.registry.feed import Stage, collection_named_in
from pipelines.registry.registry import Registry
from pipelines.registry.stage_journal import (
    BY_FILE,
    NO_FILE,
    StageChange,
    StageJournal,
    last_changes,
    with_recorded_stages,
)
from warehouse.ledger.ledger import next_moment
from warehouse.ledger.stage_rows import enter_rows, held_changes, held_numbers
from warehouse.marts.refresh import refresh_marts
from warehouse.store import literals
from warehouse.store.histories import ensure_history
from warehouse.store.rows_in import insert_rows
from warehouse.store.sql import render
from warehouse.store.stored_time import as_stored, from_stored
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

_TEMPORARY = ("moving", "moved", "restored", "moved_total", "touched")
_BEFORE_LIVE = (Stage.ONBOARDING, Stage.TESTING)


def enter_stages(connection: "duckdb.DuckDBPyConnection", home: Path, registry: Registry) -> None:
    """`ops.stage_change` and the journal have the same changes.

    A process that died between the two leaves the last one to be entered here; of a journal that
    was lost or damaged the warehouse gives back what it holds. The caller holds the lock of the
    warehouse.
    """
    journal = StageJournal(home)
    changes = {one.number: one for one in journal.read()}
    held = held_numbers(connection)
    if lost := held - changes.keys():
        logging.getLogger(__name__).error(
            "%s lacked %d changes of stage; they were written again from the warehouse",
            journal.path,
            len(lost),
        )
        journal.note([one for one in held_changes(connection) if one.number in lost])
    if changes.keys() - held:
        pending = [one for number, one in sorted(changes.items()) if number not in held]
        enter_changes(connection, pending, registry)


def last_number(
    connection: "duckdb.DuckDBPyConnection", changes: Sequence[StageChange] = ()
) -> int:
    """The number of the last change in the warehouse, or of the last of these if that is later."""
    return max(held_numbers(connection) | {one.number for one in changes}, default=0)


def observe_stages(
    connection: "duckdb.DuckDBPyConnection", home: Path, registry: Registry
) -> Registry:
    """The registry with the stages of now, after what feed files say otherwise was recorded.

    What feed files say otherwise than the journal stands in the journal and the warehouse.

    That is every feed in the beginning, and one whose file was edited afterwards. A feed without a
    usable file, or without one at all, has no change. The caller holds the lock of the warehouse.
    """
    enter_stages(connection, home, registry)
    journal = StageJournal(home)
    changes = journal.read()
    last = last_changes(changes)
    moment = from_stored(next_moment(connection))
    number = last_number(connection, changes)
    told: list[StageChange] = []
    moving = 0
    for feed in registry.feeds.values():
        filed, known = registry.as_filed(feed), last.get(feed.feed_id)
        as_known = known and (known.file_stage, known.file_slots_from, known.codes)
        if as_known == (filed.stage, filed.slots_from, feed.covers):
            continue
        one = StageChange(
            number=number + len(told) + 1,
            # Each that moves values has a moment of its own: they are revisions of their own.
            at=moment + timedelta(milliseconds=moving),
            feed_id=feed.feed_id,
            from_stage=known.to_stage if known else None,
            to_stage=feed.stage,
            slots_from=feed.slots_from,
            file_stage=filed.stage,
            file_slots_from=filed.slots_from,
            codes=feed.covers,
            by=BY_FILE,
            reason="The feed file says so.",
        )
        told.append(one)
        moving += known is not None
    told += _gone(registry, last, number + len(told), moment + timedelta(milliseconds=moving))
    journal.note(told)
    reached("publish: stages noted")
    enter_changes(connection, told, registry)
    as_filed = {name: registry.as_filed(feed) for name, feed in registry.feeds.items()}
    return replace(registry, feeds=with_recorded_stages(home, as_filed), filed=as_filed)


def _gone(
    registry: Registry, last: Mapping[str, StageChange], number: int, moment: datetime
) -> list[StageChange]:
    """The feeds whose files were taken away; one that is broken, or in a broken folder, is not."""
    if any(one.feed_id is None and one.collection is None for one in registry.problems):
        return []
    return [
        StageChange(
            number=number + place,
            at=moment,
            feed_id=one.feed_id,
            from_stage=one.to_stage,
            to_stage=Stage.RETIRED,
            slots_from=None,
            file_stage=NO_FILE,
            file_slots_from=None,
            codes=one.codes,
            by=BY_FILE,
            reason="There is no feed file any more.",
        )
        for place, one in enumerate(
            (
                one
                for name, one in sorted(last.items())
                if name not in registry.feeds
                and one.file_stage != NO_FILE
                and not registry.problems_of(name)
            ),
            start=1,
        )
    ]


def enter_changes(
    connection: "duckdb.DuckDBPyConnection", changes: Iterable[StageChange], registry: Registry
) -> int:
    """The changes stand in the warehouse, and their values where they belong; how many moved."""
    total = 0
    plain: list[tuple[StageChange, int]] = []
    for change in changes:
        if not change.is_of_stage or change.from_stage is None:
            plain.append((change, 0))
            continue
        with transaction(connection):
            enter_rows(connection, plain)
            plain = []
            moved = _move(connection, change, registry)
            enter_rows(connection, [(change, moved)])
            # The next publication has something new to tell.
            load = ("", collection_named_in(change.feed_id), as_stored(change.at), 0)
            names = ("batch_id", "collection", "settled_at", "submissions")
            insert_rows(connection, "warehouse.ops.load", names, [load])
            reached("stages: before commit")
        reached("stages: committed")
        total += moved
    enter_rows(connection, plain)
    return total


def _move(connection: "duckdb.DuckDBPyConnection", change: StageChange, registry: Registry) -> int:
    """The values that the change moves stand under their new stage; how many rows that are."""
    name = collection_named_in(change.feed_id)
    first = _first_day(change)
    if first is None or not registry.knows(name):
        return 0
    collection = registry.collection(name)
    bits = ensure_history(connection, collection)
    is_daily = collection.cadence.is_daily
    into_live = change.to_stage == Stage.LIVE
    kind = "DATE" if is_daily else "TIMESTAMP"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE touched (slot {kind})")
    words = {
        "history": f"warehouse.history.{name}",
        "collection": name,
        "feed_id": change.feed_id,
        "key": collection.key,
        "time": collection.time_column,
        "columns": ", ".join(column.name for column in collection.columns),
        "bits": bits,
        "is_daily": is_daily,
        "source": "testing" if into_live else "live",
        "target": "live" if into_live else "testing",
        "others": [] if into_live else _others_live(connection, change),
        "day": first,
        "first": f"DATE '{first}'" if is_daily else f"london_day_start(DATE '{first}')",
        "moment": as_stored(change.at),
    }
    connection.execute(render(Path(__file__).parent, "move_values", **words))
    ((moved,),) = connection.execute("SELECT count(*) FROM temp.moving").fetchall()
    refresh_marts(connection, collection)
    for table in _TEMPORARY:
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    return int(moved)


def _others_live(connection: "duckdb.DuckDBPyConnection", change: StageChange) -> list[str]:
    """The other feeds of the collection that were live when the change was made."""
    rows = connection.execute(
        "SELECT feed_id FROM warehouse.ops.stage_change "
        f"WHERE number < {change.number:d} AND feed_id != {literals.text(change.feed_id)} "
        f"AND collection = {literals.text(collection_named_in(change.feed_id))} "
        "GROUP BY feed_id HAVING arg_max(to_stage, number) = 'live'"
    ).fetchall()
    return sorted(name for (name,) in rows)


def _first_day(change: StageChange) -> date | None:
    """The London day from which on the change moves values; None where it moves none."""
    if change.from_stage == Stage.LIVE and change.to_stage in _BEFORE_LIVE:
        return london_date(change.at)
    if change.from_stage in _BEFORE_LIVE and change.to_stage == Stage.LIVE:
        return change.slots_from
    return None
