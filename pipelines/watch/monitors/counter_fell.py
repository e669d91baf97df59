"""A count since midnight that falls within a day: the rule of a contract that no single slot shows.

"Since midnight" means midnight in London, so that a count may fall only into the first slot of a
day there. A count that restarts at another hour (midnight UTC in summer, a change of shift, a
restart of the system) makes every total of the day too small without one figure that looks wrong.
What this cannot see: a count that never restarts; the contract's limits and `level` can.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from pipelines.registry.contract import Collection
from pipelines.watch.monitor import TOLD_FOR, PerCollection
from pipelines.watch.scene import Scene
from pipelines.watch.sql_words import key_columns, slot_literal
from pipelines.watch.watch_finding import (
    WatchFinding,
    WatchKind,
    tell_number,
    tell_time,
    watch_finding,
)
from warehouse.store.sql import render
from warehouse.store.stored_time import from_stored

COUNTER_FELL = WatchKind(
    "WATCH-003",
    "A count since midnight fell",
    urgency=90,
    fix=(
        "Ask the provider when its count restarts. It must restart at midnight in London: not at "
        "midnight UTC, at a change of shift or when its system restarts."
    ),
    no_help="Correcting the one slot, unless it was a single slip: the count falls again.",
    end_is_news=False,
    sender_fix="Let the count restart at midnight in London, and at no other time.",
)

_BEFORE = timedelta(hours=1)
"""A fall is seen from the slot before, or from one before a gap."""
_SUFFIX = "_since_midnight"
"""What the names of such measures end with in every contract."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A count that is lower in a slot than in the slot before it on the same day in London."""

    feed_id: str
    key: str
    measure: str
    slot: datetime
    before: float
    after: float


def counters(collection: Collection) -> list[str]:
    """The measures that are counted since midnight."""
    return [one.name for one in collection.measures if one.name.endswith(_SUFFIX)]


def find_falls(falls: Iterable[Fall], collection: str) -> list[WatchFinding]:
    """A finding for each site and count that fell, however often it did."""

    def about(fall: Fall) -> tuple[str, str, str]:
        return fall.feed_id, fall.key, fall.measure

    findings = []
    for (feed_id, key, measure), group in groupby(sorted(falls, key=about), key=about):
        own = sorted(group, key=lambda fall: fall.slot)
        last = own[-1]
        message = (
            f"{measure} of {key} fell from {tell_number(last.before)} to "
            f"{tell_number(last.after)} in the slot {tell_time(last.slot)}, within a day."
        )
        if len(own) > 1:
            message += f" It fell {len(own)} times since {tell_time(own[0].slot)}."
        findings.append(
            watch_finding(
                COUNTER_FELL, collection, feed_id, f"{key} {measure}", own[0].slot, message
            )
        )
    return findings


def _look(scene: Scene, collection: Collection) -> list[WatchFinding]:
    counts = counters(collection)
    if not counts or collection.cadence.is_daily:
        return []
    sql = render(
        Path(__file__).parent,
        "counter_fell",
        collection=collection.collection,
        keys=key_columns(collection),
        time=collection.time_column,
        counters=counts,
        first=slot_literal(collection, scene.moment - TOLD_FOR - _BEFORE),
        until=slot_literal(collection, scene.moment),
    )
    falls = [
        Fall(feed_id, key, measure, from_stored(slot), before, after)
        for feed_id, key, measure, slot, before, after in scene.connection.execute(sql).fetchall()
    ]
    found = find_falls(falls, collection.collection)
    return [one for one in found if scene.is_in_use(one.feed_id)]


MONITOR = PerCollection((COUNTER_FELL,), _look)
