"""The small state of a home as files in its folder: for one machine."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from pipelines.base.durable import (
    append_all_durably,
    sync_folder,
    write_all_durably,
    write_durably,
    write_whole,
)
from pipelines.base.plain_files import read_plain
from pipelines.base.state.state_store import KeptDocument

MOST_BYTES = 256 * 1024 * 1024


class FolderState:
    """The files of one home."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def read(self, path: Path) -> bytes:
        """The bytes of the file; raises `OSError` where it is no plain file, or is not there."""
        return read_plain(path, MOST_BYTES)

    def write_all(self, contents: Mapping[Path, bytes]) -> None:
        """Each file holds its content, the old or the new at any moment."""
        if len(contents) == 1:
            for path, content in contents.items():
                write_durably(path, content)
        else:
            write_all_durably(contents)

    def note(self, path: Path, content: bytes) -> None:
        """The file holds the content; it is not synced."""
        write_whole(path, content)

    def replace(self, path: Path, before: bytes | None, after: bytes) -> bool:
        """The file is written where it is as before, behind a lock of its own."""
        self._home.mkdir(parents=True, exist_ok=True)
        with FileLock(self._home / f"{'-'.join(path.relative_to(self._home).parts)}.lock"):
            try:
                held = self.read(path)
            except FileNotFoundError:
                held = None
            if held == before:
                write_durably(path, after)
        return held == before

    def append_all(self, contents: Mapping[Path, bytes]) -> None:
        """Each file ends with its content; a line that a death cut off stays one of its own."""
        append_all_durably(contents)

    def remove(self, path: Path) -> None:
        """The file is gone."""
        path.unlink(missing_ok=True)

    def move(self, path: Path, target: Path) -> bool:
        """The file has the other name."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.rename(target)
        except FileNotFoundError:
            return False
        sync_folder(target.parent)
        return True

    def stamps(self, folder: Path) -> Mapping[Path, object]:
        """The files of the folder; none where there is no folder."""
        try:
            with os.scandir(folder) as entries:
                found = [
                    folder / entry.name
                    for entry in entries
                    if entry.name[0] != "." and entry.is_file(follow_symlinks=False)
                ]
        except (FileNotFoundError, NotADirectoryError):
            return {}
        stamps = {path: self.stamp(path) for path in found}
        return {path: stamp for path, stamp in stamps.items() if stamp is not None}

    def all_below(self, folder: Path) -> list[KeptDocument]:
        """Every file below the folder."""
        found = []
        for path in folder.rglob("*"):
            if path.is_file():
                state = path.stat()
                changed_at = datetime.fromtimestamp(state.st_mtime, UTC)
                found.append(KeptDocument(path, state.st_size, changed_at))
        return found

    def stamp(self, path: Path) -> object:
        """The file's times, size and number."""
        try:
            state = path.stat()
        except FileNotFoundError:
            return None
        except OSError:
            return object()
        return (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
