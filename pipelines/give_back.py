"""Gives answers back to the sources that take them (docs/adr/0043-answers-back.md).

What is owed stands in the ledger from the moment of the answer until it was given, so that each is
given at least once. The warehouse is closed while sources are written to. A way back that fails
costs no load anything: it is told, and tried again by the next run of its collection.
"""

import logging
import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.answer.answer import content_of, page_of, read_answers
from pipelines.answer.kept_letters import is_letter, read_letter
from pipelines.answer.owing import forget_lost
from pipelines.base.clock import now
from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.endpoint_names import endpoint_name
from pipelines.base.errors import SitrepError, SourceUnavailable
from pipelines.base.kill_points import reached
from pipelines.base.locks import held_lock
from pipelines.base.outgoing import one_line
from pipelines.base.secrets import masked
from pipelines.base.settings import settings
from pipelines.collect.collected_source import CollectedSource
from pipelines.collect.owed_answers import OwedAnswer, OwedDocument, OwedLetter
from pipelines.registry.registry import Registry
from pipelines.registry.ways_back import WayBack, ways_back
from warehouse.ledger.answers_owed import (
    Due,
    OwedTo,
    forget_owed,
    note_all_failed,
    note_failed,
    read_owed,
)
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb

_AT_ONCE = 50
"""Answers that are given between two looks at the clock; after a kill so many are given again."""
_MOST = 5_000
"""Answers of one way that one run gives."""
_MOST_SIGNS = 300
_log = logging.getLogger(__name__)


def give_back(home: Path, registry: Registry, collections: Collection[str] | None = None) -> int:
    """Sources have been given the answers that they are owed, as far as time goes; how many.

    Of all collections, or of some. Raises nothing but `DiskFault`, where what was given cannot be
    noted. Opens nothing where no feed says a way back.
    """
    all_ways = ways_back(registry)
    ways = [
        way
        for way in all_ways
        if collections is None or not way.collections.isdisjoint(collections)
    ]
    if not ways:
        return 0
    deadline = time.monotonic() + settings().give_back_seconds
    try:
        wanted = _wanted(home, registry, ways, all_ways)
        # By lot, or the same ones would be left out by every run that is too short for all.
        order = random.sample(wanted, len(wanted))
        given = 0
        for number, way in enumerate(order):
            share = (deadline - time.monotonic()) / (len(order) - number)
            if share > 0:
                given += _give_by(home, registry, way, share)
        return given
    except Exception as error:
        raise_disk_fault(error)
        is_known = isinstance(error, SitrepError)
        _log.warning(
            "Answers could not be given back (%s); the next run tries again.",
            _told(error),
            exc_info=not is_known,
        )
        return 0


def _wanted(
    home: Path, registry: Registry, ways: Sequence[WayBack], all_ways: Sequence[WayBack]
) -> list[WayBack]:
    """Those of the ways on which anything is owed; what no way leads back for is owed no more."""
    from warehouse.store.connection import open_warehouse

    with open_warehouse(home) as connection:
        owed = forget_lost(connection, registry, all_ways)
    return [way for way in ways if any(_leads_to(way, one) for one in owed)]


def _leads_to(way: WayBack, owed: OwedTo) -> bool:
    if owed.endpoint is not None:
        return owed.endpoint in _unmatched_at(way)
    return owed.feed_id in way.feed_ids


def _unmatched_at(way: WayBack) -> Sequence[str]:
    """The endpoint, where answers to files that no feed expects go this way too."""
    return (way.endpoint,) if way.takes_unmatched else ()


def _give_by(home: Path, registry: Registry, way: WayBack, seconds: float) -> int:
    """What is owed on this way has been given, or tried; the number given.

    One process at a time does so: another waits for its share of the time at most.
    """
    name = f"give-back-{endpoint_name(way.endpoint)}"
    deadline = time.monotonic() + seconds
    what = f"The way back to {way.endpoint}"
    try:
        with held_lock(home, name, SourceUnavailable, what, wait=seconds):
            return _Giving(home, registry, way, deadline).run()
    except SourceUnavailable as error:
        _log.info("%s", _told(error))
        return 0


