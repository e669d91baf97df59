"""The locks of those who read landed bytes."""

from contextlib import AbstractContextManager
from pathlib import Path

from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock


def collection_lock(
    home: Path, collection: str, wait: float | None = None
) -> AbstractContextManager[None]:
    """A lock: one process at a time reads and loads deliveries of a collection."""
    what = f"The reading of {collection}"
    return held_lock(home, f"reading-{collection}", WarehouseBusy, what, wait)


def rereading_lock(home: Path) -> AbstractContextManager[None]:
    """A lock: landed bytes are not deleted while they are being read again."""
    return held_lock(home, "rereading", WarehouseBusy, "The reading again of landed files")
