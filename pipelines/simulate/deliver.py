"""Two ways to deliver: straight into landing, or as files into the feeds' sources."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pipelines.collect.file_store import source_for_files
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
    """Puts files into the feeds' sources, each whole from its first moment there."""

    def __init__(self, home: Path, feeds: Mapping[str, Feed]) -> None:
        self._home = home
        self._stores = {feed_id: source_for_files(feed) for feed_id, feed in feeds.items()}

    def receive(self, deliveries: Sequence[PlannedDelivery]) -> list[str | None]:
        """Every file is at its feed's source, sent when it arrived.

        So they are collected in the order of arrival.
        """
        for one in deliveries:
            self._stores[one.feed_id].put(self._home, one.file_name, one.content, one.at)
        return [None] * len(deliveries)
