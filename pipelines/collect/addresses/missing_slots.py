"""Which slots a feed that is asked still has to give, and how far asking has come with them.

An outage, a late slot and a backfill are the same here: a slot that is missing is wanted until it
is given or lies too far back. Nothing is remembered of what was asked for; only where one run
cannot ask for all, `asking/<feed>.json` says where the next one goes on.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipelines.base.state.documents import read_document, remove_document, write_document
from pipelines.collect.addresses.asking import SlotSource
from pipelines.landing.landing import Landing
from pipelines.registry.cadence import Cadence
from pipelines.registry.feed import Feed
from pipelines.registry.slots import Slot, day_start, slots_between

if TYPE_CHECKING:
    from pipelines.collect.addresses.given import Given

SLOTS_A_RUN = 200
"""Two days of quarter-hours; at half a second each they just fill the time of a run."""
NEWEST = 4
"""An hour of slots that every run asks for, so that a backfill keeps nobody waiting for news."""
FIRST_PAUSE = timedelta(minutes=15)
"""A slot whose answer gave nothing for it is asked for again after this, then after double.

A file that is refused and differs each time, say by the time at which it was made, would else
be a new submission with every run."""
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class AskingProgress:
    """How far asking a feed has come, where one run does not ask for all."""

    since: datetime | None = None
    """A backfill asks for slots from then on, until each was asked for once."""
    after: datetime | None = None
    """Start of the last slot that was asked for in its turn."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A feed that is asked, at this moment."""

    feed: Feed
    source: SlotSource
    cadence: Cadence
    progress: AskingProgress
    moment: datetime

    @property
    def first(self) -> datetime:
        """From when on slots are wanted."""
        first = self.moment - self.source.look_back(self.cadence)
        if self.progress.since is not None:
            first = min(first, self.progress.since)
        begin = self.feed.slots_from
        return max(first, day_start(begin)) if begin else first

    def wanted(self, held: "Given", waiting: Container[tuple[str, str]]) -> list[Slot]:
        """The slots that have ended and are missing, oldest first.

        `waiting` has the feed and the address of what has landed and is not settled.
        """
        feed_id = self.feed.feed_id
        ended_by = self.moment - timedelta(minutes=self.source.ask_after_minutes)
        wanted = []
        for slot in slots_between(self.cadence, self.first, ended_by):
            asked = (feed_id, self.source.address_of(slot))
            is_had = (feed_id, slot.start) in held.slots or asked in waiting
            has_ended = slot.end <= ended_by
            if has_ended and not is_had and not self._pauses(slot, held.answers.get(asked, ())):
                wanted.append(slot)
        return wanted

    def _pauses(self, slot: Slot, answered_at: Sequence[datetime]) -> bool:
        """Whether it is too early to ask again for what was answered then; not in a backfill."""
        since = self.progress.since
        if not answered_at or (since is not None and slot.start >= since):
            return False
        doublings = min(len(answered_at) - 1, _MOST_DOUBLINGS)
        return self.moment < max(answered_at) + FIRST_PAUSE * (1 << doublings)


@dataclass(frozen=True, slots=True)
class Turn:
    """The slots that a run asks for, oldest first."""

    slots: tuple[Slot, ...]
    last: datetime | None
    """Start of the last in its turn; after it stand only the newest."""
    is_complete: bool
    """Whether no slot is left for the next run."""


def read_progress(home: Path, feed_id: str) -> AskingProgress:
    """How far asking has come; at its beginning where nothing is remembered."""
    then = f"Asking {feed_id} begins anew; a backfill of it has to be asked for again."
    return read_document(home, _path(home, feed_id), _decode, AskingProgress(), then)


def _decode(content: bytes) -> AskingProgress:
    progress = AskingProgress(**msgspec.json.decode(content, type=dict[str, datetime | None]))
    if any(time is not None and time.tzinfo is None for time in (progress.since, progress.after)):
        raise ValueError("a time without a zone")
    return progress


def write_progress(home: Path, feed_id: str, progress: AskingProgress) -> None:
    """The next run goes on there."""
    if progress == AskingProgress():
        remove_document(home, _path(home, feed_id))
    else:
        write_document(home, _path(home, feed_id), msgspec.json.encode(progress))


def ask_since(home: Path, feed_id: str, since: datetime) -> None:
    """The feed is asked for every slot since then that is missing, in as many runs as it takes."""
    known = read_progress(home, feed_id).since
    write_progress(home, feed_id, AskingProgress(since=min(known or since, since)))


def turn_of(wanted: Sequence[Slot], progress: AskingProgress) -> Turn:
    """Those of the wanted slots whose turn it is in this run, and always the newest."""
    after = progress.after
    left = [slot for slot in wanted if after is None or slot.start > after] or list(wanted)
    chosen = left[:SLOTS_A_RUN]
    slots = sorted({*chosen, *wanted[-NEWEST:]}, key=lambda slot: slot.start)
    last = chosen[-1].start if chosen else None
    return Turn(tuple(slots), last, is_complete=len(left) <= len(chosen) + NEWEST)


def waiting_answers(landing: Landing) -> tuple[frozenset[tuple[str, str]], set[tuple[str, str]]]:
    """Feed and address of what has landed and is not settled, and feed and SHA-256."""
    waiting = landing.waiting()
    return (
        frozenset((one.feed_id, one.source) for one in waiting),
        {(one.feed_id, one.sha256) for one in waiting},
    )


def _path(home: Path, feed_id: str) -> Path:
    return home / "asking" / f"{feed_id}.json"
