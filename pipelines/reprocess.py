"""Reads submissions again from landing, after a contract or a feed has changed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pipelines.answer.answer import answer_all
from pipelines.base.settings import settings
from pipelines.give_back import give_back
from pipelines.landing.landing import UNMATCHED, Landing, Manifest
from pipelines.reading_locks import rereading_lock
from pipelines.registry.registry import Registry, load_registry
from pipelines.settle import Faults, raise_for, settle
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


def reprocess(chosen_by: Chosen, report: Callable[[str], None]) -> list[str]:
    """Reads the submissions again and renews their answers; returns their ids.

    Raises `CollectionFault` at the end where a collection could not be loaded.
    """
    done, faults = read_again(chosen_by, report)
    raise_for(faults)
    return done


def read_again(chosen_by: Chosen, report: Callable[[str], None]) -> tuple[list[str], Faults]:
    """Reads the submissions again and renews their answers; their ids, and what was not loaded.

    Sources that take answers back are given the new ones. Leaves out duplicates and files that no
    feed expects. Raises `UsageError` for an unknown feed or collection, and `ConfigurationError`
    for a broken one.
    """
    registry = load_registry()
    if chosen_by.feed_id is not None:
        registry.feed(chosen_by.feed_id)
    if chosen_by.collection is not None:
        registry.collection(chosen_by.collection)
    with rereading_lock(settings().root):
        done = _read_chosen(chosen_by, registry, report)
    give_back(settings().root, registry)
    return done


def _read_chosen(
    chosen_by: Chosen, registry: Registry, report: Callable[[str], None]
) -> tuple[list[str], Faults]:
    landing = Landing(settings().root)
    # A run that died may owe answers to submissions that are read again now.
    answer_all(landing.home, registry)
    chosen = _choose(landing, registry, chosen_by)
    done: list[str] = []
    faults: Faults = {}
    for collection, entries in chosen.items():
        for start in range(0, len(entries), _AT_ONCE):
            part = entries[start : start + _AT_ONCE]
            report(f"{collection}: {start + len(part)} of {len(entries)}")
            deliveries = [manifest for _, manifest in part]
            again = {manifest.delivery_id: submission_id for submission_id, manifest in part}
            settle(landing, registry, {collection: deliveries}, faults, again)
            done += again.values()
    return done, faults


def _choose(
    landing: Landing, registry: Registry, by: Chosen
) -> dict[str, list[tuple[str, Manifest]]]:
    """The submissions to read again by collection, in the order in which they came.

    What retention has deleted is left out: its values stay as they are.
    """
    from warehouse.store.connection import open_warehouse
    from warehouse.store.stored_time import as_stored, from_stored

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
    # Bytes that were judged anew are read for the submission that stands.
    rows = list({(row[3], row[4]): row for row in rows}.values())
    chosen: dict[str, list[tuple[str, Manifest]]] = {}
    expired = 0
    names = ("delivery_id", "feed_id", "sha256", "size_bytes", "file_name", "source")
    for collection, submission_id, *fields, received_at in rows:
        known = dict(zip(names, fields, strict=True))
        manifest = Manifest(**known, received_at=from_stored(received_at))
        if landing.is_expired(manifest):
            expired += 1
        elif manifest.feed_id in registry.feeds:
            chosen.setdefault(collection, []).append((submission_id, manifest))
    if expired:
        logging.getLogger(__name__).warning(
            "%d submissions are not read again: retention has deleted their files", expired
        )
    return chosen
