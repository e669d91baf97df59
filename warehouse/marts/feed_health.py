"""How the feeds stand: their health, the state of their recent slots, and the coverage."""

from datetime import datetime, timedelta

from pipelines.base.clock import london_date
from pipelines.registry.registry import Registry
from warehouse.marts.mart_queries import mart_sql
from warehouse.marts.slot_grid import expected_feeds, slot_status_sql

_QUARTER_HOURS_SHOWN = timedelta(days=3)
_DAYS_SHOWN = timedelta(days=35)
"""How far back a publication tells the state of slots: enough for a week-end, and for a month."""
_QUARTER_HOURS_JUDGED = timedelta(days=1)
_DAYS_JUDGED = timedelta(days=14)
"""How far back a feed's health looks."""


def recent_slots_sql(registry: Registry, moment: datetime) -> str:
    """A query for the state of the slots that a publication made at the moment tells of."""
    return _slots_sql(registry, moment, _QUARTER_HOURS_SHOWN, _DAYS_SHOWN)


def feed_status_sql(registry: Registry, moment: datetime) -> str:
    """A query for how each configured feed stands at the moment."""
    slots = _slots_sql(registry, moment, _QUARTER_HOURS_JUDGED, _DAYS_JUDGED)
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


def _slots_sql(
    registry: Registry, moment: datetime, quarter_hours: timedelta, days: timedelta
) -> str:
    """The slots of daily feeds over some days, and of the others over some hours."""
    parts = []
    for is_daily, back in ((True, days), (False, quarter_hours)):
        feeds = [
            feed
            for feed in expected_feeds(registry)
            if registry.collections[feed.collection].cadence.is_daily == is_daily
        ]
        parts.append(f"SELECT * FROM ({slot_status_sql(feeds, moment - back, moment, moment)})")
    return " UNION ALL ".join(parts)


def _configured_feeds(registry: Registry) -> str:
    """A query for the feeds as they are configured."""
    return mart_sql("configured_feeds", feeds=registry.feeds.values())
