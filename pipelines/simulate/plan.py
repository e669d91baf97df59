"""The events of a window: every delivery in the order of arrival, and the files that never come.

The window only chooses the slots: the same seed gives the same files for a slot in any window that
holds it.
"""

from collections.abc import Collection as Names
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter

from pipelines.base.errors import UsageError
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.simulate.days import days_between, london_midnight, slots_of_day
from pipelines.simulate.events import Event
from pipelines.simulate.faults import Rates
from pipelines.simulate.feed_day import FeedSimulation
from pipelines.simulate.figures import MODELS, Figures
from pipelines.simulate.keys import keys_of
from pipelines.simulate.render import writer_of
from pipelines.simulate.timing import Timing


@dataclass(frozen=True)
class Window:
    """Slots that begin from `start` (included) to `end` (not); without an end, all that come."""

    start: datetime
    end: datetime | None = None

    def holds(self, slot: datetime) -> bool:
        """Whether the window has the slot that begins then."""
        return self.start <= slot and (self.end is None or slot < self.end)


def simulated_feeds(
    registry: Registry, collections: Names[str] = (), feed_ids: Names[str] = ()
) -> list[Feed]:
    """The feeds that send: of the named ones, or of all, those that take files and have a model.

    Raises `UsageError` for a name that is unknown or cannot be simulated, and where none is left.
    """
    for name in collections:
        registry.collection(name)
        if name not in MODELS:
            known = ", ".join(MODELS)
            raise UsageError(f"'{name}' cannot be simulated. Collections that can: {known}.")
    for feed_id in feed_ids:
        _refuse_silent(registry.feed(feed_id))
    feeds = [
        feed
        for feed in registry.feeds.values()
        if _sends(feed)
        and (not collections or feed.collection in collections)
        and (not feed_ids or feed.feed_id in feed_ids)
    ]
    if not feeds:
        raise UsageError("There is no feed to simulate: none of the chosen feeds takes files.")
    return feeds


class Plan:
    """What the feeds send."""

    def __init__(self, registry: Registry, feeds: Sequence[Feed], seed: int, rates: Rates) -> None:
        self.feeds = feeds
        self._feeds: list[FeedSimulation] = []
        by_collection = {feed.collection: registry.collections[feed.collection] for feed in feeds}
        for collection in by_collection.values():
            own = [feed for feed in feeds if feed.collection == collection.collection]
            self._feeds += _simulations(own, collection, seed, rates)

    def events(self, window: Window) -> Iterator[Event]:
        """Deliveries and missing slots of the window, by the time at which they come, or should.

        Without an end it never ends. A day is worked out when the first of it is asked for.
        """
        waiting: list[Event] = []
        for day in days_between(window.start, window.end):
            for simulation in self._feeds:
                waiting += self._of_day(simulation, day, window)
            waiting.sort(key=attrgetter("at", "feed_id"))
            # Nothing of a later day comes before that day has begun.
            midnight = london_midnight(day + timedelta(days=1))
            ready = sum(1 for event in waiting if event.at < midnight)
            yield from waiting[:ready]
            waiting = waiting[ready:]
        yield from waiting

    def _of_day(self, simulation: FeedSimulation, day: date, window: Window) -> list[Event]:
        slots = slots_of_day(day, simulation.slot_minutes)
        wanted = [number for number, slot in enumerate(slots) if window.holds(slot)]
        return simulation.of_day(day, wanted) if wanted else []


def _simulations(
    feeds: Sequence[Feed], collection: Collection, seed: int, rates: Rates
) -> list[FeedSimulation]:
    """The feeds of one collection, which share its figures."""
    keys = {feed.feed_id: keys_of(feed, collection) for feed in feeds}
    everyone = sorted({key for own in keys.values() for key in own})
    figures = Figures(seed, collection.collection, everyone)
    timing = Timing(collection.cadence)
    return [
        FeedSimulation(feed, collection, keys[feed.feed_id], figures, timing, seed, rates)
        for feed in feeds
    ]


def _sends(feed: Feed) -> bool:
    is_ours = feed.collection in MODELS and feed.accepts_files and bool(feed.pattern)
    return is_ours and writer_of(feed) is not None


def _refuse_silent(feed: Feed) -> None:
    if feed.collection not in MODELS:
        raise UsageError(f"{feed.feed_id} cannot be simulated: it is published, not sent.")
    if not feed.accepts_files:
        raise UsageError(f"{feed.feed_id} is {feed.stage} and sends nothing.")
    if not feed.pattern:
        raise UsageError(f"{feed.feed_id} cannot be simulated: its source is asked.")
