"""How the feeds stand: their health, the state of their recent slots, and the coverage."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.base.clock import london_date
from pipelines.registry.cadence import SlotKind
from pipelines.registry.feed import Feed, Stage
from pipelines.registry.registry import Registry
from pipelines.registry.slots import slots_between
from warehouse.marts.mart_queries import mart_sql
from warehouse.marts.slot_grid import expected_feeds, slot_status_sql

_QUARTER_HOURS_SHOWN = timedelta(days=3)
_DAYS_SHOWN = timedelta(days=35)
_MONTHS_SHOWN = timedelta(days=400)
"""How far back a publication tells the state of slots: enough for a week-end, a month, and a year
of months."""
_SHOWN = {
    SlotKind.MINUTES: _QUARTER_HOURS_SHOWN,
    SlotKind.DAY: _DAYS_SHOWN,
    SlotKind.MONTH: _MONTHS_SHOWN,
}
_JUDGED = {
    SlotKind.MINUTES: timedelta(days=1),
    SlotKind.DAY: timedelta(days=14),
    SlotKind.MONTH: timedelta(days=190),
}
"""How far back a feed's health looks; half a year of months."""
_COVERAGE_SHOWN = timedelta(days=400)
"""A year, and a month to see how it stood a year ago."""


def recent_slots_sql(registry: Registry, moment: datetime) -> str:
    """A query for the state of the slots that a publication made at the moment tells of."""
    return _slots_sql(registry, moment, _SHOWN)


def counted_slots_sql(registry: Registry, moment: datetime) -> str:
    """The same of live feeds only: what is missing there is missing in the nation's figures."""
    live = {one.feed_id: one for one in registry.feeds.values() if one.stage is Stage.LIVE}
    return recent_slots_sql(replace(registry, feeds=live), moment)


def feed_status_sql(registry: Registry, moment: datetime) -> str:
    """A query for how each configured feed stands at the moment."""
    slots = _slots_sql(registry, moment, _JUDGED)
    return mart_sql("feed_status", configured=_configured_feeds(registry), slots=slots)


def feed_day_status_sql(registry: Registry, moment: datetime) -> str:
    """A query for how the slots of each day came, of the last weeks, for each feed."""
    return mart_sql(
        "feed_day_status",
        feeds=expected_feeds(registry),
        first=london_date(moment - _DAYS_SHOWN),
        now=moment,
    )


def coverage_sql(registry: Registry) -> str:
    """A query for the members of each collection's cohort that have a live feed."""
    return mart_sql(
        "coverage",
        feeds=registry.feeds.values(),
        collections=[one for one in registry.collections.values() if one.coverage is not None],
    )


def coverage_day_sql(registry: Registry, moment: datetime) -> str:
    """A query for the coverage at the end of each day, as the recorded stages tell it."""
    return mart_sql(
        "coverage_day",
        collections=[one for one in registry.collections.values() if one.coverage is not None],
        today=london_date(moment),
        since=london_date(moment - _COVERAGE_SHOWN),
    )


def stage_change_sql() -> str:
    """A query for every change of the stage of a feed."""
    return mart_sql("stage_change")


def _slots_sql(registry: Registry, moment: datetime, back: Mapping[SlotKind, timedelta]) -> str:
    """The slots of all expected feeds, those of each kind over its own time before the moment."""
    by_kind: dict[SlotKind, list[Feed]] = {SlotKind.DAY: [], SlotKind.MINUTES: []}
    for feed in expected_feeds(registry):
        kind = registry.collections[feed.collection].cadence.kind
        by_kind.setdefault(kind, []).append(feed)
    parts = []
    for kind, feeds in by_kind.items():
        first = moment - back[kind]
        starts: list[datetime] = []
        if kind is SlotKind.MONTH:
            cadence = registry.collections[feeds[0].collection].cadence
            starts = [slot.start for slot in slots_between(cadence, first, moment)]
        parts.append(f"SELECT * FROM ({slot_status_sql(feeds, first, moment, moment, starts)})")
    return " UNION ALL ".join(parts)


def _configured_feeds(registry: Registry) -> str:
    """A query for the feeds as they are configured."""
    return mart_sql("configured_feeds", feeds=registry.feeds.values())
