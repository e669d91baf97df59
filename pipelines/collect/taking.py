"""One run over a store of files: each file is landed and marked, or left there and told."""

import hashlib
import logging
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipelines.base.errors import SourceUnavailable
from pipelines.base.kill_points import reached
from pipelines.base.outgoing import one_line
from pipelines.base.settings import settings
from pipelines.collect.handed_in import too_large_to_read
from pipelines.collect.hostile_names import in_place_of, why_hostile
from pipelines.collect.listed_files import A_FOLDER, Fetched, Listed, StoredFiles
from pipelines.findings.finding import Finding, finding
from pipelines.landing.landing import UNMATCHED, Delivery, Landing, NotTaken
from pipelines.landing.left_at_source import LeftThing, left_at, left_thing, remember_left
from pipelines.landing.told_names import as_told
from pipelines.landing.withheld_notes import note_from
from pipelines.registry.feed import Feed
from pipelines.registry.feeds_by_name import FeedsByName

_NOT_MARKED = "has landed and cannot be moved away ({why})"
_log = logging.getLogger(__name__)


class Taking:
    """What a run takes of a store, and what it leaves there."""

    def __init__(
        self, store: StoredFiles, home: Path, feeds: Sequence[Feed], *, is_held: bool
    ) -> None:
        """While a feed file is broken (`is_held`), its feed may be the one that expects a file."""
        self.landed = 0
        self._store = store
        self._home = home
        self._feeds = FeedsByName(feeds)
        self._is_held = is_held
        self._landing = Landing(home)
        self._before = left_at(home, store.endpoint)
        self._left: list[LeftThing] = []

    def to_read(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        """The files that are to be read; the others are answered, marked, or left in their turn."""
        landed_before = {
            (one.name, one.version): one.landed_for
            for one in self._before.things
            if one.landed_for and one.version
        }
        for file in listed:
            landed_for: tuple[str, ...] = ()
            if landed_before:
                landed_for = landed_before.get((as_told(file.name), file.version), ())
            if file.why_not:
                self._leave_unless_folder(file)
            elif hostile := why_hostile(file.name):
                why = finding("FILE-030", value=in_place_of(file.name), why=hostile)
                self._refuse(file, landed_for, why)
            elif file.size > settings().max_file_bytes:
                self._refuse(file, landed_for, too_large_to_read(file.size))
            else:
                # It has landed, and could not be marked: only that is to be done.
                yield replace(file, taken_by=landed_for) if landed_for else file

    def take(self, files: Sequence[Listed]) -> None:
        """The files have landed together, and each is marked by itself.

        Raises `SourceUnavailable` where the store broke off; what came whole before has landed.
        """
        deliveries: list[Delivery] = []
        taken: list[tuple[Fetched, list[str]]] = []
        fetched, broken = self._fetch(files)
        for one in fetched:
            file, wanted = one.file, self._wanted_by(one.file)
            new = [feed_id for feed_id in wanted if feed_id not in file.taken_by]
            came_as = f"{self._store.endpoint}/{file.name}"
            deliveries += [Delivery(one.content, file.name, feed_id, came_as) for feed_id in new]
            taken.append((one, [*file.taken_by, *new]))
        landed = self._landing.land_all(deliveries)
        self.landed += len(deliveries)
        reached("collect: landed")
        came_before = {one.sha256 for one in landed if one.first_seen_at is not None}
        done: dict[str, tuple[Listed, list[str]]] = {}
        for one, feed_ids in taken:
            if not (self._is_held or came_before or one.file.taken_by):
                done[one.file.key] = (one.file, feed_ids)
                continue
            with self._marking(one.file, feed_ids):
                if self._is_withheld(one, feed_ids, came_before):
                    self._store.drop(self._home, one.file)
                elif self._is_held:
                    self._store.hold(self._home, one, feed_ids)
                else:
                    done[one.file.key] = (one.file, feed_ids)
        failed = self._store.done_all(self._home, [file for file, _ in done.values()])
        for key, why in failed.items():
            self._leave(done[key][0], _NOT_MARKED.format(why=why), done[key][1])
        # One may have been refused meanwhile, by who looked for copies before this one was kept.
        if late := self._landing.withheld_among(landed):
            self._store.drop_copies(self._home, late)
        if broken is not None:
            raise broken

    @contextmanager
    def remembered(self) -> Iterator[None]:
        """What is left by the run inside is known to the watch and to the next run.

        A run that breaks off (`SourceUnavailable`) has not looked at everything: what was left
        before stays known, as it may have landed and not be marked.
        """
        try:
            yield
        except SourceUnavailable:
            found = {(one.name, one.version) for one in self._left}
            before = self._before.things
            self._remember(
                [*self._left, *(one for one in before if (one.name, one.version) not in found)]
            )
            raise
        self._remember(self._left)

    def _remember(self, left: Sequence[LeftThing]) -> None:
        """The log tells what is new of it."""
        for one in remember_left(self._home, self._before, left):
            _log.error("%s: '%s' %s.", self._store.endpoint, one_line(one.name), one.why)

    def _fetch(self, files: Sequence[Listed]) -> tuple[Sequence[Fetched], SourceUnavailable | None]:
        """The files that came whole, and why no more came where the store broke off."""
        fetched: list[Fetched] = []
        try:
            for one in self._store.read(self._home, files):
                if isinstance(one, Fetched):
                    fetched.append(one)
                else:
                    self._leave(one.file, one.why)
        except SourceUnavailable as error:
            return fetched, error
        return fetched, None

    def _is_withheld(
        self, one: Fetched, feed_ids: Sequence[str], came_before: Container[str]
    ) -> bool:
        """Whether the file is known for what must not be kept; only one that came before can be."""
        if not came_before and not one.file.taken_by:
            return False
        sha256 = hashlib.sha256(one.content).hexdigest()
        if sha256 not in came_before and not one.file.taken_by:
            return False
        return any(self._landing.is_withheld(feed_id, sha256) for feed_id in feed_ids)

    def _wanted_by(self, file: Listed) -> list[str]:
        """The feeds that the file is landed for."""
        near = self._feeds.near(file.name)
        expecting = [feed.feed_id for feed in near if self._store.expects(feed, file)]
        return expecting or ([] if self._is_held else [UNMATCHED])

    def _refuse(self, file: Listed, landed_for: Sequence[str], why: Finding) -> None:
        """The file is answered unread and set aside; while files are held, it is left."""
        if self._is_held:
            self._leave(file, f"waits, and will be refused: {why.message}")
            return
        wanted = [one for one in self._wanted_by(file) if one not in landed_for]
        name = in_place_of(file.name) if why_hostile(file.name) else file.name
        came_as, note = f"{self._store.endpoint}/{name}", note_from([why])
        refused = [
            NotTaken(name, feed_id, came_as, file.size, file.version, note) for feed_id in wanted
        ]
        self.landed += len(self._landing.land_untaken(refused))
        with self._marking(file, [*landed_for, *wanted]):
            self._store.refuse(self._home, file)

    def _leave_unless_folder(self, file: Listed) -> None:
        """A folder is told only where a feed expects a file of its name."""
        near = self._feeds.near(file.name)
        if file.why_not != A_FOLDER or any(self._store.expects(feed, file) for feed in near):
            self._leave(file, file.why_not)

    def _leave(self, file: Listed, why: str, landed_for: Sequence[str] = ()) -> None:
        self._left.append(left_thing(file.name, why, file.version, landed_for))

    @contextmanager
    def _marking(self, file: Listed, landed_for: Sequence[str]) -> Iterator[None]:
        """A file that cannot be marked is left; it has landed, and is not landed again."""
        try:
            yield
        except (OSError, SourceUnavailable) as error:
            why = _NOT_MARKED.format(why=getattr(error, "strerror", None) or error)
            self._leave(file, why, landed_for)
