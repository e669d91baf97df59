"""The slot grid that SQL counts is the one that `slots_between` gives, and is counted quickly."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.registry.registry import Registry, load_registry
from pipelines.registry.slots import day_start, slots_between
from warehouse.marts.slot_grid import ensure_grid
from warehouse.store.connection import open_warehouse
from warehouse.store.stored_time import as_stored


def from_day(day: date) -> Registry:
    registry = load_registry().of_collection("nhs111")
    (feed,) = registry.feeds.values()
    return replace(registry, feeds={feed.feed_id: feed.model_copy(update={"slots_from": day})})


@pytest.mark.parametrize("minutes", [0, 7, 15, 16])
@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24), date(2026, 11, 1)])
def test_both_ways_give_the_same_slots(home: Path, day: date, minutes: int) -> None:
    until = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=2, minutes=minutes)
    registry = from_day(day)
    cadence = registry.collections["nhs111"].cadence
    with open_warehouse(home) as connection:
        ensure_grid(connection, registry, until - timedelta(hours=5))
        ensure_grid(connection, registry, until)
        ensure_grid(connection, registry, until)
        held = connection.execute(
            "SELECT slot_start, slot_end, due_at, late_after FROM warehouse.ops.slot ORDER BY ALL"
        ).fetchall()
    expected = [
        tuple(map(as_stored, (one.start, one.end, one.due_at, one.late_after)))
        for one in slots_between(cadence, day_start(day), until)
    ]
    assert held == expected


def test_the_earliest_day_that_a_feed_may_state_is_counted_in_seconds(home: Path) -> None:
    with open_warehouse(home) as connection:
        begun = time.process_time()
        ensure_grid(connection, from_day(date(2010, 1, 1)), datetime(2026, 11, 1, tzinfo=UTC))
        assert time.process_time() - begun < 10
        held = connection.execute("SELECT count(*) FROM warehouse.ops.slot").fetchone()
    assert held == (590_208,)
