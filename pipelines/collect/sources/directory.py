"""The kind `directory`: a folder that providers put files into."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

import msgspec
from pydantic import Field, field_validator

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.durable import write_durably
from pipelines.base.errors import SourceUnavailable
from pipelines.base.settings import settings
from pipelines.collect.file_store import Fetched, FileStore, Listed
from pipelines.registry.source import sources

_COLLECTED = "collected"
_HELD = "held"
_TAKEN_BY = "taken-by.json"
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
"""Endings that transfer programs give to a file they are still writing."""


@sources.register
class DirectorySource(FileStore):
    """A folder that files are put into."""

    kind: Literal["directory"]
    endpoint: str = Field(description="Folder; a relative one stands under SITREP_HOME.")
    pattern: str = Field(description="File name pattern, matched without regard to case.")

    @field_validator("endpoint")
    @classmethod
    def _is_no_address(cls, endpoint: str) -> str:
        if "://" in endpoint:
            raise ValueError("Expected a folder, got a URL; use kind: http?")
        return endpoint

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        """The folder; None where the endpoint is a URL."""
        is_folder = "://" not in endpoint
        return cls(kind="directory", endpoint=endpoint, pattern="*") if is_folder else None

    def folder(self, home: Path) -> Path:
        """Where the files are put."""
        return home / self.endpoint

    def list(self, home: Path) -> Sequence[Listed]:
        """The files that are there whole, oldest first, then by name.

        Hidden files are left alone, and those that a transfer may still be writing: a name
        that says so, or a change within the last `quiet_seconds`. A relative folder is made where
        it is missing. Raises `SourceUnavailable` where the folder cannot be read.
        """
        folder = self.folder(home)
        if not Path(self.endpoint).is_absolute():
            folder.mkdir(parents=True, exist_ok=True)
        try:
            entries = [Path(entry.path) for entry in os.scandir(folder) if entry.is_file()]
        except OSError as error:
            raise_disk_fault(error)
            raise SourceUnavailable(
                f"The folder {folder} cannot be read ({error.strerror}). Check that it "
                "exists, is mounted and may be read by this user."
            ) from error
        held = {file: _read_note(file) for file in self._held(home)}
        found = sorted(
            (changed, file, size)
            for file in (*entries, *held)
            for changed, size in (_look(file),)
            if changed
        )
        return [Listed(str(file), file.name, size, held.get(file, ())) for _, file, size in found]

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched]:
        """The files with their bytes, but for those that are still written, or gone by now.

        The next run takes them whole.
        """
        for file in files:
            path = Path(file.key)
            try:
                before = path.stat().st_mtime_ns
                content = path.read_bytes()
                if path.stat().st_mtime_ns == before:
                    yield Fetched(file, content)
            except FileNotFoundError:
                continue

    def done(self, home: Path, file: Listed) -> None:
        """The file stands in the folder `collected`; one of the same name there is replaced.

        Its bytes are in landing already, so that nothing is lost by replacing it.
        """
        target = self.folder(home) / _COLLECTED / file.name
        target.parent.mkdir(exist_ok=True)
        os.replace(file.key, target)
        self._let_go(home, Path(file.key))

    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        """The file stands in a folder of its own under `held`, with the feeds that have it."""
        digest = hashlib.sha256(file.content).hexdigest()[:16]
        folder = self.folder(home) / _HELD / digest
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(folder / _TAKEN_BY, msgspec.json.encode(taken_by))
        os.replace(file.file.key, folder / file.file.name)

    def kept(self, home: Path) -> Sequence[Listed]:
        """The files of the folders `collected` and `held`."""
        files = [*(self.folder(home) / _COLLECTED).glob("*"), *self._held(home)]
        return [
            Listed(str(file), file.name, file.stat().st_size) for file in files if file.is_file()
        ]

    def drop(self, home: Path, file: Listed) -> None:
        """The file is gone; its bytes must not be kept."""
        path = Path(file.key)
        path.unlink(missing_ok=True)
        self._let_go(home, path)

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """The file stands in the folder, as old as `sent_at`, or new if that is ahead.

        Files are taken by their age, so that they are taken in the order of their sending.
        """
        folder = self.folder(home)
        folder.mkdir(parents=True, exist_ok=True)
        hidden = folder / f".{name}.tmp"
        hidden.write_bytes(content)
        if sent_at is not None:
            changed = min(sent_at.timestamp(), hidden.stat().st_mtime)
            os.utime(hidden, (changed, changed))
        os.replace(hidden, folder / name)

    def waiting_names(self, home: Path) -> set[str]:
        """The names of all files in the folder, also of those that may still be written."""
        folder = self.folder(home)
        # A source that is not mounted just now holds nothing that could be seen.
        files = folder.iterdir() if folder.is_dir() else ()
        return {file.name for file in files if file.is_file()}

    def _held(self, home: Path) -> Sequence[Path]:
        """The files that are held."""
        found = (self.folder(home) / _HELD).glob("*/*")
        return [file for file in found if file.name != _TAKEN_BY]

    def _let_go(self, home: Path, file: Path) -> None:
        """The folder that the file was held in, if it was, is gone with its note."""
        if self.folder(home) / _HELD in file.parents:
            file.with_name(_TAKEN_BY).unlink(missing_ok=True)
            file.parent.rmdir()


def _read_note(file: Path) -> tuple[str, ...]:
    """The feeds that a held file was landed for already."""
    note = file.with_name(_TAKEN_BY)
    return msgspec.json.decode(note.read_bytes(), type=tuple[str, ...]) if note.exists() else ()


def _look(file: Path) -> tuple[int, int]:
    """When the file changed last (ns) and its size; 0 and 0 where it is not to be taken now.

    That is one that is hidden, being written, or gone meanwhile.
    """
    name = file.name.casefold()
    if name.startswith((".", "~$")) or name.endswith(_UNFINISHED):
        return 0, 0
    try:
        state = file.stat()
    except FileNotFoundError:
        return 0, 0
    is_quiet = time.time() - state.st_mtime_ns / 1e9 >= settings().quiet_seconds
    return (state.st_mtime_ns, state.st_size) if is_quiet else (0, 0)
