"""Answers that a source is owed for long: its provider does not learn what became of its files.

The load goes on without them, so nothing else shows it. An answer that waits for one or two runs is
no news: a way back may be down for minutes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pipelines.registry.registry import Registry
from pipelines.watch.monitor import AcrossCollections
from pipelines.watch.scene import Scene
from pipelines.watch.watch_finding import WatchFinding, WatchKind, tell_time, watch_finding
from warehouse.ledger.answers_owed import OwedTo, owed_to_all

NOT_GIVEN_BACK = WatchKind(
    "WATCH-025",
    "Answers are not given back",
    urgency=55,
    fix=(
        "`sitrep sources check` with the endpoint tries it step by step: let our user write where "
        "its answers go. They are then given by the next run. Where it takes none any more, take "
        "`answers` out of its feed files."
    ),
    no_help="`sitrep reprocess`: the answers are kept, and each run tries to give them.",
)

_PATIENCE = timedelta(minutes=45)
"""Three ticks of the collections' DAGs: one may fail and the next one run long."""


def find_not_given_back(
    owed: Iterable[OwedTo], registry: Registry, moment: datetime
) -> list[WatchFinding]:
    """A finding for each endpoint that is owed an answer longer than it should be."""
    by_endpoint: dict[str, list[OwedTo]] = {}
    for one in owed:
        feed = registry.feeds.get(one.feed_id)
        endpoint = one.endpoint or (feed.source.endpoint if feed else one.feed_id)
        by_endpoint.setdefault(endpoint, []).append(one)
    findings = []
    for endpoint, own in sorted(by_endpoint.items()):
        since = min(one.since for one in own)
        if moment - since <= _PATIENCE:
            continue
        feeds = registry.feeds_at(endpoint)
        collection = feeds[0].collection if feeds else "unmatched"
        count = sum(one.count for one in own)
        tries = max(one.tries for one in own)
        message = f"{endpoint}: answers are owed since {tell_time(since)}: {count:,}."
        told = next((one.last_told for one in own if one.last_told), None)
        if told:
            message += f" Tried {tries:,} times, the last time in vain: {told}"
        findings.append(watch_finding(NOT_GIVEN_BACK, collection, None, endpoint, since, message))
    return findings


def _look(scene: Scene) -> list[WatchFinding]:
    return find_not_given_back(owed_to_all(scene.connection), scene.registry, scene.moment)


MONITOR = AcrossCollections((NOT_GIVEN_BACK,), _look)
