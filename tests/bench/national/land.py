"""Lands the files of ticks in a home, where that is no part of what is measured."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

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


def land_ticks(home: Path, ticks: Sequence[Tick]) -> int:
    """The files have landed, each tick's together when they came; their number."""
    known = {
        (feed.collection, feed.provider.code): feed_id
        for feed_id, feed in load_registry().feeds.items()
    }
    landing = Landing(home)
    landed = 0
    for tick in ticks:
        deliveries = [
            Delivery(
                Path(path).read_bytes(),
                path.rpartition("/")[2],
                known[collection_of(path), code_of(path)],
                path,
            )
            for path in tick.files()
        ]
        landed += len(landing.land_all(deliveries, tick.received_at))
    return landed
