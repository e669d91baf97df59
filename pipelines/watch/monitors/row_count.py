"""A feed with fewer rows than usual, or many more, and England with fewer organisations.

A file that comes on time and has lost a site, or twelve contract areas, breaks no rule: what is not
in it cannot be wrong. So the rows of its newest slots are compared with those at the same hour of
the same weekday in recent weeks, because some sites close at night and on Sundays.

What this cannot see: a feed younger than three weeks, and one row that is left out now and then.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles

from pipelines.registry.cadence import Cadence
from pipelines.registry.contract import Collection
from pipelines.watch.monitor import PerCollection
from pipelines.watch.scene import Scene
from pipelines.watch.sql_words import in_slots, key_columns, slot_literal, slot_of
from pipelines.watch.usual import LEAST_WEEKS, Weeks, all_needed, slots_in_question, usual_slots
from pipelines.watch.watch_finding import (
    WatchFinding,
    WatchKind,
    tell_some,
    tell_time,
    watch_finding,
)
from warehouse.store.sql import render

ROW_COUNT = WatchKind(
    "WATCH-005",
    "Row count differs from usual",
    urgency=80,
    fix=(
        "Ask the provider why the rows changed. Where sites opened, closed or merged on purpose, "
        "nothing needs to be done: the finding ends by itself within about a week."
    ),
    no_help="Waiting for late files: the files that came lack these rows.",
    sender_fix="Look which rows the export leaves out or adds. If that is on purpose, tell us.",
)

_LEAST_SLOTS = 4
"""An hour of quarter-hours: a row rejected for a wrong cell is back with the next file."""
_LEAST_DAYS = 2
_JUMP = 2.0
"""One site more is ordinary growth; more than twice as many rows are wards, or another's sites."""
_NATIONAL_DROP = 0.75
"""Without a quarter of its organisations a national figure no longer stands for England."""
_LEAST_NATIONAL = 5
"""With fewer, one provider is the quarter, and is told by itself."""
_NATIONAL_FIX = (
    "The other findings of this collection say who is missing and why. Until they are back, its "
    "figures for England cover a part of England only."
)


@dataclass(frozen=True, slots=True)
class SlotRows:
    """The rows of one feed and slot."""

    feed_id: str
    slot: datetime
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Usual:
    """How many rows a slot usually has, and which."""

    low: float
    middle: float
    high: float
    keys: frozenset[str]
    """Those of more than half of the slots."""


def find_row_changes(
    rows: Iterable[SlotRows], recent: Sequence[datetime], collection: str, cadence: Cadence
) -> list[WatchFinding]:
    """A finding for each feed, and for England, whose newest slots have another number."""
    by_feed: dict[str, dict[datetime, frozenset[str]]] = {}
    england: dict[datetime, frozenset[str]] = {}
    for one in rows:
        by_feed.setdefault(one.feed_id, {})[one.slot] = one.keys
        england[one.slot] = england.get(one.slot, frozenset()) | one.keys
    beside = {slot: usual_slots(slot, cadence) for slot in recent}
    findings = []
    for feed_id, known in sorted(by_feed.items()):
        findings += _judge_feed(known, recent, beside, collection, feed_id, cadence)
    if len(by_feed) > 1:
        findings += _judge_england(england, recent, beside, collection, cadence)
    return findings


_Known = Mapping[datetime, frozenset[str]]
_Beside = Mapping[datetime, Sequence[Weeks]]
_Test = Callable[[int, _Usual], bool]


def _judge_feed(
    known: _Known,
    recent: Sequence[datetime],
    beside: _Beside,
    collection: str,
    feed_id: str,
    cadence: Cadence,
) -> list[WatchFinding]:
    """Only slots for which the feed gave rows count: the others are a silence."""
    given = [slot for slot in recent if slot in known]
    for word, is_off in (("fewer", _is_drop), ("more", _is_jump)):
        run = _newest_run(known, given, beside, is_off)
        if len(run) < _least(cadence):
            continue
        newest, usual = given[-1], run[-1]
        there = known[newest]
        message = (
            f"{feed_id} has {len(there)} rows in each slot where {usual.middle:g} are usual "
            f"({tell_time(newest, is_day=cadence.is_daily)})."
        )
        changed = sorted(usual.keys - there if word == "fewer" else there - usual.keys)
        if changed:
            message += f" {'Missing' if word == 'fewer' else 'New'}: {tell_some(changed)}."
        since = given[-len(run)]
        return [watch_finding(ROW_COUNT, collection, feed_id, f"{word} rows", since, message)]
    return []


