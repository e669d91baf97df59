"""Lands the files of ticks in a home, where that is no part of what is measured."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pipelines.base.gc_pause import without_collector
from pipelines.base.settings import settings
from pipelines.landing.landing import Delivery, Landing
from pipelines.registry.registry import load_registry
from tests.bench.national.ticks import Tick, code_of, collection_of


def use_home(home: Path, feeds: Path, moment: datetime) -> None:
    """The pipeline of this process works in that home, with those feeds, at that time."""
    os.environ |= {
        "SITREP_HOME": str(home),
        "SITREP_FEEDS_DIR": str(feeds),
        "SITREP_NOW": moment.isoformat(),
        "SITREP_QUIET_SECONDS": "0",
    }
    settings.cache_clear()
    # Read now: a worker has read them before its files come.
    settings()


def land_ticks(home: Path, ticks: Sequence[Tick]) -> int:
    """The files have landed, each tick's together when they came; their number."""
    return TickLanding(home).land(ticks)


class TickLanding:
    """Lands the files of ticks in one home, for the feeds of the settings."""

    def __init__(self, home: Path) -> None:
        self._landing = Landing(home)
        self._feed_ids = {
            (feed.collection, feed.provider.code): feed_id
            for feed_id, feed in load_registry().feeds.items()
        }

    def land(self, ticks: Sequence[Tick]) -> int:
        """The files have landed, each tick's together when they came; their number."""
        land_all = self._landing.land_all
        # As where a run takes them from their folder.
        with without_collector():
            return sum(
                len(land_all([*map(self._delivery, tick.files())], tick.received_at))
                for tick in ticks
            )

    def _delivery(self, path: str) -> Delivery:
        feed_id = self._feed_ids[collection_of(path), code_of(path)]
        return Delivery(_read(path), path.rpartition("/")[2], feed_id, path)


def _read(path: str) -> bytes:
    """A `Path` of each file would cost as much as the reading."""
    with open(path, "rb") as stream:  # noqa: PTH123
        return stream.read()
