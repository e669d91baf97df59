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
from contextlib import ExitStack
from datetime import datetime

from pipelines.asking import (
    Asked,
    Progress,
    Turn,
    ask_since,
    read_progress,
    turn_of,
    waiting_answers,
    write_progress,
)
from pipelines.checkpoints import reached
from pipelines.clock import now
from pipelines.errors import ConfigurationError, SitrepError, SourceUnavailable
from pipelines.landing import Delivery, Landing
from pipelines.registry import Registry
from pipelines.slots import Slot
from pipelines.sources.http import HttpClient, NoAccess, SlotRefused

LONGEST_SECONDS = 90.0
"""Less than the wait for the endpoint's lock: the DAG of another collection may ask it next."""
_LAND_AFTER_SECONDS = 10.0
"""So much of what was answered, at most, would have to be asked for again after a crash."""
_LAND_AFTER_BYTES = 64 * 1024 * 1024
_log = logging.getLogger(__name__)


def pull_endpoint(landing: Landing, endpoint: str, registry: Registry, since: datetime | None) -> int:
    """The missing slots of the endpoint's feeds are landed, as far as it has them; their number.

    With `since` slots are missing from then on, though not before a feed's `slots_from`. Raises
    `SourceUnavailable` at the end where a feed's source could not be asked, `ConfigurationError`
    where that is all for want of a secret; every other feed has been asked nevertheless.
    """
    feeds = registry.feeds_asked_at(endpoint)
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


def _pull(landing: Landing, asked: list[Asked]) -> int:
    waiting, known = waiting_answers(landing)
    # After the inbox: what is settled in between stands in one of them.
    held = _held_of(landing, asked)
    basket = _Basket(landing, known | held.contents)
    turns = [(one, turn_of(one.wanted(held, waiting), one.progress)) for one in asked]
    deadline = time.monotonic() + LONGEST_SECONDS
    with ExitStack() as stack:
        rounds = [_Round(one, turn, basket, deadline, stack) for one, turn in turns]
        # By lot, or those at the end would be left out by every run that is too short for all.
        left = random.sample(rounds, len(rounds))
        stack.callback(basket.land)
        while left and time.monotonic() < deadline:
            left = [one for one in left if one.go_on()]
    for one in rounds:
        one.end(landing)
    _raise_for([error for one in rounds for error in one.errors])
    return basket.landed
