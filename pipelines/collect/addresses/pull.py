"""Collects from an endpoint that is asked: one request for each missing slot of each feed.

The feeds take turns, slot by slot, so that one with much to catch up on, or a slow one, does not
keep the others waiting. What is answered is landed in groups, and whatever ends the run, what was
answered before is landed.
"""

import hashlib
import logging
import random
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.base.errors import ConfigurationError, SitrepError, SourceUnavailable
from pipelines.base.kill_points import reached
from pipelines.base.outgoing import one_line
from pipelines.collect.addresses.asking import (
    NoAccess,
    SlotClient,
    SlotRefused,
    SlotSource,
    raise_for,
)
from pipelines.collect.addresses.missing_slots import (
    Asked,
    AskingProgress,
    Turn,
    ask_since,
    read_progress,
    turn_of,
    waiting_answers,
    write_progress,
)
from pipelines.landing.landing import Delivery, Landing
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.registry.slots import Slot

if TYPE_CHECKING:
    from pipelines.collect.addresses.given import Given

LONGEST_SECONDS = 90.0
"""Less than the wait for the endpoint's lock: the DAG of another collection may ask it next."""
LAND_AFTER_SECONDS = 10.0
"""So much of what was answered, at most, would have to be asked for again after a crash."""
_LAND_AFTER_BYTES = 64 * 1024 * 1024
_log = logging.getLogger(__name__)


def pull_slots(
    landing: Landing,
    feeds: Sequence[tuple[Feed, SlotSource]],
    registry: Registry,
    since: datetime | None,
) -> int:
    """The missing slots of the feeds are landed, as far as their sources have them; their number.

    With `since` slots are missing from then on, though not before a feed's `slots_from`. Raises
    `SourceUnavailable` at the end where a feed's source could not be asked, `ConfigurationError`
    where that is all for want of a secret; every other feed has been asked nevertheless.
    """
    if since is not None:
        for feed, _ in feeds:
            ask_since(landing.home, feed.feed_id, since)
    moment = now()
    asked = [
        Asked(
            feed,
            source,
            registry.collections[feed.collection].cadence,
            read_progress(landing.home, feed.feed_id),
            moment,
        )
        for feed, source in feeds
    ]
    return _pull(landing, asked) if asked else 0


def _pull(landing: Landing, asked: Sequence[Asked]) -> int:
    # The inbox before the ledger: what is settled in between stands in both.
    waiting, contents = waiting_answers(landing)
    held = _held_of(landing, asked)
    basket = _Basket(landing, contents | held.contents)
    deadline = time.monotonic() + LONGEST_SECONDS
    with ExitStack() as stack:
        rounds = [
            _Round(one, turn_of(one.wanted(held, waiting), one.progress), basket, deadline)
            for one in asked
        ]
        for one in rounds:
            one.connect(stack)
        stack.callback(basket.land)
        # By lot, or the same ones would be left out by every run that is too short for all.
        order = random.sample(rounds, len(rounds))
        while any([one.go_on() for one in order]):
            pass
    for one in rounds:
        one.remember(landing.home)
    raise_for([error for one in rounds for error in one.tell()])
    return basket.landed


def _held_of(landing: Landing, asked: Sequence[Asked]) -> "Given":
    """What the ledger holds of the feeds, as far back as any of them is asked."""
    from pipelines.collect.addresses.given import held_since
    from warehouse.store.connection import open_warehouse

    with open_warehouse(landing.home) as connection:
        feed_ids = [one.feed.feed_id for one in asked]
        return held_since(connection, feed_ids, min(one.first for one in asked))


