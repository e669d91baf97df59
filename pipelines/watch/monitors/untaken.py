"""What stands at a source and cannot be taken: a link, an unreadable file, a folder in the way.

No other monitor sees it: a file that was never landed has no manifest, and a provider whose file
lies there looks silent.
"""

from collections.abc import Iterable

from pipelines.landing.left_at_source import LeftAtSource, all_left
from pipelines.registry.registry import Registry
from pipelines.watch.monitor import AcrossCollections
from pipelines.watch.scene import Scene
from pipelines.watch.watch_finding import WatchFinding, WatchKind, watch_finding

UNTAKEN = WatchKind(
    "WATCH-021",
    "Something at a source cannot be taken",
    urgency=35,
    fix=(
        "Look at it in the source's folder: let our user read and move it, put a plain file in its "
        "place, or remove it. It is tried again by every run."
    ),
    no_help="Waiting: all other files of that source are taken.",
)
_MOST_NAMED = 20
"""Things of one endpoint; more of them have one cause."""


def find_untaken(left: Iterable[LeftAtSource], registry: Registry) -> list[WatchFinding]:
    """A finding for each thing that is left at a source."""
    findings = []
    for source in left:
        feeds = registry.feeds_at(source.endpoint)
        collection = feeds[0].collection if feeds else "unmatched"
        for thing in source.things[:_MOST_NAMED]:
            subject = f"{source.endpoint}/{thing.name}"
            message = f"'{thing.name}' in {source.endpoint} {thing.why}."
            findings.append(watch_finding(UNTAKEN, collection, None, subject, thing.since, message))
    return findings


def _look(scene: Scene) -> list[WatchFinding]:
    return find_untaken(all_left(scene.home), scene.registry)


MONITOR = AcrossCollections((UNTAKEN,), _look)