@dataclass
class _Giving:
    """One run on one way."""

    home: Path
    registry: Registry
    way: WayBack
    deadline: float
    """By the monotonic clock."""
    given: int = 0
    _why_down: str = ""
    _outcomes: dict[tuple[str, int], str] = field(default_factory=dict)
    """Submission and attempt → why it was not given; empty where it was."""

    def run(self) -> int:
        """What is owed is given part by part; each is noted when the next one is read."""
        from warehouse.store.connection import open_warehouse

        waiting: list[Due] | None = None
        while True:
            with open_warehouse(self.home) as connection:
                self._note(connection)
                if waiting is None:
                    unmatched = _unmatched_at(self.way)
                    waiting = read_owed(connection, self.way.feed_ids, unmatched, _MOST)
                part, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
                if not part or self._why_down or time.monotonic() >= self.deadline:
                    break
                owed = self._render(connection, part)
            self._hand_over(owed)
            reached("give back: given")
        if self.given:
            _log.info("%s: %d answers given back", self.way.endpoint, self.given)
        return self.given

    def _render(
        self, connection: "duckdb.DuckDBPyConnection", part: Sequence[Due]
    ) -> list[OwedDocument]:
        """The letters that are kept, and the answers from the ledger.

        An answer that it has no more, or has anew, is not owed like that. A letter that is not kept
        is being made just now, and stays owed.
        """
        letters = [one[0] for one in part if is_letter(one[0])]
        kept = ((letter_id, read_letter(self.home, letter_id)) for letter_id in letters)
        found = [OwedLetter(one, got.name, got.page, got.text) for one, got in kept if got]
        answers = [one for one in part if not is_letter(one[0])]
        return [*found, *(self._render_answers(connection, answers) if answers else ())]

    def _render_answers(
        self, connection: "duckdb.DuckDBPyConnection", part: Sequence[Due]
    ) -> list[OwedAnswer]:
        wanted = {(submission_id, attempt) for submission_id, attempt, _, _ in part}
        owed = [
            OwedAnswer(
                answer["submission_id"],
                answer["attempt"],
                answer["feed"],
                answer["file_name"],
                answer["status"],
                content_of(answer),
                page_of(answer, self.registry).encode(),
            )
            for answer in read_answers(connection, part, self.registry)
            if (answer["submission_id"], answer["attempt"]) in wanted
        ]
        gone = wanted - {(one.submission_id, one.attempt) for one in owed}
        forget_owed(connection, gone)
        return owed

    def _hand_over(self, owed: Sequence[OwedDocument]) -> None:
        """The source has been given each of them, or has been asked to take it."""
        source = self.way.source
        assert isinstance(source, CollectedSource)
        try:
            for one, why in source.give_back(self.home, owed):
                self._outcomes[one.submission_id, one.attempt] = _told(why) if why else ""
        except Exception as error:
            # Whatever fails there costs this way only.
            self._why_down = _told(error)
            is_known = isinstance(error, SitrepError)
            _log.warning(
                "%s: answers cannot be given back (%s). They are owed, and the next run tries "
                "again.",
                self.way.endpoint,
                self._why_down,
                exc_info=not is_known,
            )

    def _note(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """What was given is owed no more; of the rest it is known when it was tried, and why."""
        from warehouse.store.transaction import transaction

        if not self._outcomes and not self._why_down:
            return
        moment = as_stored(now())
        given = [key for key, why in self._outcomes.items() if not why]
        failed = {key: why for key, why in self._outcomes.items() if why}
        with transaction(connection):
            forget_owed(connection, given)
            if self._why_down:
                unmatched = _unmatched_at(self.way)
                note_all_failed(connection, self.way.feed_ids, unmatched, moment, self._why_down)
            else:
                note_failed(connection, failed, moment)
        reached("give back: noted")
        self.given += len(given)
        self._outcomes = {}
        if failed:
            _log.warning(
                "%s: %d answers could not be given back (%s). They are owed, and the next run "
                "tries again.",
                self.way.endpoint,
                len(failed),
                next(iter(failed.values())),
            )


def _told(why: object) -> str:
    """Why, on one line, without secrets."""
    said = str(why) if isinstance(why, str | SitrepError) else f"{type(why).__name__}: {why}"
    return one_line(masked(said), _MOST_SIGNS)
