"""Lands the files of ticks in a home, which is not part of what is measured.

    python -m tests.bench.national.land HOME FOLDER TICKS
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.landing import Delivery, Landing
from pipelines.registry import load_registry
from pipelines.settings import settings
from tests.bench.measure import say
from tests.bench.national.ticks import Tick, code_of, collection_of, read_ticks


def land_ticks(home: Path, feeds: Path, ticks: Sequence[Tick]) -> int:
    """The files have landed, each tick's together when they came; their number."""
    os.environ["SITREP_FEEDS_DIR"] = str(feeds)
    settings.cache_clear()
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


if __name__ == "__main__":
    data = Path(sys.argv[2])
    begin = time.perf_counter()
    count = land_ticks(Path(sys.argv[1]), data / "feeds", read_ticks(data, int(sys.argv[3])))
    say(f"    landed {count:,} files in {time.perf_counter() - begin:.1f} s")
