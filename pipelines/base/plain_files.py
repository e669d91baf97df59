"""Reads plain files only: never through a link, never a pipe or a device, never too much."""

import os
import stat
from pathlib import Path

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotPlainFile(OSError):
    """What stands there is a link, a folder, a pipe, a socket or a device."""


class LargeFile(OSError):
    """The file has more bytes than are read."""


class ChangedFile(OSError):
    """The file was written to, or replaced, while it was read."""


def why_not_plain(mode: int) -> str:
    """What such a thing is in place of a plain file; empty for a plain file."""
    if stat.S_ISREG(mode):
        return ""
    return next((told for is_kind, told in _KINDS if is_kind(mode)), "no plain file")


def in_the_way(path: Path) -> str:
    """What stands there in place of a plain file; empty where one can be written."""
    try:
        return why_not_plain(path.lstat().st_mode)
    except FileNotFoundError:
        return ""


def read_plain(path: str | Path, most_bytes: int) -> bytes:
    """The bytes of a plain file of at most that size.

    Raises `NotPlainFile`, `LargeFile`, `ChangedFile`, or another `OSError` where it cannot be
    read. To open what is no plain file does not wait, and nothing is read from it.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        # A link or a socket: say so.
        _refuse_unless_plain(os.lstat(path))
        raise
    # Python opens no folder as a file, and would say so in other words.
    try:
        before = os.fstat(descriptor)
        _refuse_unless_plain(before)
        if before.st_size > most_bytes:
            raise LargeFile(f"has {before.st_size:,} bytes, more than {most_bytes:,}")
        content = _read_whole(descriptor, before.st_size, most_bytes)
        if _version(os.fstat(descriptor)) != _version(before) or len(content) != before.st_size:
            raise ChangedFile("changed while it was read")
    finally:
        os.close(descriptor)
    if _version(os.lstat(path)) != _version(before):
        raise ChangedFile("was replaced while it was read")
    return content


def _read_whole(descriptor: int, size: int, most_bytes: int) -> bytes:
    """All bytes, at least one more than the size where there are more."""
    parts = []
    left = min(size, most_bytes) + 1
    while left > 0 and (part := os.read(descriptor, left)):
        parts.append(part)
        if len(part) == size:
            # One more was asked for: this is all, if the size is still the same.
            break
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _refuse_unless_plain(state: os.stat_result) -> None:
    if told := why_not_plain(state.st_mode):
        raise NotPlainFile(f"is {told} and no plain file")


def _version(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
