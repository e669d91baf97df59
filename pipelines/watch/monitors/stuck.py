"""A feed that is stuck: files come on time, each for its own slot, with the same old values.

An extract that stops while the export goes on is the fault that no rule of a contract can see:
every file is right by itself, no slot is missing, and the picture of a hospital stands still.

Equal values alone prove nothing. A small unit at night has the same beds, the same level and
nobody in the department for hours, and a count since midnight stays where nobody comes. So a run
of equal slots is compared with what the same site did at the same time of day before: how often was
a slot of it equal to the one before? A run is reported when it is long, and would be all but
impossible at that rate. What this cannot see: a feed with fewer than three values above zero, or
with one value that moves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path

from pipelines.registry.cadence import Cadence
from pipelines.registry.contract import Collection
from pipelines.watch.monitor import PerCollection
from pipelines.watch.scene import Scene
from pipelines.watch.sql_words import key_columns, slot_literal, slot_of
from pipelines.watch.watch_finding import WatchFinding, WatchKind, tell_time, watch_finding
from warehouse.store import literals
from warehouse.store.sql import render

STUCK = WatchKind(
    "WATCH-002",
    "A feed is stuck",
    urgency=60,
    fix=(
        "Ask the provider to restart the export or the extract behind it. Files still come, so its "
        "own monitoring may not show the fault. Treat the figures since then as unknown."
    ),
    no_help="Waiting for the next file, or having these sent again: they hold the same old values.",
    sender_fix="Restart the export or the extract behind it: files come with the same old values.",
)

_STUCK_MINUTES = 180
"""Twelve quarter-hours: an emergency department has some movement within three hours."""
_LEAST_DAYS = 3
"""Daily figures in hundreds do not even come twice; three allow for one day sent again."""
_LEAST_VALUES = 3
"""Values above zero, levels left out. Beds open and occupied alone may well stay for hours."""
_CHANCE = 1e-6
"""Chance below which a run of quarter-hours is reported. 250 sites have 24,000 slots a day: at this
rate all of them together have a false report in about six weeks, at the worst."""
_CHANCE_DAILY = 0.01
"""A daily feed has too few days to be surer: three equal days are reported after ten others."""
_COMPARED = timedelta(days=8)
"""A week of nights before a run of some hours, each weekday once."""
_COMPARED_DAILY = timedelta(days=24)
"""Three weeks before a run of three days."""
_MARGIN_SLOTS = 8
"""Slots that may have come late, or not at all, since the newest values: two hours of them."""
_MARGIN_DAYS = 4
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SlotValues:
    """What one site or organisation gave for one slot."""

    feed_id: str
    key: str
    slot: datetime
    fingerprint: int
    """Equal for two slots where all measures are."""
    values: int
    """Measures above zero, levels left out."""


@dataclass(frozen=True, slots=True)
class EqualRun:
    """The newest slots of a key whose values are all equal, in their order."""

    slots: tuple[SlotValues, ...]

    @property
    def first(self) -> SlotValues:
        """The first of the equal slots."""
        return self.slots[0]

    @property
    def last(self) -> SlotValues:
        """The newest slot."""
        return self.slots[-1]


def least_run(cadence: Cadence) -> int:
    """So many equal slots in a row are looked at."""
    return _LEAST_DAYS if cadence.is_daily else max(2, _STUCK_MINUTES // cadence.slot_minutes)


def look_back(cadence: Cadence) -> timedelta:
    """How far back a first look goes, that lets most keys go."""
    margin = _MARGIN_DAYS if cadence.is_daily else _MARGIN_SLOTS
    return timedelta(minutes=cadence.slot_minutes) * (least_run(cadence) + margin)


def long_runs(values: Iterable[SlotValues], cadence: Cadence) -> dict[str, EqualRun]:
    """By key, the runs of its newest slots that are long enough to be looked at."""
    runs = {}
    for key, own in _by_key(values).items():
        run = _newest_run(own)
        if len(run.slots) >= least_run(cadence) and run.last.values >= _LEAST_VALUES:
            runs[key] = run
    return runs


def find_stuck(
    values: Iterable[SlotValues], collection: str, cadence: Cadence
) -> list[WatchFinding]:
    """A finding for each key whose newest slots are equal for longer than can be chance."""
    values = list(values)
    before = _by_key(values)
    findings = []
    for key, run in sorted(long_runs(values, cadence).items()):
        limit = _CHANCE_DAILY if cadence.is_daily else _CHANCE
        if _chance(run, before[key], cadence) > limit:
            continue
        since = run.first.slot
        findings.append(
            watch_finding(
                STUCK,
                collection,
                run.last.feed_id,
                key,
                since,
                f"{key} repeated identical figures for {len(run.slots)} slots, from "
                f"{tell_time(since, is_day=cadence.is_daily)} on; {run.last.values} are above "
                "zero.",
            )
        )
    return findings


def _by_key(values: Iterable[SlotValues]) -> Mapping[str, Sequence[SlotValues]]:
    ordered = sorted(values, key=attrgetter("key", "slot"))
    return {key: list(own) for key, own in groupby(ordered, key=attrgetter("key"))}


def _newest_run(slots: Sequence[SlotValues]) -> EqualRun:
    newest = slots[-1]
    first = len(slots) - 1
    while first > 0 and slots[first - 1].fingerprint == newest.fingerprint:
        first -= 1
    return EqualRun(tuple(slots[first:]))


def _chance(run: EqualRun, slots: Sequence[SlotValues], cadence: Cadence) -> float:
    """How likely so long a run is, by what the key did at the same time of the days before.

    Each step counts as one throw. The first and the last guess of a coin are added to the count
    (Laplace), so that few steps say little: without any a run needs 21 quarter-hours, or 8 days.
    """
    length = timedelta(minutes=cadence.slot_minutes)
    span = run.last.slot - run.first.slot
    steps = same = 0
    for earlier, later in pairwise(slots):
        if later.slot >= run.first.slot:
            break
        is_next = later.slot - earlier.slot <= length * 1.5
        if is_next and (run.last.slot - later.slot) % _DAY <= span:
            steps += 1
            same += earlier.fingerprint == later.fingerprint
    return float(((same + 1) / (steps + 2)) ** (len(run.slots) - 1))


def _look(scene: Scene, collection: Collection) -> list[WatchFinding]:
    """Most keys are let go after a look at their last slots; only the others cost more."""
    cadence, until = collection.cadence, scene.moment
    suspects = sorted(long_runs(_fetch(scene, collection, until - look_back(cadence)), cadence))
    if not suspects:
        return []
    first = until - (_COMPARED_DAILY if cadence.is_daily else _COMPARED)
    found = find_stuck(_fetch(scene, collection, first, suspects), collection.collection, cadence)
    return [one for one in found if scene.is_in_use(one.feed_id)]


def _fetch(
    scene: Scene, collection: Collection, first: datetime, keys: Iterable[str] | None = None
) -> list[SlotValues]:
    """What each site or organisation gave for the slots since; of the keys named, or of all."""
    sql = render(
        Path(__file__).parent,
        "stuck",
        collection=collection.collection,
        keys=key_columns(collection),
        time=collection.time_column,
        measures=[one.name for one in collection.measures],
        counted=[one.name for one in collection.measures if one.type in ("count", "decimal")],
        first=slot_literal(collection, first),
        until=slot_literal(collection, scene.moment),
        chosen_keys=None if keys is None else literals.texts(keys),
    )
    return [
        SlotValues(feed_id, key, slot_of(slot), fingerprint, above_zero)
        for feed_id, key, slot, fingerprint, above_zero in scene.connection.execute(sql).fetchall()
    ]


MONITOR = PerCollection((STUCK,), _look)
