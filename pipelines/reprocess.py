"""Reads submissions again from landing, after a contract or a feed has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines import steps
from pipelines.answer.outcomes import by_submission
from pipelines.base.settings import settings
from pipelines.landing.landing import UNMATCHED, Manifest
from pipelines.registry.registry import Registry, load_registry
from pipelines.validate.batch import write_batch
from warehouse.store import literals

_AT_ONCE = 200
"""Submissions in one batch, so that memory stays bounded however far back one goes."""


@dataclass(frozen=True)
class Chosen:
    """Which submissions are read again: all that meet every condition that is given."""

    feed_id: str | None = None
    collection: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def reprocess(chosen_by: Chosen, report: Callable[[str], None]) -> list[dict[str, Any]]:
    """The submissions have been read again and their answers renewed; their outcomes.

    Duplicates and files that no feed expects are left out. Raises `UsageError` for an unknown
    feed or collection.
    """
    registry = load_registry()
    if chosen_by.feed_id is not None:
        registry.feed(chosen_by.feed_id)
    if chosen_by.collection is not None:
        registry.collection(chosen_by.collection)
    chosen = _choose(registry, chosen_by)
    from pipelines.validate.validate import validate_deliveries

    home = settings().root
    done: list[str] = []
    for collection, entries in chosen.items():
        for start in range(0, len(entries), _AT_ONCE):
            part = entries[start : start + _AT_ONCE]
            report(f"{collection}: {start + len(part)} of {len(entries)}")
            ids = [submission_id for submission_id, _ in part]
            deliveries = [manifest for _, manifest in part]
            with steps.collection_lock(home, collection):
                batch = validate_deliveries(home, registry, collection, deliveries, ids)
                write_batch(home, batch)
            steps.load(collection)
            done += ids
    steps.answer()
    return by_submission(done)


def _choose(registry: Registry, by: Chosen) -> dict[str, list[tuple[str, Manifest]]]:
    """The submissions to read again by collection, in the order in which they came."""
    from warehouse.store.connection import as_stored, from_stored, open_warehouse

    conditions = ["status != 'duplicate'", f"feed_id != {literals.text(UNMATCHED)}"]
    if by.feed_id is not None:
        conditions.append(f"feed_id = {literals.text(by.feed_id)}")
    if by.collection is not None:
        conditions.append(f"collection = {literals.text(by.collection)}")
    if by.since is not None:
        conditions.append(f"received_at >= {literals.timestamp(as_stored(by.since))}")
    if by.until is not None:
        conditions.append(f"received_at < {literals.timestamp(as_stored(by.until))}")
    with open_warehouse(settings().root) as connection:
        rows = connection.execute(
            "SELECT collection, submission_id, delivery_id, feed_id, sha256, size_bytes, "
            "file_name, source, received_at FROM warehouse.ops.submission "
            f"WHERE {' AND '.join(conditions)} ORDER BY received_at, submission_id"
        ).fetchall()
    chosen: dict[str, list[tuple[str, Manifest]]] = {}
    names = ("delivery_id", "feed_id", "sha256", "size_bytes", "file_name", "source")
    for collection, submission_id, *fields, received_at in rows:
        known = dict(zip(names, fields, strict=True))
        manifest = Manifest(**known, received_at=from_stored(received_at))
        if manifest.feed_id in registry.feeds:
            chosen.setdefault(collection, []).append((submission_id, manifest))
    return chosen
