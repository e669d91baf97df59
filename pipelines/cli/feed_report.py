"""How the feeds and their slots stand, as the command line tells it."""

from datetime import timedelta
from typing import Any

from pipelines.base.clock import now, parse_instant
from pipelines.base.errors import UsageError
from pipelines.base.settings import settings
from pipelines.registry.registry import Registry, load_registry

_STATUSES = ("on_time", "late", "missing", "awaited")


def read_feeds(collection: str | None) -> list[dict[str, Any]]:
    """A row for each configured feed with its health; raises `UsageError` for no collection."""
    from warehouse.marts.feed_health import feed_status_sql

    registry = _registry_with(collection)
    rows = _read(registry, feed_status_sql(registry, now()))
    return [row for row in rows if collection in (None, row["collection"])]


def read_coverage(collection: str | None) -> list[dict[str, Any]]:
    """A row for each collection: how many of its providers are live."""
    from warehouse.marts.feed_health import coverage_sql

    registry = _registry_with(collection)
    rows = _read(registry, coverage_sql(registry))
    return [row for row in rows if collection in (None, row["collection"])]


def read_slots(
    feed_id: str, start: str | None, end: str | None, status: str | None
) -> list[dict[str, Any]]:
    """A row for each slot that is expected of the feed; raises `UsageError` for what is unknown."""
    from warehouse.marts.slot_grid import slot_status_sql

    if status is not None and status not in _STATUSES:
        raise UsageError(f"'{status}' is not a state of a slot. Choose: {', '.join(_STATUSES)}.")
    registry = load_registry()
    feed = registry.feed(feed_id)
    moment = now()
    last = parse_instant(end) if end else moment
    first = parse_instant(start) if start else last - timedelta(days=1)
    rows = _read(registry, slot_status_sql([feed], first, last, moment))
    return [row for row in rows if status in (None, row["status"])]


def _registry_with(collection: str | None) -> Registry:
    registry = load_registry()
    if collection is not None:
        registry.collection(collection)
    return registry


def _read(registry: Registry, sql: str) -> list[dict[str, Any]]:
    from warehouse.marts.slot_grid import ensure_grid
    from warehouse.store.connection import open_warehouse

    with open_warehouse(settings().root) as connection:
        ensure_grid(connection, registry, now())
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
