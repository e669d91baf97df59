"""Stores that keep their files: what was taken is remembered, moving it away is optional."""

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from pipelines.base.clock import now
from pipelines.base.connections import NAME_PATTERN
from pipelines.base.errors import SourceUnavailable
from pipelines.base.kill_points import reached
from pipelines.base.outgoing import one_line
from pipelines.collect.file_store import FileStore
from pipelines.collect.hostile_names import is_unfinished, why_hostile
from pipelines.collect.listed_files import Fetched, Listed
from pipelines.collect.taken import taken_memory
from pipelines.collect.taken_files import SeenFile, TakenFile

_log = logging.getLogger(__name__)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_MOST_TOLD = 5
"""Files that could not be put away; more are counted."""


class RememberingStore(FileStore):
    """A store over a network; a kind says how it lists everything, reads and puts away."""

    shared_fields: ClassVar[tuple[str, ...]] = (
        *FileStore.shared_fields,
        "connection",
        "after_landing",
        "whole_when",
        "quiet_seconds",
        "marker",
    )

    connection: str = Field(
        pattern=NAME_PATTERN,
        description="Name of the connection, which has the host and the secrets: "
        "AIRFLOW_CONN_<NAME>, or Airflow's own.",
    )
    after_landing: Literal["leave", "move", "delete"] = Field(
        default="leave",
        description="What becomes of a file that has landed: it stays, stands in `collected`, or "
        "is deleted.",
    )
    whole_when: Literal["quiet", "marker", "renamed"] = Field(
        default="quiet",
        description="How a file shows that it is whole: it has not changed for `quiet_seconds`; "
        "another of its name and `marker` stands beside it; or it has its name (`.part` before).",
    )
    quiet_seconds: int = Field(
        default=10, ge=0, le=3600, description="Seconds without a change, for `quiet`."
    )
    marker: str = Field(
        default=".done", min_length=2, description="Ending of the marker's name, for `marker`."
    )

    @abstractmethod
    def list_all(self, home: Path) -> Sequence[Listed]:
        """Everything that is there, unjudged; raises `SourceUnavailable` where it can't be listed.

        Folders and what else is no plain file have `why_not`.
        """

    @abstractmethod
    def list_put_away(self, home: Path) -> Sequence[Listed]:
        """What stands in `collected`; empty where nothing was put away."""

    @abstractmethod
    def put_away(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        """The files are moved or deleted, as `after_landing` says; key → why one was not.

        One that is gone is no matter; one that is another by now, by its `version` where it has
        one, stays and is told. Raises nothing for what the store does: they have landed.
        """

    def list(self, home: Path) -> Sequence[Listed]:
        """The files that are there whole and have not landed, oldest first, then by name."""
        listed = self.list_all(home)
        memory = taken_memory(home, self.endpoint)
        taken = memory.taken()
        self._put_away_again(home, [one for one in listed if _is_done(one, taken)])
        waiting = [one for one in listed if not _is_done(one, taken)]
        whole, unfinished = self._parted(waiting, memory.seen(), now())
        memory.remember_listing({one.key for one in listed}, unfinished)
        found = [replace(one, taken_by=_taken_by(one, taken)) for one in whole]
        return sorted(found, key=lambda one: (one.changed_at or _BEFORE_ALL, one.name))

    def done(self, home: Path, file: Listed) -> None:
        """The file has landed for every feed that expects it, and is not listed again."""
        for why in self.done_all(home, [file]).values():
            raise OSError(why)

    def done_all(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        """All have landed, in one write; those that could not be put away are tried again."""
        taken_memory(home, self.endpoint).note(files, is_done=True)
        reached("collect: marked")
        self._put_away_again(home, files)
        return {}

    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        """The file has landed for these feeds, and is listed again for others to come."""
        taken_memory(home, self.endpoint).note([file.file], is_done=False, taken_by=taken_by)

    def kept(self, home: Path) -> Sequence[Listed]:
        """The files that have landed and are still there, in `collected` too; and parts."""
        return [
            *(one for one in self.list_all(home) if not one.why_not),
            *self.list_put_away(home),
        ]

    def waiting_names(self, home: Path) -> set[str]:
        """The names of the files that are there and have not landed, whole or not.

        Nothing is remembered or put away: a run may be at work meanwhile.
        """
        try:
            listed = self.list_all(home)
        except SourceUnavailable:
            return set()
        taken = taken_memory(home, self.endpoint).taken()
        return {
            one.name
            for one in listed
            if not (one.why_not or self._is_no_submission(one) or _is_done(one, taken))
        }

    def _put_away_again(self, home: Path, files: Sequence[Listed]) -> None:
        files = [one for one in files if not why_hostile(one.name)]
        if self.after_landing == "leave" or not files:
            return
        failed = self.put_away(home, files)
        gone = [one for one in files if one.key not in failed]
        # Not known by its version any more: one of the same size in the same second may follow.
        taken_memory(home, self.endpoint).forget(one.key for one in gone)
        if self.whole_when == "marker":
            # A marker that stays would say of the next file of that name that it is whole.
            markers = [Listed(one.key + self.marker, one.name + self.marker, 0) for one in gone]
            failed = {**failed, **self.put_away(home, markers)}
        for key, why in list(failed.items())[:_MOST_TOLD]:
            _log.warning(
                "%s: '%s' has landed and could not be put away (%s); it is tried again.",
                self.endpoint,
                one_line(key),
                why,
            )
        if len(failed) > _MOST_TOLD:
            _log.warning("%s: and %d more.", self.endpoint, len(failed) - _MOST_TOLD)

    def _parted(
        self, listed: Sequence[Listed], seen: Mapping[str, SeenFile], moment: datetime
    ) -> tuple[Sequence[Listed], dict[str, SeenFile]]:
        """The files that are whole, and those that wait for the next run."""
        changed = {one.key: one.changed_at or _BEFORE_ALL for one in listed}
        whole: list[Listed] = []
        unfinished: dict[str, SeenFile] = {}
        for one in listed:
            if self._is_no_submission(one):
                continue
            before = seen.get(one.key)
            is_same = before is not None and before.version == one.version
            since = before.since if before is not None and is_same else moment
            if one.why_not or self._is_whole(one, changed, since, moment):
                whole.append(one)
            else:
                unfinished[one.key] = SeenFile(one.version, since)
        return whole, unfinished

    def _is_no_submission(self, file: Listed) -> bool:
        if why_hostile(file.name):
            return False
        is_marker = self.whole_when == "marker" and file.name.endswith(self.marker)
        return is_marker or is_unfinished(file.name)

    def _is_whole(
        self, file: Listed, changed: Mapping[str, datetime], since: datetime, moment: datetime
    ) -> bool:
        """Whether the file is whole; `since` is when it was first listed as it is now.

        The store's clock may be ahead or behind: a file that was listed alike for long enough by
        our own clock is quiet too, whatever its time says.
        """
        if self.whole_when == "renamed":
            return True
        quiet = timedelta(seconds=self.quiet_seconds)
        is_same_for_long = moment - since >= quiet
        if self.whole_when == "marker":
            marked_at = changed.get(file.key + self.marker)
            # An older marker is of the file that had the name before, or its time was kept.
            is_newer = marked_at is not None and marked_at >= (file.changed_at or _BEFORE_ALL)
            return is_newer or (marked_at is not None and is_same_for_long)
        is_old = file.changed_at is not None and file.changed_at <= moment - quiet
        return is_old or is_same_for_long


def _is_done(file: Listed, taken: Mapping[str, TakenFile]) -> bool:
    known = taken.get(file.key)
    return known is not None and known.is_done and known.version == file.version


def _taken_by(file: Listed, taken: Mapping[str, TakenFile]) -> tuple[str, ...]:
    known = taken.get(file.key)
    return known.taken_by if known is not None and known.version == file.version else ()
