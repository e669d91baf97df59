"""Folders of this machine that files are taken from: plain files only, links are never followed."""

import errno
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pipelines.base.plain_files import why_not_plain


def put_whole(folder: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
    """A file of that name is in the folder, whole from its first moment, as old as `sent_at`.

    It is new where that is ahead.
    """
    # Not the name with more to it: that may be as long as a name can be.
    hidden = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        hidden.write_bytes(content)
        if sent_at is not None:
            changed = min(sent_at.timestamp(), hidden.stat().st_mtime)
            os.utime(hidden, (changed, changed))
        os.replace(hidden, folder / name)
    except OSError:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)
        raise


def entries(folder: Path) -> Sequence[Path]:
    """What stands in the folder; nothing where it is a link, or cannot be read."""
    try:
        return [] if folder.is_symlink() else [Path(entry.path) for entry in os.scandir(folder)]
    except OSError:
        return []


def plain_files(folder: Path) -> Sequence[Path]:
    """The plain files in the folder."""
    return [path for path in entries(folder) if is_plain(path)]


def is_plain(path: Path) -> bool:
    """Whether a plain file stands there; a link to one is none."""
    try:
        return not why_not_plain(path.lstat().st_mode)
    except OSError:
        return False


def own_folder(folder: Path) -> Path:
    """The folder, which is there and is no link: its files stand where it stands."""
    try:
        mode = folder.lstat().st_mode
    except FileNotFoundError:
        folder.mkdir()
        return folder
    if not stat.S_ISDIR(mode):
        raise NotADirectoryError(errno.ENOTDIR, f"'{folder.name}' is no folder", str(folder))
    return folder


def move(file: str, folder: Path, name: str) -> None:
    """The file stands in the folder under that name, or another where a folder has that name."""
    target = f"{folder}/{name}"
    if target == file:
        return
    state = os.lstat(file)
    try:
        os.replace(file, target)
    except IsADirectoryError:
        os.replace(file, folder / f"{secrets.token_hex(4)}-{shortened(name)}")
    # Where both were names of one file, the move leaves both.
    if state.st_nlink > 1:
        with suppress(FileNotFoundError):
            if os.lstat(file).st_ino == state.st_ino:
                Path(file).unlink()


def shortened(name: str) -> str:
    """The end of the name, short enough to have something put before it."""
    return os.fsdecode(os.fsencode(name)[-240:])
