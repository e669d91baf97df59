"""A folder that providers put files into."""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.base.durable import write_durably
from pipelines.base.errors import SourceUnavailable
from pipelines.base.settings import settings
from pipelines.landing.landing import Manifest

_COLLECTED = "collected"
_HELD = "held"
_TAKEN_BY = "taken-by.json"
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
"""Endings that transfer programs give to a file they are still writing."""


class DirectoryEndpoint:
    """One folder; a relative one stands under the home and is made where it is missing."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self.endpoint = endpoint
        path = Path(endpoint)
        self.folder = path if path.is_absolute() else home / path
        self._held = self.folder / _HELD
        if not path.is_absolute():
            self.folder.mkdir(parents=True, exist_ok=True)

    def list_files(self) -> list[Path]:
        """The files that are there whole, oldest first, then by name.

        Hidden files are left alone, and those that a transfer may still be writing: a name
        that says so, or a change within the last `quiet_seconds`.
        Raises `SourceUnavailable` where the folder cannot be read.
        """
        try:
            entries = [entry for entry in os.scandir(self.folder) if entry.is_file()]
        except OSError as error:
            raise SourceUnavailable(
                f"The folder {self.folder} cannot be read ({error.strerror}). Check that it "
                "exists, is mounted and may be read by this user."
            ) from error
        held = [file for file in self._held.glob("*/*") if file.name != _TAKEN_BY]
        ready = [
            (changed, file) for file in (*map(Path, entries), *held) if (changed := _at_rest(file))
        ]
        return [file for _, file in sorted(ready)]

    def taken_by(self, file: Path) -> list[str]:
        """The feeds that a held file was landed for already."""
        note = file.with_name(_TAKEN_BY)
        if self._held not in file.parents or not note.exists():
            return []
        feed_ids: list[str] = json.loads(note.read_text("utf-8"))
        return feed_ids

    def hold(self, file: Path, content: bytes, taken_by: Sequence[str]) -> None:
        """The file stands in a folder of its own under `held`, with the feeds that have it."""
        folder = self._held / hashlib.sha256(content).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(folder / _TAKEN_BY, json.dumps(list(taken_by)).encode())
        os.replace(file, folder / file.name)

    def drop(self, file: Path) -> None:
        """The file is gone; its bytes must not be kept."""
        file.unlink(missing_ok=True)
        if self._held in file.parents:
            file.with_name(_TAKEN_BY).unlink(missing_ok=True)
            file.parent.rmdir()

    def mark_collected(self, file: Path) -> None:
        """The file stands in the folder `collected`; one of the same name there is replaced.

        Its bytes are in landing already, so that nothing is lost by replacing it.
        """
        target = self.folder / _COLLECTED / file.name
        target.parent.mkdir(exist_ok=True)
        os.replace(file, target)
        if self._held in file.parents:
            file.with_name(_TAKEN_BY).unlink(missing_ok=True)
            file.parent.rmdir()


def drop_copy(home: Path, manifest: Manifest) -> None:
    """No file with these bytes stands among the collected or held ones of the folder it is from."""
    folder = home / Path(manifest.source).parent
    copies = [*(folder / _COLLECTED).glob("*"), *(folder / _HELD).glob("*/*")]
    for copy in copies:
        if copy.is_file() and copy.stat().st_size == manifest.size_bytes:
            if hashlib.sha256(copy.read_bytes()).hexdigest() != manifest.sha256:
                continue
            copy.unlink()
            if copy.parent.name != _COLLECTED:
                copy.with_name(_TAKEN_BY).unlink(missing_ok=True)
                copy.parent.rmdir()


def _at_rest(file: Path) -> int:
    """When the file changed last (ns); 0 where it is hidden, being written, or gone meanwhile."""
    name = file.name.casefold()
    if name.startswith((".", "~$")) or name.endswith(_UNFINISHED):
        return 0
    try:
        changed = file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
    return changed if time.time() - changed / 1e9 >= settings().quiet_seconds else 0
