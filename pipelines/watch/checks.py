"""Every check of the watch with what it fetches and what it makes of it.

A check that fails costs its own findings only: what the others find is kept and told.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.landing.landing import Manifest
from pipelines.parse.patient_data import PATIENT_DATA_CODES
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Stage
from pipelines.registry.registry import Registry
from pipelines.watch import kinds
from pipelines.watch.counter_fell import counters, find_falls
from pipelines.watch.level import LOOK_BACK, LOOK_BACK_DAILY, added_up, find_off_level
from pipelines.watch.refused_patient_data import find_patient_data
from pipelines.watch.row_count import find_row_changes
from pipelines.watch.silent import find_silences, tell_silences
from pipelines.watch.stuck import COMPARED, COMPARED_DAILY, find_stuck, long_runs, look_back
from pipelines.watch.unknown_codes import codes_of_unknown, find_unknown
from pipelines.watch.usual import all_needed, newest_complete, recent_slots
from pipelines.watch.waiting import find_waiting
from pipelines.watch.watch_finding import WatchFinding

if TYPE_CHECKING:
    import duckdb

_DAY = timedelta(days=1)
"""Issues and falls are told for a day: long enough to be read, and gone when they stay away."""
_BEFORE = timedelta(hours=1)
"""A fall is seen from the slot before, or from one before a gap."""


@dataclass(frozen=True)
class Scene:
    """What all checks look at."""

    connection: "duckdb.DuckDBPyConnection"
    registry: Registry
    waiting: tuple[Manifest, ...]
    moment: datetime


@dataclass(frozen=True)
class Check:
    """One check: which findings it gives, of which collection (None: of all), and how."""

    codes: frozenset[str]
    collection: str | None
    run: Callable[[], Iterable[WatchFinding]]

    def looks_for(self, finding: WatchFinding) -> bool:
        """Whether it would find that again."""
        return finding.code in self.codes and self.collection in (None, finding.collection)


def all_checks(scene: Scene) -> Iterator[Check]:
    """Every check, those of one collection for each."""
    silences = (kinds.SILENT, kinds.SOURCE_SILENT, kinds.GIVES_NOTHING)
    yield _check(lambda: _silent(scene), *silences)
    yield _check(lambda: _patient_data(scene), kinds.PATIENT_DATA)
    yield _check(lambda: _unknown(scene), kinds.UNKNOWN_CODE)
    yield _check(lambda: find_waiting(scene.waiting, scene.registry, scene.moment), kinds.WAITING)
    for name, collection in scene.registry.collections.items():
        for code, look in (
            (kinds.STUCK, _stuck),
            (kinds.COUNTER_FELL, _falls),
            (kinds.LEVEL, _level),
            (kinds.ROWS, _rows),
        ):
            yield Check(frozenset({code}), name, _bind(look, scene, collection))


def _check(run: Callable[[], Iterable[WatchFinding]], *codes: str) -> Check:
    return Check(frozenset(codes), None, run)


def _bind(
    look: Callable[[Scene, Collection], list[WatchFinding]], scene: Scene, collection: Collection
) -> Callable[[], list[WatchFinding]]:
    return lambda: look(scene, collection)


def _silent(scene: Scene) -> list[WatchFinding]:
    from pipelines.watch.watch_inputs import fetch_arrivals, fetch_feed_slots

    slots = fetch_feed_slots(scene.connection, scene.registry, scene.moment)
    waiting = {manifest.feed_id for manifest in scene.waiting}
    silences = find_silences(slots, scene.registry, waiting)
    arrivals = fetch_arrivals(scene.connection, silences, scene.moment)
    return tell_silences(silences, slots, scene.registry, arrivals)


def _patient_data(scene: Scene) -> list[WatchFinding]:
    from pipelines.watch.watch_inputs import fetch_refused

    return find_patient_data(
        fetch_refused(scene.connection, PATIENT_DATA_CODES, scene.moment - _DAY)
    )


def _unknown(scene: Scene) -> list[WatchFinding]:
    from pipelines.watch.watch_inputs import fetch_unknown

    codes = codes_of_unknown(scene.registry.collections.values())
    return find_unknown(fetch_unknown(scene.connection, codes, scene.moment - _DAY))


def _stuck(scene: Scene, collection: Collection) -> list[WatchFinding]:
    """Most keys are let go after a look at their last slots; only the others cost more."""
    from pipelines.watch.watch_inputs import fetch_readings

    cadence, until = collection.cadence, scene.moment
    recent = fetch_readings(scene.connection, collection, until - look_back(cadence), until)
    suspects = sorted(long_runs(recent, cadence))
    if not suspects:
        return []
    first = until - (COMPARED_DAILY if cadence.is_daily else COMPARED)
    readings = fetch_readings(scene.connection, collection, first, until, suspects)
    found = find_stuck(readings, collection.collection, cadence)
    return [one for one in found if _is_in_use(one.feed_id, scene.registry)]


def _is_in_use(feed_id: str | None, registry: Registry) -> bool:
    """Whether it is a feed whose values are read by somebody: live, or testing."""
    feed = registry.feeds.get(feed_id or "")
    return feed is not None and feed.stage in (Stage.LIVE, Stage.TESTING)


def _falls(scene: Scene, collection: Collection) -> list[WatchFinding]:
    from pipelines.watch.watch_inputs import fetch_falls

    names, until = counters(collection), scene.moment
    falls = fetch_falls(scene.connection, collection, names, until - _DAY - _BEFORE, until)
    found = find_falls(falls, collection.collection)
    return [one for one in found if _is_in_use(one.feed_id, scene.registry)]


def _level(scene: Scene, collection: Collection) -> list[WatchFinding]:
    from pipelines.watch.watch_inputs import fetch_totals

    recent = _recent(scene, collection)
    slots = all_needed(recent, collection.cadence)
    totals = fetch_totals(scene.connection, collection, added_up(collection), slots)
    return find_off_level(totals, recent, collection.collection, collection.cadence)


def _rows(scene: Scene, collection: Collection) -> list[WatchFinding]:
    from pipelines.watch.watch_inputs import fetch_rows

    recent = _recent(scene, collection)
    rows = fetch_rows(scene.connection, collection, all_needed(recent, collection.cadence))
    return find_row_changes(rows, recent, collection.collection, collection.cadence)


def _recent(scene: Scene, collection: Collection) -> list[datetime]:
    """The complete slots that a change is looked for in."""
    cadence = collection.cadence
    newest = newest_complete(scene.moment, cadence)
    return recent_slots(newest, LOOK_BACK_DAILY if cadence.is_daily else LOOK_BACK, cadence)
