"""Publications that were refused because a table had shrunk: the old one is all that readers have.

It cannot be seen in any feed: files come, are accepted and answered. What is wrong is the warehouse
itself, which was lost, emptied or replaced by an older copy, or a reprocess that took back more
than anyone meant.
"""

from pipelines.base.settings import settings
from pipelines.watch.monitor import AcrossCollections
from pipelines.watch.scene import Scene
from pipelines.watch.watch_finding import WatchFinding, WatchKind, watch_finding
from warehouse.publish.published_tables import owner_of
from warehouse.publish.refused_publication import RefusedPublication, read_refused

SHRANK = WatchKind(
    "WATCH-011",
    "A publication was refused because it had shrunk",
    urgency=15,
    fix=(
        "This is our fault and not a provider's. Find out what the warehouse lost: a missing or "
        "older warehouse.duckdb, a table emptied by hand, a reprocess. Restore it, and publish. If "
        "the rows are meant to be gone: `sitrep publish --allow-shrink`."
    ),
    no_help="Waiting: every publication is refused until the rows are back or someone insists.",
)


def find_shrunk(refused: RefusedPublication | None) -> list[WatchFinding]:
    """A finding for each table that lost rows."""
    if refused is None:
        return []
    return [
        watch_finding(
            SHRANK,
            owner_of(loss.table),
            None,
            loss.table,
            refused.since,
            f"The publication stays the old one, because the new one has lost rows. {loss.text}.",
        )
        for loss in refused.losses
    ]


def _look(scene: Scene) -> list[WatchFinding]:
    return find_shrunk(read_refused(settings().root))


MONITOR = AcrossCollections((SHRANK,), _look)
