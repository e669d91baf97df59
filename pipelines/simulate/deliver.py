"""Two ways to deliver: straight into landing, or as files into the feeds' source folders."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pipelines.landing.landing import Delivery, Landing
from pipelines.registry.feed import Feed
from pipelines.simulate.events import PlannedDelivery


class Receiver(Protocol):
    """Where deliveries go."""

    def receive(self, deliveries: Sequence[PlannedDelivery]) -> list[str | None]:
        """The deliveries of one moment are there; the ids that they have in landing, if any."""


class LandingReceiver:
    """Lands deliveries as if they had been collected when they arrived."""

    def __init__(self, home: Path, feeds: Mapping[str, Feed]) -> None:
        self._landing = Landing(home)
        self._endpoints = {feed_id: feed.source.endpoint for feed_id, feed in feeds.items()}

    def receive(self, deliveries: Sequence[PlannedDelivery]) -> list[str | None]:
        """All are on durable storage, received when the last of them arrived."""
        landed = self._landing.land_all(
            [
                Delivery(
                    content=one.content,
                    file_name=one.file_name,
                    feed_id=one.feed_id,
                    source=f"{self._endpoints[one.feed_id]}/{one.file_name}",
                )
                for one in deliveries
            ],
            received_at=deliveries[-1].at,
        )
        return [manifest.delivery_id for manifest in landed]


class FolderReceiver:
    """Puts files into the source folders, each whole from its first moment there."""

    def __init__(self, home: Path, feeds: Mapping[str, Feed]) -> None:
        self._folders = {feed_id: home / feed.source.endpoint for feed_id, feed in feeds.items()}
        for folder in set(self._folders.values()):
            folder.mkdir(parents=True, exist_ok=True)

    def receive(self, deliveries: Sequence[PlannedDelivery]) -> list[str | None]:
        """Every file stands in its feed's folder, as old as its arrival, or new if that is ahead.

        Collecting takes files by their age, so that they are taken in the order of arrival.
        """
        for one in deliveries:
            target = self._folders[one.feed_id] / one.file_name
            hidden = target.with_name(f".{one.file_name}.tmp")
            hidden.write_bytes(one.content)
            changed = min(one.at.timestamp(), hidden.stat().st_mtime)
            os.utime(hidden, (changed, changed))
            os.replace(hidden, target)
        return [None] * len(deliveries)
