"""One run over the feeds of an endpoint that each have an address: what is new there is landed.

All pages of an answer are landed together, or none. A feed that fails costs that feed only.
"""

import hashlib
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import msgspec

from pipelines.base.clock import now
from pipelines.base.errors import ConfigurationError, SitrepError, SourceUnavailable
from pipelines.base.kill_points import reached
from pipelines.base.outgoing import one_line
from pipelines.collect.addresses.asking import NoAccess, SlotRefused, raise_for
from pipelines.collect.addresses.http_answers import NOT_THERE, HttpAnswer, plain
from pipelines.collect.addresses.last_answers import (
    BegunLanding,
    LastAnswers,
    LastPage,
    read_last_answers,
    write_last_answers,
)
from pipelines.collect.addresses.paging import FetchedPage, Paging, refuse_circle, refuse_repeated
from pipelines.landing.landing import Delivery, Landing
from pipelines.registry.feed import Feed

if TYPE_CHECKING:
    from pipelines.collect.addresses.http_client import HttpClient

LONGEST_SECONDS = 90.0
"""Less than the wait for the endpoint's lock: the DAG of another collection may ask it next."""
MOST_PAGES = 200
_AT_ONCE = 4
"""Feeds that are asked at the same time, so that a slow one keeps the others waiting less."""
_MOST_BYTES = 128 * 1024 * 1024
"""All pages of an answer are held in memory, so that they are landed together."""


class AskedAddress(Protocol):
    """A source that gives what is new at an address."""

    @property
    def paging(self) -> Paging | None:
        """How its answer goes on."""

    @property
    def is_fixed(self) -> bool:
        """Whether something always stands at its addresses."""

    @property
    def remembers_validators(self) -> bool:
        """Whether its addresses are the same in each run."""

    def addresses(self, moment: datetime, last: datetime | None) -> dict[str, str]:
        """What is asked now: what it is remembered by → the address."""

    def file_name_of(self, received: datetime, page: int) -> str:
        """The name under which a page is landed."""

    def client(self) -> "HttpClient":
        """A connection; raises `ConfigurationError` without its secret."""


def ask_addresses(
    home: Path, feeds: Sequence[tuple[Feed, AskedAddress]], since: datetime | None
) -> int:
    """What is new at the feeds' addresses has landed; the number of files.

    Raises `SourceUnavailable` at the end where a feed's address could not be asked,
    `ConfigurationError` where that is all for want of a secret.
    """
    landing, lock, deadline = Landing(home), Lock(), time.monotonic() + LONGEST_SECONDS
    landed, errors = 0, []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        begun = []
        # By lot, or the same ones would be left out by every run that is too short for all.
        for feed, source in random.sample(list(feeds), len(feeds)):
            try:
                # Here, as connections are resolved in the task's own thread.
                client = source.client()
            except ConfigurationError as error:
                errors.append(_of_feed(feed, error))
                continue
            run = _AddressRun(landing, feed, source, client, deadline, lock)
            begun.append((feed, run, pool.submit(copy_context().run, run.ask, since)))
        for feed, run, ended in begun:
            try:
                ended.result()
            except (SourceUnavailable, SlotRefused, ConfigurationError) as error:
                errors.append(_of_feed(feed, error))
            landed += run.landed
    raise_for(errors)
    return landed


def _of_feed(feed: Feed, error: SitrepError) -> SitrepError:
    kind = ConfigurationError if isinstance(error, ConfigurationError) else SourceUnavailable
    return kind(f"Feed {feed.feed_id}: {one_line(str(error), 900)}")