class _Basket:
    """What was answered and is not landed yet, without the files that a feed gave before."""

    def __init__(self, landing: Landing, known: Iterable[tuple[str, str]]) -> None:
        self.landed = 0
        self._landing = landing
        self._known = set(known)
        self._deliveries: list[Delivery] = []
        self._bytes = 0
        self._begun = 0.0

    def put(self, delivery: Delivery) -> None:
        """The delivery will be landed, unless its feed gave these bytes before."""
        content = (delivery.feed_id, hashlib.sha256(delivery.content).hexdigest())
        if content in self._known:
            return
        self._known.add(content)
        if not self._deliveries:
            self._begun = time.monotonic()
        self._deliveries.append(delivery)
        self._bytes += len(delivery.content)

    def land_in_time(self) -> None:
        """What has waited long, or takes much memory, is landed."""
        is_due = time.monotonic() - self._begun >= LAND_AFTER_SECONDS
        if is_due or self._bytes >= _LAND_AFTER_BYTES:
            self.land()

    def land(self) -> None:
        """All that was answered is on durable storage."""
        if not self._deliveries:
            return
        self._landing.land_all(self._deliveries)
        reached("collect: landed")
        self.landed += len(self._deliveries)
        self._deliveries, self._bytes = [], 0


class _Round:
    """One feed in one run: the slots that are left to ask for, and what went wrong."""

    def __init__(self, asked: Asked, turn: Turn, basket: _Basket, deadline: float) -> None:
        self._asked = asked
        self._turn = turn
        self._basket = basket
        self._deadline = deadline
        self._left = deque(turn.slots)
        self._after = asked.progress.after
        self._client: SlotClient | None = None
        self._is_down = False
        self._errors: list[SitrepError] = []
        self._refused: list[str] = []

    def connect(self, stack: ExitStack) -> None:
        """The source can be asked, unless its secret is missing or there is nothing to ask."""
        if not self._left:
            return
        try:
            self._client = stack.enter_context(self._asked.source.client())
        except ConfigurationError as error:
            self._fail(ConfigurationError(f"Feed {self._asked.feed.feed_id}: {error}"))

    def go_on(self) -> bool:
        """The oldest slot that is left has been asked for; False where none is, or no time.

        Where that fails, so has the newest: if it is answered, the fault is the slot's and the
        others are asked for; if not, the source is down, and no more is asked of it.
        """
        if self._is_down or not self._left or time.monotonic() >= self._deadline:
            return False
        slot = self._left.popleft()
        error = self._ask(slot)
        if isinstance(error, NoAccess) or (error and not self._left):
            self._fail(error)
        elif error and (also := self._ask(self._left.pop())):
            self._fail(also)
        else:
            self._errors += [error] if error else []
            self._after = min(slot.start, self._turn.last or slot.start)
        return True

    def _ask(self, slot: Slot) -> SourceUnavailable | None:
        """What the source gave for the slot is in the basket; why not, where it gave no answer."""
        assert self._client is not None
        self._basket.land_in_time()
        source, feed_id = self._asked.source, self._asked.feed.feed_id
        address = source.address_of(slot)
        about = f"Feed {feed_id}, slot {slot.start:%Y-%m-%dT%H:%MZ}"
        try:
            content = self._client.ask(address, self._deadline - time.monotonic())
        except SourceUnavailable as error:
            return type(error)(f"{about}: {error}")
        except SlotRefused as error:
            self._refused.append(f"{about}: {error}")
            return None
        if content is not None:
            self._basket.put(Delivery(content, source.file_name_of(slot), feed_id, address))
        return None

    def _fail(self, error: SitrepError) -> None:
        self._is_down = True
        self._errors.append(error)

    def remember(self, home: Path) -> None:
        """The next run goes on where this one ended; at the beginning, if it asked for all."""
        known = self._asked.progress
        if self._is_down or self._left:
            progress = AskingProgress(known.since, self._after)
        elif self._turn.is_complete:
            progress = AskingProgress()
        else:
            progress = AskingProgress(known.since, self._turn.last)
        if progress != known:
            write_progress(home, self._asked.feed.feed_id, progress)

    def tell(self) -> list[SitrepError]:
        """Why slots were not answered; what the source refuses to give is told in the log."""
        if self._refused:
            more = len(self._refused) - 1
            told = one_line(str(self._refused[0]), 600)
            _log.warning("%s%s", told, f"; so for {more} more slots" if more else "")
        return self._errors
