"""The queue: what has landed and is not in the ledger, by collection.

The inbox is only a fast list, the ledger decides (docs/adr/0001-queue-and-staging.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock
from pipelines.landing.landing import UNMATCHED, Landing, Manifest
from pipelines.parse.crash_guard import clear_notes, has_notes
from pipelines.registry.registry import Registry
from pipelines.withheld.drop import drop_copies
from warehouse.ledger.load_journal import LoadJournal

AT_ONCE = 10_000
"""Deliveries that are read and loaded together, so that memory stays bounded."""

_FEW_REPEATED = 0.1
"""Share of files that came before, up to which they are read like the others."""

Waiting = Mapping[str, Sequence[Manifest]]
"""Collection, or `UNMATCHED` → its deliveries, in the order in which they came."""


def collection_lock(
    home: Path, collection: str, wait: float | None = None
) -> AbstractContextManager[None]:
    """A lock: one process at a time reads and loads deliveries of a collection."""
    what = f"The reading of {collection}"
    return held_lock(home, f"reading-{collection}", WarehouseBusy, what, wait)


def forget_deaths(home: Path, collections: Sequence[str]) -> None:
    """Of collections for which nothing waits, no notes of the crash guard are left."""
    for name in collections:
        if has_notes(home, name):
            # Who works on it just now clears up after himself.
            with suppress(WarehouseBusy), collection_lock(home, name, wait=0):
                clear_notes(home, name)


def rereading_lock(home: Path) -> AbstractContextManager[None]:
    """A lock: landed bytes are not deleted while they are being read again."""
    return held_lock(home, "rereading", WarehouseBusy, "The reading again of landed files")


def waiting_deliveries(landing: Landing, registry: Registry, collections: Sequence[str]) -> Waiting:
    """Deliveries of each of the collections that have landed and are not settled.

    Deliveries of a feed whose file is gone or broken wait until it is there again.
    """
    found: dict[str, list[Manifest]] = {name: [] for name in collections}
    for manifest in landing.waiting():
        name = _collection_of(registry, manifest.feed_id)
        if name in found:
            found[name].append(manifest)
    return found


def settle_repeated(landing: Landing, registry: Registry, waiting: Waiting) -> tuple[int, Waiting]:
    """How many duplicates were settled without being read, and what is left.

    Nothing is done where they are few among many others. What the ledger holds already is moved
    out of the inbox: a crash had kept it there.
    """
    together = [manifest for own in waiting.values() for manifest in own]
    # The ledger can hold bytes that landing calls new only where a load died before it cleared the
    # inbox. The load finds out whatever is not found here, and it takes less time to read a few
    # files for nothing than to open the warehouse.
    repeated = sum(1 for manifest in together if manifest.first_seen_at is not None)
    if repeated <= len(together) * _FEW_REPEATED:
        return 0, waiting
    from warehouse.ledger.ledger import settle_duplicates
    from warehouse.store.connection import open_warehouse

    with open_warehouse(landing.home) as connection:
        number, done = settle_duplicates(connection, together, registry, LoadJournal(landing.home))
    # Of what was refused for patient data no copy stays where it was sent again.
    settled = [manifest for manifest in together if manifest.delivery_id in done]
    withheld = [one for one in settled if landing.is_withheld(one.feed_id, one.sha256)]
    drop_copies(landing.home, registry, withheld)
    landing.settle(settled)
    return number, {
        name: [manifest for manifest in own if manifest.delivery_id not in done]
        for name, own in waiting.items()
    }


def in_parts(waiting: Waiting) -> Iterator[dict[str, list[Manifest]]]:
    """The deliveries by collection, in the order in which they came, `AT_ONCE` at a time."""
    together = sorted(
        ((one.delivery_id, name, one) for name, own in waiting.items() for one in own),
        key=lambda entry: entry[0],
    )
    for start in range(0, len(together), AT_ONCE):
        part: dict[str, list[Manifest]] = {}
        for _, name, one in together[start : start + AT_ONCE]:
            part.setdefault(name, []).append(one)
        yield part


def _collection_of(registry: Registry, feed_id: str) -> str | None:
    if feed_id == UNMATCHED:
        return UNMATCHED
    feed = registry.feeds.get(feed_id)
    return feed.collection if feed else None
