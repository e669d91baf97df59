"""A national figure that is far from its usual level: a sudden drop or jump of England's total.

No rule of a contract sees it. Each provider's figure is plausible by itself; only the sum, compared
with the same hour of the same weekday in recent weeks, shows that a system sends halves, counts
twice, or has another unit.

A figure is compared as if as many organisations, or sites where each gives its own, had reported
then as do now, so that neither a cohort that goes live nor a provider that fell silent looks like a
change of demand. It is reported when it is beyond twice or half the median and beyond what the
weeks themselves vary by, for two slots in a row. What this cannot see: a change that is slower than
the weeks it is compared with, one provider's error within a large total, and measures that are not
added up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from pathlib import Path
from statistics import median

from pipelines.registry.cadence import Cadence
from pipelines.registry.contract import Collection
from pipelines.watch.monitor import PerCollection
from pipelines.watch.scene import Scene
from pipelines.watch.sql_words import in_slots, slot_literal, slot_of
from pipelines.watch.usual import LEAST_WEEKS, Weeks, all_needed, slots_in_question, usual_slots
from pipelines.watch.watch_finding import (
    WatchFinding,
    WatchKind,
    tell_number,
    tell_time,
    watch_finding,
)
from warehouse.store import literals
from warehouse.store.sql import render

LEVEL = WatchKind(
    "WATCH-004",
    "England's figure is far from its usual level",
    urgency=70,
    fix=(
        "Compare the providers' figures for the slot, the largest first: look for a wrong unit, a "
        "part left out or counted twice. If the change is real, tell the control room."
    ),
    no_help="Publishing again: the figure is computed from what providers sent.",
)

_FACTOR = 2.0
"""Demand moves by a third on the worst days of a winter (A&E, 2016-2025); a doubled or halved
system by two."""
_SPREADS = 5.0
"""Beyond five robust standard deviations it cannot be chance, and hardly mere strain."""
_TO_STANDARD_DEVIATION = 1.4826
"""What the median deviation of a normal distribution is multiplied by to give its standard one."""
_LEAST_SLOTS = 2
"""One slot may be a burst of calls; two in a row are half an hour."""
_LEAST_ORGANISATIONS = 5
"""With fewer, the figure is theirs and not England's."""


@dataclass(frozen=True, slots=True)
class Total:
    """England's figure of one measure and slot."""

    measure: str
    slot: datetime
    value: float
    organisations: int
    """How many gave a value."""
    parts: int
    """How many of their sites did, where each site gives its own; else as many as they are."""


@dataclass(frozen=True, slots=True)
class _Level:
    """A figure and what it usually is."""

    total: Total
    expected: float
    weeks: int

    @property
    def direction(self) -> int:
        """Whether it is above what is usual (1) or below it (-1)."""
        return 1 if self.total.value > self.expected else -1


def added_up(collection: Collection) -> list[str]:
    """The measures whose national figure is a sum."""
    return [one.name for one in collection.measures if one.national == "sum"]


def find_off_level(
    totals: Iterable[Total], recent: Sequence[datetime], collection: str, cadence: Cadence
) -> list[WatchFinding]:
    """A finding for each measure that is off its level in the newest of the `recent` slots."""
    by_measure: dict[str, dict[datetime, Total]] = {}
    for total in totals:
        by_measure.setdefault(total.measure, {})[total.slot] = total
    beside = {slot: usual_slots(slot, cadence) for slot in recent}
    least = 1 if cadence.is_daily else _LEAST_SLOTS
    findings = []
    for measure, known in sorted(by_measure.items()):
        run = _newest_run(known, recent, beside)
        if len(run) >= least:
            findings.append(_finding(run, measure, collection, cadence))
    return findings


def _newest_run(
    known: Mapping[datetime, Total],
    recent: Sequence[datetime],
    beside: Mapping[datetime, Sequence[Weeks]],
) -> list[_Level]:
    """The newest figures that are all off, and to the same side; the oldest first."""
    run: list[_Level] = []
    for slot in reversed(recent):
        if slot not in known:
            continue
        level = _judge(known[slot], known, beside[slot])
        if level is None or (run and level.direction != run[-1].direction):
            break
        run.append(level)
    return run[::-1]


def _judge(total: Total, known: Mapping[datetime, Total], sets: Sequence[Weeks]) -> _Level | None:
    """How far the figure is off, None where it is not or nothing can be said."""
    if total.organisations < _LEAST_ORGANISATIONS:
        return None
    found: _Level | None = None
    for weeks in sets:
        usual = _usual(known, weeks, total)
        if len(usual) < LEAST_WEEKS:
            continue
        values = [value for week in usual for value in week]
        if not _is_off(total.value, values):
            return None
        found = found or _Level(total, median(values), len(usual))
    return found


def _usual(known: Mapping[datetime, Total], weeks: Weeks, total: Total) -> list[list[float]]:
    """The figures of each week for as many organisations, or sites, as report now.

    Slots that had less than half or more than twice as many are no measure.
    """
    usual = []
    for slots in weeks:
        there = [known[slot] for slot in slots if slot in known]
        values = [
            one.value * total.parts / one.parts
            for one in there
            if one.parts and 0.5 <= one.parts / total.parts <= 2
        ]
        if values:
            usual.append(values)
    return usual


def _is_off(value: float, usual: Sequence[float]) -> bool:
    expected = median(usual)
    spread = _TO_STANDARD_DEVIATION * median(abs(one - expected) for one in usual)
    # Counts vary by the root of their size at least, however alike a few weeks happen to be.
    spread = max(spread, sqrt(max(expected, value, 1.0)))
    is_far = value > expected * _FACTOR or value < expected / _FACTOR
    return is_far and abs(value - expected) > _SPREADS * spread


def _finding(
    run: Sequence[_Level], measure: str, collection: str, cadence: Cadence
) -> WatchFinding:
    newest, since = run[-1], run[0].total.slot
    level = "above" if newest.direction > 0 else "below"
    when = tell_time(newest.total.slot, is_day=cadence.is_daily)
    message = (
        f"England's {measure} is {tell_number(newest.total.value)} for {when}, far {level} the "
        f"{tell_number(newest.expected)} that {newest.total.organisations} organisations had at "
        f"that time in {newest.weeks} recent weeks."
    )
    return watch_finding(LEVEL, collection, None, f"{measure} {level}", since, message)


def _look(scene: Scene, collection: Collection) -> list[WatchFinding]:
    cadence = collection.cadence
    recent = slots_in_question(scene.moment, cadence)
    totals = _fetch(scene, collection, added_up(collection), all_needed(recent, cadence))
    return find_off_level(totals, recent, collection.collection, cadence)


def _fetch(
    scene: Scene, collection: Collection, measures: Sequence[str], slots: Sequence[datetime]
) -> list[Total]:
    """England's figures of these slots."""
    if not measures:
        return []
    is_daily = collection.cadence.is_daily
    time = "report_date" if is_daily else "slot_start"
    sql = render(
        Path(__file__).parent,
        "level",
        mart="national_daily" if is_daily else "national_slot",
        collection=collection.collection,
        time=time,
        measures=literals.texts(measures),
        first=slot_literal(collection, slots[0]),
        in_slots=in_slots(collection, time, slots),
    )
    return [
        Total(measure, slot_of(slot), value, organisations, parts)
        for measure, slot, value, organisations, parts in scene.connection.execute(sql).fetchall()
        if value is not None
    ]


MONITOR = PerCollection((LEVEL,), _look)
