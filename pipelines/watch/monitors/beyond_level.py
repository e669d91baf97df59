"""A published figure that is at or beyond the level at which the control room wants to know.

Whether a figure is bad is for the control room to say, in `alert_levels.yaml`; what this adds is
that it is told once. An episode begins at the start level and lasts until the stop level. It is
judged on figures that the publication has, since those are what people see.

A figure falls when those stop reporting who made it high. So one of too few of those expected
begins no alert and ends none, and none ends while somebody is missing who reported when it began:
it is paused, stays open and says who is missing. The one thing that a partial figure can prove is
that a sum of counts is at or above a level, since whoever is missing can only add to it. A
figure that is too old tells of the past and changes nothing. What this cannot see: whether a
level is wise, and a figure that comes back from beyond its level between two looks.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from pipelines.registry.slots import slot_at
from pipelines.watch.alert_levels import AlertLevel, LevelArea, adds_up, read_alert_levels
from pipelines.watch.monitor import Check, Monitor
from pipelines.watch.scene import Scene
from pipelines.watch.sql_words import instant_of, slot_literal
from pipelines.watch.watch_finding import (
    WatchFinding,
    WatchKind,
    tell_number,
    tell_some,
    tell_time,
    watch_finding,
)
from warehouse.publish.publications import current_path
from warehouse.store import literals
from warehouse.store.reader import read_publication
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

BEYOND_LEVEL = WatchKind(
    "WATCH-024",
    "A figure is beyond its alert level",
    urgency=27,
    fix="Look at the figure's page for the areas and organisations behind it.",
    no_help="Publishing or sending again: it is over when the figure is at the level of its end.",
    is_by_measure=True,
)

_OLD_SLOTS = 3
"""Slots that nobody gave in time: one is late now and then, after three something has stopped."""

Gave = Callable[[datetime], frozenset[str]]
"""The codes of those who gave the measure for the slot that began then."""


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """The newest figure of a measure and an area, and of whom it is."""

    measure: str
    code: str
    place: str
    value: float | None
    unit: str
    slot: datetime | None
    reporting: int
    expected: int
    organisations: str
    missing: tuple[str, ...]
    """Who is expected and gave none; each begins with a code."""


@dataclass(frozen=True, slots=True)
class LevelJudge:
    """Judges the figures of one level."""

    collection: Collection
    level: AlertLevel
    version: str
    moment: datetime

    def judge(
        self, figure: PublishedFigure, began: WatchFinding | None, gave: Gave
    ) -> WatchFinding | None:
        """The alert as it stands; None where there is none, or it is over.

        `began` is the alert that is open, `gave` tells who reported when it began.
        """
        why = self._why_paused(figure, began, gave)
        if why is not None:
            return began and self._finding(figure, began.since, f"Paused: {why}. ")
        assert figure.value is not None and figure.slot is not None
        if self.level.is_beyond(figure.value) or (began and not self.level.is_calm(figure.value)):
            return self._finding(figure, began.since if began else figure.slot)
        return None

    def _why_paused(
        self, figure: PublishedFigure, began: WatchFinding | None, gave: Gave
    ) -> str | None:
        """Why the figure can neither begin nor end an alert; None where it can."""
        level = self.level
        if figure.value is None or figure.slot is None:
            return "no figure came lately"
        cadence = self.collection.cadence
        late_after = slot_at(cadence, figure.slot).late_after
        if self.moment > late_after + _OLD_SLOTS * timedelta(minutes=cadence.slot_minutes):
            return "the newest figure is too old"
        is_certain = level.at_least is not None and adds_up(self.collection, level.measure)
        if is_certain and level.is_beyond(figure.value):
            return None
        if figure.reporting < level.least_reporting * figure.expected:
            return _few(figure, figure.missing)
        if began and figure.missing and level.is_calm(figure.value):
            before = gave(began.since)
            if gone := [one for one in figure.missing if one.split(" ")[0] in before]:
                return _few(figure, gone)
        return None

    def _finding(self, figure: PublishedFigure, since: datetime, paused: str = "") -> WatchFinding:
        level, unit = self.level, figure.unit
        begins = "or more" if level.at_least is not None else "or less"
        ends = "or less" if level.at_least is not None else "or more"
        told = ""
        if figure.value is not None and figure.slot is not None:
            when = tell_time(figure.slot, is_day=self.collection.cadence.is_dated)
            told = f"{figure.place}: {level.measure} is {_value(figure.value, unit)} for {when}"
            told += f", from {figure.reporting} of {figure.expected} {figure.organisations}. "
        message = (
            f"{paused}{told}{level.means} Alert at {_value(level.start, unit)} {begins}, over at "
            f"{_value(level.stop, unit)} {ends}. {level.source} (Version {self.version}.)"
        )
        name, subject = self.collection.collection, level.subject(figure.code)
        return watch_finding(BEYOND_LEVEL, name, None, subject, since, message, level.do)


def _few(figure: PublishedFigure, missing: Sequence[str]) -> str:
    told = f"only {figure.reporting} of {figure.expected} {figure.organisations} report"
    return f"{told}; missing {tell_some(missing)}" if missing else told


def _value(value: float, unit: str) -> str:
    return f"{tell_number(value)}%" if unit == "%" else f"{tell_number(value)} {unit}"


class _PublishedFigures(Monitor):
    """Looks at each collection; what is wrong with the levels costs these alerts only, once."""

    def checks(self, scene: Scene) -> Iterator[Check]:
        """One question for each collection, all of one publication."""
        levels, path = read_alert_levels(scene.registry), current_path(scene.home)
        for name, collection in scene.registry.collections.items():
            judges = [
                LevelJudge(collection, one, levels.version.isoformat(), scene.moment)
                for one in levels.of(name)
            ]
            yield Check(self.kinds, name, partial(_look, scene, collection, judges, path))


def _look(
    scene: Scene, collection: Collection, judges: Sequence[LevelJudge], path: Path | None
) -> list[WatchFinding]:
    began = {
        row.finding.subject: row.finding
        for row in scene.open_before
        if row.finding.code == BEYOND_LEVEL.code and row.finding.collection == collection.collection
    }
    if path is None:
        return list(began.values())
    if not judges:
        return []
    findings = []
    with read_publication(path) as reader:
        for one in judges:
            gave = partial(_fetch_who_gave, reader, collection, one.level)
            for figure in _fetch(reader, collection.collection, one.level):
                found = one.judge(figure, began.get(one.level.subject(figure.code)), gave)
                findings += [found] if found else []
    return findings


def _fetch(
    reader: "duckdb.DuckDBPyConnection", collection: str, level: AlertLevel
) -> list[PublishedFigure]:
    """The newest figure of each area of the level."""
    between = ", " if level.area == "trust" else "; "
    sql = render(
        Path(__file__).parent,
        "beyond_level",
        area=level.area,
        collection=literals.text(collection),
        measure=literals.text(level.measure),
    )
    return [
        PublishedFigure(
            level.measure, code, place, value, unit, instant_of(slot), reporting, expected,
            organisations, tuple(missing.split(between)) if missing else (),
        )
        for code, place, value, unit, slot, reporting, expected, organisations, missing
        in reader.execute(sql).fetchall()
    ]  # fmt: skip


def _fetch_who_gave(
    reader: "duckdb.DuckDBPyConnection", collection: Collection, level: AlertLevel, slot: datetime
) -> frozenset[str]:
    """The codes of those who gave the measure for that slot: sites where the area is a trust."""
    ratios = {one.name: one.measures for one in collection.ratios}
    sql = render(
        Path(__file__).parent,
        "beyond_level_gave",
        who=_who(collection, level.area),
        collection=collection.collection,
        time=collection.time_column,
        slot=slot_literal(collection, slot),
        measures=ratios.get(level.measure, (level.measure,)),
    )
    return frozenset(code for (code,) in reader.execute(sql).fetchall())


def _who(collection: Collection, area: LevelArea) -> str:
    site = collection.site_column if area == "trust" else None
    return site or collection.organisation_column


MONITOR = _PublishedFigures((BEYOND_LEVEL,))