class _AddressRun:
    """One feed in one run."""

    def __init__(
        self,
        landing: Landing,
        feed: Feed,
        source: AskedAddress,
        client: "HttpClient",
        deadline: float,
        lock: Lock,
    ) -> None:
        """`lock` is held where feeds that are asked at the same time land or look into a ledger."""
        self.landed = 0
        self._landing = landing
        self._feed_id = feed.feed_id
        self._source = source
        self._client = client
        self._deadline = deadline
        self._lock = lock
        self._known = read_last_answers(landing.home, feed.feed_id)

    def ask(self, since: datetime | None) -> None:
        """What is new at each address has landed and is remembered."""
        moment = now()
        last = min(filter(None, (since, self._known.since)), default=None)
        addresses = self._source.addresses(moment, last)
        errors: list[SitrepError] = []
        with self._client:
            repeated = self._landed_before_the_crash()
            for name, address in addresses.items():
                try:
                    self._ask_one(name, address, repeated)
                except NoAccess:
                    raise
                except (SourceUnavailable, SlotRefused) as error:
                    errors.append(error)
        if errors:
            raise SourceUnavailable("; ".join(map(str, errors[:3])))
        self._remember(
            {name: own for name, own in self._known.pages.items() if name in addresses}, moment
        )

    def _ask_one(self, name: str, address: str, repeated: frozenset[str]) -> None:
        last = self._known.pages.get(name, {})
        hashes = repeated | {page.sha256 for page in last.values()}
        pages = self._fetch(address, last, hashes)
        new = list({page.sha256: page for page in pages if page.is_new}.values())
        if new:
            self._land(address, new)
        if pages:
            given = {self._key(page): self._last_page(page, last) for page in pages}
            self._remember({**self._known.pages, name: given}, self._known.since)

    def _fetch(
        self, address: str, last: dict[str, LastPage], hashes: frozenset[str]
    ) -> list[FetchedPage]:
        """All pages of the answer; empty where there is nothing at all yet."""
        paging = self._source.paging
        following: str | None = paging.first_address(address) if paging else address
        pages: list[FetchedPage] = []
        asked: set[str] = set()
        size = 0
        while following is not None:
            refuse_circle(following, pages, asked, MOST_PAGES)
            before = last.get(following) if self._source.remembers_validators else None
            answer = self._get(following, before)
            if paging and paging.is_end(answer) and (pages or answer.status != NOT_THERE):
                break
            if answer.content is None and not answer.is_unchanged:
                self._refuse_nothing(answer, following, pages)
                break
            page = _page_of(len(pages) + 1, answer, following, before, hashes)
            if paging:
                refuse_repeated(page, pages)
            pages.append(page)
            size += len(answer.content or b"")
            if size > _MOST_BYTES:
                raise SourceUnavailable(
                    f"{plain(address)} gives more than {_MOST_BYTES:,} bytes in its pages. Ask for "
                    "less at once."
                )
            following = paging.next_address(address, page.number, answer) if paging else None
        return pages

    def _get(self, address: str, before: LastPage | None) -> HttpAnswer:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise SourceUnavailable(
                f"{plain(address)} was not asked: the others of its endpoint, or its own pages, "
                f"took {LONGEST_SECONDS:g} seconds. The next run asks."
            )
        answer = self._client.get(address, left, before.conditions if before else None)
        if answer.is_unchanged and before is None:
            raise SourceUnavailable(
                f"{plain(address)} says that nothing changed (304), though nobody asked for that."
            )
        return answer

    def _refuse_nothing(
        self, answer: HttpAnswer, address: str, pages: Sequence[FetchedPage]
    ) -> None:
        """Raises `SourceUnavailable` where something should stand at the address."""
        if answer.status == NOT_THERE and (pages or self._source.is_fixed):
            raise SourceUnavailable(
                f"{plain(address)} answered 404: nothing stands there. Check the path in the "
                "feed's address."
            )
        if pages:
            raise SourceUnavailable(
                f"{plain(address)} answered {answer.status} for page {len(pages) + 1}. Nothing of "
                "this answer was taken."
            )

    def _land(self, address: str, pages: Sequence[FetchedPage]) -> None:
        """The pages have landed, together."""
        received = now()
        begun = BegunLanding(received, [page.sha256 for page in pages])
        self._write(msgspec.structs.replace(self._known, landing=begun))
        deliveries = [
            Delivery(
                page.answer.content or b"",
                self._source.file_name_of(received, page.number),
                self._feed_id,
                address if page.number == 1 else f"{address}#page={page.number}",
            )
            for page in pages
        ]
        with self._lock:
            self._landing.land_all(deliveries)
        self.landed += len(pages)
        reached("collect: landed")

    def _remember(self, pages: dict[str, dict[str, LastPage]], since: datetime | None) -> None:
        self._write(LastAnswers(pages, since))

    def _write(self, answers: LastAnswers) -> None:
        known, self._known = self._known, answers
        is_same = answers.pages == known.pages and answers.landing == known.landing
        if not is_same or self._is_later(known.since, answers.since):
            write_last_answers(self._landing.home, self._feed_id, answers)

    def _is_later(self, known: datetime | None, since: datetime | None) -> bool:
        """Whether the next run has a use for the later time: for days one a day will do."""
        if since is None or known is None or not self._source.remembers_validators:
            return since != known
        return since.date() != known.date()

    def _key(self, page: FetchedPage) -> str:
        """What the page is remembered by: its address, where that is the same the next time."""
        paging = self._source.paging
        if self._source.remembers_validators and (paging is None or paging.is_counted):
            return page.asked
        return f"#{page.number}"

    def _last_page(self, page: FetchedPage, last: dict[str, LastPage]) -> LastPage:
        answer = page.answer
        if answer.is_unchanged:
            return last[self._key(page)]
        return LastPage(page.sha256, answer.etag, answer.last_modified)

    def _landed_before_the_crash(self) -> frozenset[str]:
        """What a run landed that died before it remembered it."""
        begun = self._known.landing
        if begun is None:
            return frozenset()
        with self._lock:
            # The inbox before the ledger: what is settled in between stands in both.
            waiting = self._landing.waiting()
            held = self._held_since(begun.begun_at)
        own = {one.sha256 for one in waiting if one.feed_id == self._feed_id}
        return frozenset(begun.hashes) & (own | held)

    def _held_since(self, moment: datetime) -> set[str]:
        from pipelines.collect.addresses.given import held_since
        from warehouse.store.connection import open_warehouse

        with open_warehouse(self._landing.home) as connection:
            held = held_since(connection, [self._feed_id], moment)
        return {sha256 for _, sha256 in held.contents}


def _page_of(
    number: int, answer: HttpAnswer, asked: str, before: LastPage | None, hashes: frozenset[str]
) -> FetchedPage:
    if answer.content is None:
        assert before is not None
        return FetchedPage(number, asked, answer, before.sha256, is_new=False)
    sha256 = hashlib.sha256(answer.content).hexdigest()
    return FetchedPage(number, asked, answer, sha256, is_new=sha256 not in hashes)
