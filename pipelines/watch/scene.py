"""What every monitor looks at."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.landing.landing import Manifest
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    import duckdb

_IN_USE = ("live", "testing")
"""Stages in which somebody reads a feed's values."""


@dataclass(frozen=True)
class Scene:
    """The warehouse, the registry, the files that wait, and the moment of the look."""

    connection: "duckdb.DuckDBPyConnection"
    registry: Registry
    waiting: tuple[Manifest, ...]
    moment: datetime

    def is_in_use(self, feed_id: str | None) -> bool:
        """Whether somebody reads the feed's values."""
        feed = self.registry.feeds.get(feed_id or "")
        return feed is not None and feed.stage in _IN_USE

    def registry_of(self, collection: str) -> Registry:
        """The registry as if there were this collection and its feeds only."""
        return replace(
            self.registry,
            collections={collection: self.registry.collections[collection]},
            feeds={feed.feed_id: feed for feed in self.registry.feeds_of(collection)},
        )


def set_scene(
    connection: "duckdb.DuckDBPyConnection",
    registry: Registry,
    waiting: tuple[Manifest, ...],
    moment: datetime,
) -> Scene:
    """The warehouse has every table and slot that the monitors look at."""
    from warehouse.marts.slot_grid import ensure_grid
    from warehouse.store.migrate import ensure_history

    for collection in registry.collections.values():
        ensure_history(connection, collection)
    ensure_grid(connection, registry, moment)
    return Scene(connection, registry, waiting, moment)
