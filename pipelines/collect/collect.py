"""Collects: takes what is new at a source endpoint and lands it for its feeds.

A folder is listed; an address is asked for the slots that are missing (`pull.py`).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pipelines.base.errors import SourceUnavailable
from pipelines.base.kill_points import reached
from pipelines.base.locks import held_lock
from pipelines.collect.sources.directory import DirectoryEndpoint
from pipelines.landing.landing import UNMATCHED, Delivery, Landing
from pipelines.registry.feed_source import is_address
from pipelines.registry.registry import Registry

_AT_ONCE = 500
"""Files that are held in memory and landed together."""


def collect_endpoint(
    home: Path, endpoint: str, registry: Registry, since: datetime | None = None
) -> int:
    """What is new at the endpoint is landed for every feed that expects it; the number of files.

    A file is moved to the endpoint's `collected` folder only when its bytes are on durable
    storage for every such feed. One that no feed expects is landed as unmatched, so that it is
    answered. While a feed file is broken, files are held: that feed may expect them too.
    With `since` an address is asked for every missing slot from then on. Raises
    `SourceUnavailable` where the endpoint cannot be listed or asked.
    """
    # Two collections may share an endpoint, and their DAGs ask it in the same second.
    name = f"collect-{hashlib.sha256(endpoint.encode()).hexdigest()[:12]}"
    with held_lock(home, name, SourceUnavailable, f"The source {endpoint}"):
        if is_address(endpoint):
            # Not above: no folder needs an HTTP client.
            from pipelines.collect.pull import pull_endpoint

            return pull_endpoint(Landing(home), endpoint, registry, since)
        return _collect(Landing(home), DirectoryEndpoint(home, endpoint), registry)


def _collect(landing: Landing, source: DirectoryEndpoint, registry: Registry) -> int:
    landed = 0
    files = source.list_files()
    for start in range(0, len(files), _AT_ONCE):
        landed += _take(landing, source, registry, files[start : start + _AT_ONCE])
    return landed


def _take(
    landing: Landing, source: DirectoryEndpoint, registry: Registry, files: Sequence[Path]
) -> int:
    """The files are landed together, then marked one by one; the number of deliveries."""
    deliveries: list[Delivery] = []
    taken: list[tuple[Path, bytes, list[str]]] = []
    for file in files:
        content = _read_at_rest(file)
        if content is None:
            continue
        taken_by = source.taken_by(file)
        feed_ids = [one for one in _takers(file, source, registry) if one not in taken_by]
        came_as = f"{source.endpoint}/{file.name}"
        deliveries += [Delivery(content, file.name, feed_id, came_as) for feed_id in feed_ids]
        taken.append((file, content, [*taken_by, *feed_ids]))
    landed = landing.land_all(deliveries)
    reached("collect: landed")
    known = [one for one in landed if one.first_seen_at is not None]
    withheld = {one.sha256 for one in known if landing.why_withheld(one) is not None}
    for file, content, feed_ids in taken:
        if withheld and hashlib.sha256(content).hexdigest() in withheld:
            source.drop(file)
        elif registry.problems:
            source.hold(file, content, feed_ids)
        else:
            source.mark_collected(file)
        reached("collect: marked")
    return len(deliveries)


def _read_at_rest(file: Path) -> bytes | None:
    """The file's bytes; None where it is still being written, or was taken away meanwhile.

    The next run takes it whole.
    """
    try:
        before = file.stat().st_mtime_ns
        content = file.read_bytes()
        return content if file.stat().st_mtime_ns == before else None
    except FileNotFoundError:
        return None


def _takers(file: Path, source: DirectoryEndpoint, registry: Registry) -> list[str]:
    """The feeds that the file is landed for; `unmatched` where surely no feed expects it."""
    matching = registry.feeds_matching(file.name)
    feed_ids = [one.feed_id for one in matching if one.source.endpoint == source.endpoint]
    return feed_ids or ([] if registry.problems else [UNMATCHED])
