"""The queue: what has landed and is not in the ledger, by collection.

The inbox is only a fast list, the ledger decides (docs/adr/0001-queue-and-staging.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pipelines.base.errors import WarehouseBusy
from pipelines.landing.crash_guard import clear_notes, has_notes
from pipelines.landing.landing import UNMATCHED, Landing, Manifest
from pipelines.reading_locks import collection_lock
from pipelines.registry.registry import Registry

AT_ONCE = 7_000
"""Deliveries that are read and loaded together; fewer where they have many cells."""
BYTES_AT_ONCE = 16 * 1024 * 1024
"""With so many a part ends, so that progress is told in time where files are large."""

Waiting = Mapping[str, Sequence[Manifest]]
"""Collection, or `UNMATCHED` → its deliveries, in the order in which they came."""


def forget_deaths(home: Path, collections: Sequence[str]) -> None:
    """Of collections for which nothing waits, no notes of the crash guard are left."""
    for name in collections:
        if has_notes(home, name):
            # Who works on it just now clears up after himself.
            with suppress(WarehouseBusy), collection_lock(home, name, wait=0):
                clear_notes(home, name)


def waiting_in_parts(
    landing: Landing, registry: Registry, collections: Sequence[str]
) -> Iterator[dict[str, list[Manifest]]]:
    """Deliveries of the collections that have landed and are not settled, read when asked for.

    A part at a time, in the order in which they came. Deliveries of a feed whose file is gone or
    broken wait until it is there again.
    """
    part: dict[str, list[Manifest]] = {}
    number = size = 0
    for manifest in landing.in_order():
        name = _collection_of(registry, manifest.feed_id)
        if name is None or name not in collections:
            continue
        part.setdefault(name, []).append(manifest)
        number += 1
        size += manifest.size_bytes
        if number == AT_ONCE or size >= BYTES_AT_ONCE:
            yield part
            part, number, size = {}, 0, 0
    if part:
        yield part


def is_any_since(landing: Landing, registry: Registry, moment: datetime) -> bool:
    """Whether a delivery of any collection waits that was received then or later."""
    own = (_collection_of(registry, one.feed_id) for one in landing.in_order(moment))
    return any(name in registry.collections for name in own)


def number_waiting(landing: Landing, registry: Registry, collections: Sequence[str]) -> int:
    """How many deliveries of the collections have landed and are not settled."""
    numbers = landing.number_by_feed()
    return sum(
        number
        for feed_id, number in numbers.items()
        if _collection_of(registry, feed_id) in collections
    )


def _collection_of(registry: Registry, feed_id: str) -> str | None:
    if feed_id == UNMATCHED:
        return UNMATCHED
    feed = registry.feeds.get(feed_id)
    return feed.collection if feed else None
