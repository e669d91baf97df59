"""Collects: lists the new files of a source endpoint and lands them for their feeds."""

from pathlib import Path

from pipelines.checkpoints import reached
from pipelines.landing import Landing
from pipelines.registry import Registry
from pipelines.sources.directory import DirectoryEndpoint


def collect_endpoint(home: Path, endpoint: str, registry: Registry) -> int:
    """New files of the endpoint are landed for every feed that expects them; their number.

    A file is moved to the endpoint's `collected` folder only when its bytes are on durable
    storage for every such feed. Files that no feed expects stay where they are.
    Raises `SourceUnavailable` where the endpoint cannot be listed.
    """
    source = DirectoryEndpoint(home, endpoint)
    landing = Landing(home)
    landed = 0
    for file in source.list_files():
        feeds = [
            feed for feed in registry.feeds_matching(file.name) if feed.source.endpoint == endpoint
        ]
        if not feeds:
            continue
        before = file.stat().st_mtime_ns
        content = file.read_bytes()
        if file.stat().st_mtime_ns != before:
            # Its sender is still writing; the next run takes it whole.
            continue
        for feed in feeds:
            landing.land(content, file.name, feed.feed_id, f"{endpoint}/{file.name}")
            landed += 1
        reached("collect: landed")
        source.mark_collected(file)
        reached("collect: marked")
    return landed
