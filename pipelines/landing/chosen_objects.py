"""Which store keeps the landed bytes of a home."""

from pathlib import Path

from pipelines.base.state.shared_bucket import shared_bucket
from pipelines.landing.landed_objects import LandedObjects
from pipelines.landing.object_store import ObjectStore


def chosen_objects(home: Path) -> ObjectStore:
    """The store of the home: files and packs in it, or the bucket that `SITREP_OBJECTS` names."""
    bucket = shared_bucket(home)
    if bucket is None:
        return LandedObjects(home)
    from pipelines.landing.object_bucket import ObjectBucket

    return ObjectBucket(bucket)
