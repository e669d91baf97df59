"""Which store keeps the landed bytes of a home."""

from pathlib import Path

from pipelines.landing.landed_objects import LandedObjects
from pipelines.landing.object_store import ObjectStore


def chosen_objects(home: Path) -> ObjectStore:
    """The store of the home: files and packs in its landing folder."""
    return LandedObjects(home)
