"""Files of ours that are damaged: landed bytes that are not those that came, and files of state.

Both cost something that nobody else would tell: a delivery that waits for ever, and a queue or a
progress that was begun anew. Neither is a provider's fault.
"""

from pipelines.base.state.documents import all_damaged
from pipelines.landing.landing import Landing
from pipelines.registry.feed import collection_named_in
from pipelines.watch.monitor import AcrossCollections
from pipelines.watch.scene import Scene
from pipelines.watch.watch_finding import WatchFinding, WatchKind, watch_finding

DAMAGED_BYTES = WatchKind(
    "WATCH-022",
    "Landed bytes are damaged",
    urgency=17,
    fix=(
        "This is our fault and not a provider's. Put the file from the folder `collected` of its "
        "source into the source again, or restore the object from a backup; it is then loaded by "
        "itself. Check the disk."
    ),
    no_help="`sitrep drain`: the delivery waits until its bytes are whole.",
)
DAMAGED_STATE = WatchKind(
    "WATCH-023",
    "A file of state was damaged",
    urgency=25,
    fix=(
        "The log says what follows from it, and what to do. Check the disk; when all is well, "
        "remove the file from the folder `damaged`."
    ),
    no_help="Putting it back: it would be set aside again.",
)


def _look_at_bytes(scene: Scene) -> list[WatchFinding]:
    damaged = Landing(scene.home).damage_among(scene.waiting)
    return [
        watch_finding(
            DAMAGED_BYTES,
            collection_named_in(one.feed_id),
            one.feed_id,
            one.delivery_id,
            one.received_at,
            damaged[one.delivery_id],
        )
        for one in scene.waiting
        if one.delivery_id in damaged
    ]


def _look_at_state(scene: Scene) -> list[WatchFinding]:
    return [
        watch_finding(
            DAMAGED_STATE,
            "state",
            None,
            one.path.name,
            one.at,
            f"{one.was.replace('__', '/')} could not be used and stands in {one.path}.",
        )
        for one in all_damaged(scene.home)
    ]


def _look(scene: Scene) -> list[WatchFinding]:
    return [*_look_at_bytes(scene), *_look_at_state(scene)]


MONITOR = AcrossCollections((DAMAGED_BYTES, DAMAGED_STATE), _look)
