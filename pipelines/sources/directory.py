"""A folder that providers put files into."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.durable import write_durably
from pipelines.errors import SourceUnavailable
from pipelines.settings import settings

_COLLECTED = "collected"
_TAKEN_BY = ".taken-by.json"
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
"""Endings that transfer programs give to a file they are still writing."""


class DirectoryEndpoint:
    """One folder; a relative one stands under the home and is made where it is missing."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self.endpoint = endpoint
        path = Path(endpoint)
        self.folder = path if path.is_absolute() else home / path
        self._held = self.folder / "held"
        if not path.is_absolute():
            self.folder.mkdir(parents=True, exist_ok=True)

    def list_files(self) -> list[Path]:
        """The files that are there whole, oldest first, then by name.

        Hidden files are left alone, and those that a transfer may still be writing: a name
        that says so, or a change within the last `quiet_seconds`.
        Raises `SourceUnavailable` where the folder cannot be read.
        """
        try:
            entries = [
                entry
                for folder in (self.folder, self._held)
                if folder.is_dir() or folder is self.folder
                for entry in os.scandir(folder)
                if entry.is_file() and not entry.name.casefold().endswith(_TAKEN_BY)
            ]
            ready = [
                (entry.stat().st_mtime_ns, entry.path)
                for entry in entries
                if not entry.name.startswith((".", "~$"))
                and not entry.name.casefold().endswith(_UNFINISHED)
                and time.time() - entry.stat().st_mtime >= settings().quiet_seconds
            ]
        except OSError as error:
            raise SourceUnavailable(
                f"The folder {self.folder} cannot be read ({error.strerror}). Check that it "
                "exists, is mounted and may be read by this user."
            ) from error
        return [Path(path) for _, path in sorted(ready)]

    def taken_by(self, file: Path) -> list[str]:
        """The feeds that a held file was landed for already."""
        note = self._held / f"{file.name}{_TAKEN_BY}"
        if file.parent != self._held or not note.exists():
            return []
        feed_ids: list[str] = json.loads(note.read_text("utf-8"))
        return feed_ids

    def hold(self, file: Path, taken_by: Sequence[str]) -> None:
        """The file stands in the folder `held`, with a note of the feeds that have it."""
        self._held.mkdir(exist_ok=True)
        note = self._held / f"{file.name}{_TAKEN_BY}"
        write_durably(note, json.dumps(list(taken_by)).encode())
        os.replace(file, self._held / file.name)

    def mark_collected(self, file: Path) -> None:
        """The file stands in the folder `collected`; one of the same name there is replaced.

        Its bytes are in landing already, so that nothing is lost by replacing it.
        """
        target = self.folder / _COLLECTED / file.name
        target.parent.mkdir(exist_ok=True)
        os.replace(file, target)
        (self._held / f"{file.name}{_TAKEN_BY}").unlink(missing_ok=True)
