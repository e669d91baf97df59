"""Locks of the commands that work on the home as a whole."""

from contextlib import AbstractContextManager
from pathlib import Path

from pipelines.base.errors import Retryable
from pipelines.base.locks import held_lock


class StorageBusy(Retryable):
    """Another process rebuilds, backs up, restores or deletes what is past its time."""


def storage_lock(home: Path) -> AbstractContextManager[None]:
    """The lock of rebuild, backup, restore and retain; raises `StorageBusy` where it is taken.

    Loads and publications go on meanwhile.
    """
    return held_lock(home, "storage", StorageBusy, "A rebuild, backup, restore or retention")