def _judge_england(
    known: _Known,
    recent: Sequence[datetime],
    beside: _Beside,
    collection: str,
    cadence: Cadence,
) -> list[WatchFinding]:
    run = _newest_run(known, recent, beside, _is_national_drop)
    if len(run) < _least(cadence):
        return []
    newest, usual = recent[-1], run[-1]
    count = len(known.get(newest, ()))
    message = (
        f"Only {count} organisations, sites or areas of England are in {collection} for "
        f"{tell_time(newest, is_day=cadence.is_daily)}, where {usual.middle:g} are usual."
    )
    since = recent[-len(run)]
    subject = "fewer organisations"
    return [watch_finding(ROW_COUNT, collection, None, subject, since, message, _NATIONAL_FIX)]


def _least(cadence: Cadence) -> int:
    return _LEAST_DAYS if cadence.is_daily else _LEAST_SLOTS


def _newest_run(
    known: _Known, slots: Sequence[datetime], beside: _Beside, is_off: _Test
) -> list[_Usual]:
    """What was usual for each of the newest slots that are off, the oldest first."""
    run: list[_Usual] = []
    for slot in reversed(slots):
        usual = _usual(known, beside[slot])
        count = len(known.get(slot, ()))
        if not usual or not all(is_off(count, one) for one in usual):
            break
        run.append(usual[0])
    return run[::-1]


def _usual(known: _Known, sets: Sequence[Weeks]) -> list[_Usual]:
    """What is usual by each set of weeks that holds enough of them."""
    found = []
    for weeks in sets:
        there = [[known[slot] for slot in week if slot in known] for week in weeks]
        if sum(1 for week in there if week) < LEAST_WEEKS:
            continue
        slots = [keys for week in there for keys in week]
        counts = [len(keys) for keys in slots]
        tenths = quantiles(counts, n=10, method="inclusive")
        every = frozenset[str]().union(*slots)
        often = frozenset(key for key in every if 2 * sum(key in one for one in slots) > len(slots))
        found.append(_Usual(tenths[0], median(counts), tenths[-1], often))
    return found


def _is_drop(count: int, usual: _Usual) -> bool:
    """Fewer than nine of ten comparable slots had."""
    return count < usual.low


def _is_jump(count: int, usual: _Usual) -> bool:
    """More than twice as many as all but a tenth of the comparable slots had."""
    return count > _JUMP * usual.high


def _is_national_drop(count: int, usual: _Usual) -> bool:
    return usual.middle >= _LEAST_NATIONAL and count < _NATIONAL_DROP * usual.middle


def _look(scene: Scene, collection: Collection) -> list[WatchFinding]:
    cadence = collection.cadence
    recent = slots_in_question(scene.moment, cadence)
    rows = _fetch(scene, collection, all_needed(recent, cadence))
    return find_row_changes(rows, recent, collection.collection, cadence)


def _fetch(scene: Scene, collection: Collection, slots: Sequence[datetime]) -> list[SlotRows]:
    """Who is in the live values of each feed for these slots."""
    sql = render(
        Path(__file__).parent,
        "row_count",
        collection=collection.collection,
        keys=key_columns(collection),
        time=collection.time_column,
        first=slot_literal(collection, slots[0]),
        in_slots=in_slots(collection, collection.time_column, slots),
    )
    return [
        SlotRows(feed_id, slot_of(slot), frozenset(keys))
        for feed_id, slot, keys in scene.connection.execute(sql).fetchall()
    ]


MONITOR = PerCollection((ROW_COUNT,), _look)
