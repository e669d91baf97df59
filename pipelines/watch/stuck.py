"""A feed that is stuck: files come on time, each for its own slot, with the same old values.

An extract that stops while the export goes on is the fault that no rule of a contract can see:
every file is right by itself, no slot is missing, and the picture of a hospital stands still.

Equal values alone prove nothing. A small unit at night has the same beds, the same level and
nobody in the department for hours, and a count since midnight stays where nobody comes. So a run
of equal rows is set against what the same site did at the same time of day before: how often is
a slot of it equal to the one before? A run is reported when it is long, and would be all but
impossible at that rate. What this cannot see: a feed with fewer than three values above nought, or
one of whose values moves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter

from pipelines.registry.contract import Cadence
from pipelines.watch.kinds import STUCK
from pipelines.watch.watch_finding import WatchFinding, tell_time, watch_finding

_STUCK_MINUTES = 180
"""Twelve quarter-hours: an emergency department has some movement within three hours."""
_LEAST_DAYS = 3
"""Daily figures in hundreds do not even come twice; three allow for one day sent again."""
_LEAST_VALUES = 3
"""Values above nought, levels left out. Beds open and occupied alone may well stay for hours."""
_CHANCE = 1e-6
"""Chance below which a run of quarter-hours is reported. 250 sites have 24,000 slots a day: at this
rate the fleet has a false report in about six weeks, at the worst."""
_CHANCE_DAILY = 0.01
"""A daily feed has too few days to be surer: three equal days are reported after ten others."""
COMPARED = timedelta(days=8)
"""A week of nights before a run of some hours, each weekday once."""
COMPARED_DAILY = timedelta(days=24)
"""Three weeks before a run of three days."""
_MARGIN_SLOTS = 8
"""Slots that may have come late, or not at all, since the newest reading: two hours of them."""
_MARGIN_DAYS = 4
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one site or organisation gave for one slot."""

    feed_id: str
    key: str
    slot: datetime
    fingerprint: int
    """Equal for two slots where all measures are."""
    values: int
    """Measures above nought, levels left out."""


@dataclass(frozen=True, slots=True)
class Run:
    """The newest readings of a key that are all equal, in the order of their slots."""

    readings: tuple[Reading, ...]

    @property
    def first(self) -> Reading:
        """The first of the equal readings."""
        return self.readings[0]

    @property
    def last(self) -> Reading:
        """The newest reading."""
        return self.readings[-1]


def least_run(cadence: Cadence) -> int:
    """So many equal slots in a row are looked at."""
    return _LEAST_DAYS if cadence.is_daily else max(2, _STUCK_MINUTES // cadence.slot_minutes)


def look_back(cadence: Cadence) -> timedelta:
    """How far back a first look goes, that lets most keys go."""
    margin = _MARGIN_DAYS if cadence.is_daily else _MARGIN_SLOTS
    return timedelta(minutes=cadence.slot_minutes) * (least_run(cadence) + margin)


def long_runs(readings: Iterable[Reading], cadence: Cadence) -> dict[str, Run]:
    """By key, the runs at the end of the readings that are long enough to be looked at."""
    runs = {}
    for key, own in _by_key(readings).items():
        run = _newest_run(own)
        if len(run.readings) >= least_run(cadence) and run.last.values >= _LEAST_VALUES:
            runs[key] = run
    return runs


def find_stuck(
    readings: Iterable[Reading], collection: str, cadence: Cadence
) -> list[WatchFinding]:
    """A finding for each key whose newest readings are equal for longer than can be chance."""
    readings = list(readings)
    before = _by_key(readings)
    findings = []
    for key, run in sorted(long_runs(readings, cadence).items()):
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
                f"{key} has sent the same {run.last.values} values above nought, and all others "
                f"alike, for {len(run.readings)} slots in a row, from "
                f"{tell_time(since, is_day=cadence.is_daily)} on.",
            )
        )
    return findings


def _by_key(readings: Iterable[Reading]) -> Mapping[str, Sequence[Reading]]:
    ordered = sorted(readings, key=attrgetter("key", "slot"))
    return {key: list(own) for key, own in groupby(ordered, key=attrgetter("key"))}


def _newest_run(readings: Sequence[Reading]) -> Run:
    newest = readings[-1]
    first = len(readings) - 1
    while first > 0 and readings[first - 1].fingerprint == newest.fingerprint:
        first -= 1
    return Run(tuple(readings[first:]))


def _chance(run: Run, readings: Sequence[Reading], cadence: Cadence) -> float:
    """How likely so long a run is, by what the key did at the same time of the days before.

    Each step counts as one throw. The first and the last guess of a coin are added to the count
    (Laplace), so that few steps say little: without any a run needs 21 quarter-hours, or 8 days.
    """
    length = timedelta(minutes=cadence.slot_minutes)
    span = run.last.slot - run.first.slot
    steps = same = 0
    for earlier, later in pairwise(readings):
        if later.slot >= run.first.slot:
            break
        is_next = later.slot - earlier.slot <= length * 1.5
        if is_next and (run.last.slot - later.slot) % _DAY <= span:
            steps += 1
            same += earlier.fingerprint == later.fingerprint
    return float(((same + 1) / (steps + 2)) ** (len(run.readings) - 1))
