"""The loads of a home's past, in the order in which they were made.

The journal of loads tells them. What was settled before there was a journal, or whose line is
damaged, counts as loaded when it came, together with what came to its collection just before.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.landing.landing import Landing, Manifest
from pipelines.registry.feed import collection_named_in
from pipelines.storage.landed import LandedManifests, settled_days, settled_on
from warehouse.ledger.load_journal import LoadedDelivery, LoadJournal

_TOGETHER = timedelta(seconds=30)
"""Files of a collection that came so close were loaded together, as far as anyone knows."""
_AT_ONCE = 500


@dataclass(frozen=True)
class LoadEvent:
    """Deliveries that were loaded together, and when."""

    moment: datetime
    batch_id: str | None
    """None where no journal tells; empty where duplicates were settled unread."""
    deliveries: tuple[tuple[Manifest, LoadedDelivery], ...]


class LoadHistory:
    """All loads that landing tells of."""

    def __init__(self, landing: Landing) -> None:
        self._landing = landing
        self._journal = LoadJournal(landing.home)
        self._first: dict[str, int] = {}
        """Delivery → the line that counts of those that loaded it for the first time."""
        self._again: dict[tuple[str, int], int] = {}
        """Delivery and attempt → the line that counts, for what was read again."""
        self.unknown = 0
        """Deliveries of the journal without a manifest."""
        for line, load in enumerate(self._journal.read()):
            for one in load.deliveries:
                if one.attempt == 1:
                    self._first[one.delivery_id] = line
                else:
                    self._again[one.delivery_id, one.attempt] = line

    @property
    def total(self) -> int:
        """How many deliveries the journal tells of, each time that they were read."""
        return len(self._first) + len(self._again)

    def events(self) -> Iterator[LoadEvent]:
        """The loads, the earliest first."""
        return heapq.merge(self._untold(), self._told(), key=lambda event: event.moment)

    def _told(self) -> Iterator[LoadEvent]:
        manifests = LandedManifests(self._landing)
        for line, load in enumerate(self._journal.read()):
            counted = [one for one in load.deliveries if self._counts(one, line)]
            found = [(manifests.find(one.delivery_id), one) for one in counted]
            known = tuple((manifest, one) for manifest, one in found if manifest is not None)
            self.unknown += len(found) - len(known)
            if known:
                yield LoadEvent(load.settled_at, load.batch_id, known)

    def _counts(self, one: LoadedDelivery, line: int) -> bool:
        """Whether no later line tells of the same: a load that died left one, too."""
        if one.attempt == 1:
            return self._first[one.delivery_id] == line
        is_after_first = line > self._first.get(one.delivery_id, -1)
        return is_after_first and self._again[one.delivery_id, one.attempt] == line

    def _untold(self) -> Iterator[LoadEvent]:
        """What is settled and stands in no line, by collection."""
        for day in settled_days(self._landing):
            groups: dict[str, list[Manifest]] = {}
            done: list[list[Manifest]] = []
            for manifest in settled_on(self._landing, day).values():
                if manifest.delivery_id in self._first:
                    continue
                collection = collection_named_in(manifest.feed_id)
                own = groups.setdefault(collection, [])
                is_apart = own and manifest.received_at - own[-1].received_at > _TOGETHER
                if is_apart or len(own) >= _AT_ONCE:
                    done.append(own)
                    own = groups[collection] = []
                own.append(manifest)
            done += groups.values()
            for own in sorted(done, key=lambda group: group[-1].received_at):
                deliveries = tuple(
                    (one, LoadedDelivery(one.delivery_id, 1, None, None)) for one in own
                )
                yield LoadEvent(own[-1].received_at, None, deliveries)
