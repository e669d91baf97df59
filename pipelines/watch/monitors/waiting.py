"""Files that have landed and are not loaded: our fault, before a provider is accused of it.

A loader that stands still makes every feed look silent. The inbox tells the two apart: it holds
what has come and is not settled.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipelines.landing.landing import UNMATCHED, Manifest
from pipelines.registry.feed import collection_named_in
from pipelines.registry.registry import Registry
from pipelines.watch.monitor import AcrossCollections
from pipelines.watch.scene import Scene
from pipelines.watch.watch_finding import WatchFinding, WatchKind, tell_some, watch_finding

WAITING = WatchKind(
    "WATCH-008",
    "Landed files are not loaded",
    urgency=20,
    fix=(
        "This is our fault and not a provider's. Look at the collection's DAG (`bring_in`) and at "
        "`sitrep status`; `sitrep drain` loads what waits."
    ),
    no_help="Asking providers to send again: their files are here.",
)

_PATIENCE = timedelta(minutes=45)
"""Three ticks of the collections' DAGs: one may fail and the next one run long."""


def find_waiting(
    manifests: Sequence[Manifest], registry: Registry, moment: datetime
) -> list[WatchFinding]:
    """A finding for each collection of which files wait longer than they should."""
    by_collection: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        by_collection.setdefault(_collection_of(manifest), []).append(manifest)
    findings = []
    for collection, own in sorted(by_collection.items()):
        since = min(one.received_at for one in own)
        if moment - since <= _PATIENCE:
            continue
        feeds = sorted({one.feed_id for one in own})
        message = f"{len(own):,} files of {tell_some(feeds)} have landed and wait to be loaded."
        broken = [one for one in feeds if one != UNMATCHED and one not in registry.feeds]
        fix = None
        if broken:
            message += f" There is no usable feed file for {tell_some(broken)}."
            fix = _how_to_mend(registry, broken)
        findings.append(watch_finding(WAITING, collection, None, "", since, message, fix))
    return findings


def _how_to_mend(registry: Registry, broken: Sequence[str]) -> str:
    """What to do about feeds that are not there: they are broken, or gone."""
    gone = [one for one in broken if not registry.problems_of(one)]
    if not gone:
        return "Correct the file that `sitrep status` names; the files are then loaded."
    return (
        f"Put the feed files of {tell_some(gone)} back, with the contract where it is gone too; "
        "the files are then loaded."
    )


def _collection_of(manifest: Manifest) -> str:
    return collection_named_in(manifest.feed_id)


def _look(scene: Scene) -> list[WatchFinding]:
    return find_waiting(scene.waiting, scene.registry, scene.moment)


MONITOR = AcrossCollections((WAITING,), _look)
