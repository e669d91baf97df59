"""Which store keeps the landed bytes of a home."""

from pathlib import Path

from pipelines.landing.object_folder import ObjectFolder
from pipelines.landing.object_store import ObjectStore


def chosen_objects(home: Path) -> ObjectStore:
    """The store of the home: the folder in it."""
    return ObjectFolder(home)
