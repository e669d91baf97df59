"""Which queue keeps the deliveries of a home."""

from pathlib import Path

from pipelines.base.state.documents import shared_state
from pipelines.landing.delivery_queue import DeliveryQueue


def chosen_queue(home: Path, *, for_long: bool = False) -> DeliveryQueue:
    """The queue of that home, as `SITREP_STATE` says.

    `for_long` is for a process that looks again and again while others land and settle.
    """
    if address := shared_state(home):
        from pipelines.base.state.postgres_sessions import sessions_of
        from pipelines.landing.shared_queue import SharedQueue

        return SharedQueue(sessions_of(address))
    from pipelines.landing.folder_queue import FolderQueue
    from pipelines.landing.served_queue import ServedFolderQueue

    return ServedFolderQueue(home) if for_long else FolderQueue(home)
