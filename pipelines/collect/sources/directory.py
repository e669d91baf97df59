"""The kind `directory`: a folder that providers put files into."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.durable import sync_many
from pipelines.base.errors import SitrepError, SourceUnavailable
from pipelines.base.kill_points import reached
from pipelines.base.plain_files import ChangedFile, LargeFile, read_plain
from pipelines.base.settings import settings
from pipelines.collect.checks import SourceCheck
from pipelines.collect.file_store import Fetched, FileStore, Listed, Unread
from pipelines.collect.folder_check import check_folder
from pipelines.collect.folder_files import AGE_AND_PATH, FolderFile, look_at
from pipelines.collect.folders import is_plain, move, own_folder, plain_files, put_whole
from pipelines.collect.held_files import HeldFiles
from pipelines.collect.hostile_names import is_unfinished
from pipelines.registry.source import sources

_COLLECTED = "collected"
_HELD = "held"
_REFUSED = "refused"
_OWN = frozenset({_COLLECTED, _HELD, _REFUSED})


@sources.register
class DirectorySource(FileStore):
    """A folder that files are put into."""

    files_at_once: ClassVar[int] = 7_000
    """As many as are loaded together: what lands in one file of the inbox is settled as a whole."""

    kind: Literal["directory"]
    endpoint: str = Field(description="Folder; a relative one stands under SITREP_HOME.")
    pattern: str = Field(description="File name pattern, matched without regard to case.")

    @field_validator("endpoint")
    @classmethod
    def _is_no_address(cls, endpoint: str) -> str:
        if "://" in endpoint:
            raise ValueError("Expected a folder, got a URL; use kind: http?")
        return endpoint

    @field_validator("answers")
    @classmethod
    def _is_no_place_of_submissions(cls, answers: str | None) -> str | None:
        if answers is not None and "://" in answers:
            raise ValueError("Expected a folder, got a URL")
        own = ("", ".", _COLLECTED, _HELD, _REFUSED)
        if answers is not None and (os.path.normpath(answers or ".") in own):
            raise ValueError(
                "a folder of its own, as in 'answers': what stands in this one is collected, or "
                "is ours"
            )
        return answers

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        """The folder; None where the endpoint is a URL."""
        is_folder = "://" not in endpoint
        return cls(kind="directory", endpoint=endpoint, pattern="*") if is_folder else None

    def folder(self, home: Path) -> Path:
        """Where the files are put."""
        return home / self.endpoint

    @property
    def _is_elsewhere(self) -> bool:
        """Whether somebody else makes the folder; one that stands under the home is made by us."""
        return Path(self.endpoint).is_absolute()

    def list(self, home: Path) -> Sequence[Listed]:
        """The files that are there whole, oldest first, then by name; what is no plain file, too.

        Hidden files are left alone, and those that a transfer may still be writing: a name
        that says so, or a change within the last `quiet_seconds`. A relative folder is made where
        it is missing. Raises `SourceUnavailable` where the folder cannot be read.
        """
        return [*self.in_order(home)]

    def in_order(self, home: Path) -> Iterator[Listed]:
        """The same one by one: of each file that waits for its turn its path and times are held."""
        files = sorted(self._files(home), key=AGE_AND_PATH, reverse=True)
        while files:
            yield files.pop().listed()

    def _files(self, home: Path) -> Iterator[FolderFile]:
        """What is there, in any order."""
        folder = self.folder(home)
        quiet_at = time.time() - settings().quiet_seconds
        try:
            if not self._is_elsewhere:
                folder.mkdir(parents=True, exist_ok=True)
            with os.scandir(folder) as entries:
                for entry in entries:
                    look = partial(entry.stat, follow_symlinks=False)
                    if entry.name not in _OWN and (one := look_at(entry.path, look, (), quiet_at)):
                        yield one
        except OSError as error:
            raise_disk_fault(error)
            raise SourceUnavailable(
                f"The folder {folder} cannot be read ({error.strerror}). Check that it "
                "exists, is mounted and may be read by this user."
            ) from error
        held = self._held(home)
        for file in held.files():
            if one := look_at(str(file), file.lstat, held.taken_by(home, file), quiet_at):
                yield one

    def arrived(self, home: Path) -> Sequence[Listed]:
        """The files of `list`; none where the folder cannot be read, which its run tells."""
        try:
            return self.list(home)
        except (OSError, SitrepError):
            return ()

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """The files with their bytes, or why they cannot be read.

        Those that are still written, or gone by now, are left out: the next run takes them whole.
        """
        for file in files:
            try:
                yield Fetched(file, read_plain(file.key, settings().max_file_bytes))
            except (FileNotFoundError, ChangedFile, LargeFile):
                continue
            except OSError as error:
                yield Unread(file, f"cannot be read ({error.strerror or error})")

    def done(self, home: Path, file: Listed) -> None:
        """The file stands in the folder `collected`; one of the same name there is replaced.

        Its bytes are in landing already, so that nothing is lost by replacing it.
        """
        self._done(home, file, own_folder(self.folder(home) / _COLLECTED))

    def done_all(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        """`done` for all of them; key → why a file, which has landed, could not be marked."""
        failed = {}
        folder: Path | None = None
        for file in files:
            try:
                folder = folder or own_folder(self.folder(home) / _COLLECTED)
                self._done(home, file, folder)
            except OSError as error:
                failed[file.key] = error.strerror or str(error)
            reached("collect: marked")
        return failed

    def _done(self, home: Path, file: Listed, collected: Path) -> None:
        move(file.key, collected, file.name)
        self._let_go(home, file.key)

    def refuse(self, home: Path, file: Listed) -> None:
        """The file stands in the folder `refused`; its bytes were not read."""
        move(file.key, own_folder(self.folder(home) / _REFUSED), file.name)
        self._let_go(home, file.key)

    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        """The file stands in a folder of its own under `held`, with the feeds that have it."""
        self._held(home).hold(file, taken_by)

    def kept(self, home: Path) -> Sequence[Listed]:
        """The files of `collected` and `held`, and what a dead transfer left in the folder."""
        folder = self.folder(home)
        left = [file for file in plain_files(folder) if is_unfinished(file.name)]
        files = [*plain_files(folder / _COLLECTED), *self._held(home).files(), *left]
        return [Listed(str(file), file.name, file.lstat().st_size) for file in files]

    def drop(self, home: Path, file: Listed) -> None:
        """The file is gone; its bytes must not be kept."""
        Path(file.key).unlink(missing_ok=True)
        self._let_go(home, file.key)

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """The file stands in the folder, as old as `sent_at`, or new if that is ahead.

        Files are taken by their age, so that they are taken in the order of their sending.
        """
        folder = self.folder(home)
        folder.mkdir(parents=True, exist_ok=True)
        put_whole(folder, name, content, sent_at)

    def put_answers(self, home: Path, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """The files stand in the folder that `answers` names, within this one or elsewhere.

        They would still after a power cut. Raises `SourceUnavailable` where the folder cannot be
        written to.
        """
        folder = self._answers_folder(home)
        failed, put = {}, []
        for name, content in files.items():
            try:
                put_whole(folder, name, content)
                put.append(folder / name)
            except OSError as error:
                failed[name] = f"cannot be written ({error.strerror or error})"
        try:
            sync_many([*put, folder])
        except OSError as error:
            raise SourceUnavailable(_cannot_take(folder, error)) from error
        return failed

    def check(self, home: Path) -> Iterator[SourceCheck]:
        """The folder is there, can be listed and written to, and a file in it can be read."""
        return check_folder(self, home, self.folder(home), is_made=not self._is_elsewhere)

    def try_answers(self, home: Path) -> str:
        """Where answers go; raises `SourceUnavailable` where nothing can be written there."""
        folder = self._answers_folder(home)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise SourceUnavailable(_cannot_take(folder, PermissionError(0, "no right to write")))
        return str(folder)

    def _answers_folder(self, home: Path) -> Path:
        """The folder of answers, which is there; raises `SourceUnavailable` where it cannot be."""
        folder = Path(os.path.normpath(self.folder(home) / (self.answers or "")))
        if folder.is_symlink():
            # Who may write into the source's folder would choose where we write.
            raise SourceUnavailable(
                f"The folder {folder} of the answers is a link. Name the folder that it leads to "
                "in the feed's file, under source: answers."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceUnavailable(_cannot_take(folder, error)) from error
        return folder

    def waiting_names(self, home: Path) -> set[str]:
        """The names of all files in the folder, also of those that may still be written."""
        folder = self.folder(home)
        # A source that is not mounted just now holds nothing that could be seen.
        files = folder.iterdir() if folder.is_dir() else ()
        return {file.name for file in files if is_plain(file)}

    def _held(self, home: Path) -> HeldFiles:
        return HeldFiles(self.folder(home) / _HELD)

    def _let_go(self, home: Path, key: str) -> None:
        # Most files were never held: asked by name first, because it is done for each of them.
        if f"/{_HELD}/" in key:
            self._held(home).let_go(key)


def _cannot_take(folder: Path, error: OSError) -> str:
    return (
        f"The folder {folder} cannot take answers ({error.strerror or error}). Let this user write "
        "there, or name another folder in the feed's file, under source: answers."
    )
