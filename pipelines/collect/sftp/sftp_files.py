"""Files of an SFTP server: how each is listed, read, written, moved and deleted.

Each coroutine is for one folder or file; the errors of asyncssh come through. Links are never
followed on purpose: what is no plain file in the listing is not opened, and a file whose size or
time is another after it was read is left for the next run.
"""

import asyncio
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

from asyncssh import (
    SFTPAttrs,
    SFTPClient,
    SFTPError,
    SFTPFailure,
    SFTPFileAlreadyExists,
    SFTPName,
    SFTPNoSuchFile,
    SFTPNoSuchPath,
    SFTPOpUnsupported,
)
from asyncssh.constants import (
    FILEXFER_TYPE_DIRECTORY,
    FILEXFER_TYPE_REGULAR,
    FILEXFER_TYPE_SYMLINK,
    FILEXFER_TYPE_UNKNOWN,
)

from pipelines.collect.listed_files import A_FOLDER, Listed

MOST_NAMES = 200_000
"""In one folder: a month of England's quarters of an hour. More would be held in memory."""
LISTING_SECONDS = 120.0
"""For so many names, however slow the server is."""
_NO_LINK = "is a link and no plain file"
_NOT_PLAIN = "is no plain file"
_GONE = (SFTPNoSuchFile, SFTPNoSuchPath)


class TooManyNames(Exception):
    """The folder holds more names than are looked at."""


class ChangedMeanwhile(Exception):
    """The file is another than the one that was listed."""


class LyingList(Exception):
    """The file has not the size that the server says, before and after."""


async def list_folder(sftp: SFTPClient, folder: str, below: str = "") -> Sequence[Listed]:
    """What stands in the folder, by name; each key begins with `below`.

    A server that tells a name twice is heard once. Raises `TooManyNames`.
    """
    found: dict[str, Listed] = {}
    async for entry in sftp.scandir(folder):
        if (name := str(entry.filename)) in (".", ".."):
            continue
        if len(found) >= MOST_NAMES:
            raise TooManyNames
        found[name] = _listed(entry, name, below)
    return list(found.values())


async def list_if_there(sftp: SFTPClient, folder: str, below: str) -> Sequence[Listed]:
    """What stands in the folder; empty where there is none, or a link."""
    try:
        attrs = await sftp.lstat(folder)
    except _GONE:
        return []
    is_folder = type_of(attrs) == FILEXFER_TYPE_DIRECTORY
    return await list_folder(sftp, folder, below) if is_folder else []


async def is_there(sftp: SFTPClient, folder: str) -> bool:
    """Whether a folder stands there."""
    return await sftp.isdir(folder)


async def read_whole(sftp: SFTPClient, path: str, file: Listed) -> bytes:
    """The bytes of the file as it was listed.

    Raises `ChangedMeanwhile` where it is another or gone by now, `LyingList` where the server says
    that it is the same and its size is another.
    """
    try:
        # Not `async with`: a read that is given up would wait for the answer to its closing.
        opened = await sftp.open(path, "rb")
        try:
            # With the byte behind its end, so that it is seen to be longer, at no time of its own.
            content, beyond = cast(
                tuple[bytes, bytes],
                await asyncio.gather(opened.read(file.size, 0), opened.read(1, file.size)),
            )
        except SFTPError:
            await opened.close()
            raise
        _, after = await asyncio.gather(opened.close(), sftp.lstat(path))
    except _GONE:
        raise ChangedMeanwhile from None
    if type_of(after) != FILEXFER_TYPE_REGULAR or version_of(after) != file.version:
        raise ChangedMeanwhile
    if beyond or len(content) != file.size:
        raise LyingList(f"more than {file.size:,}" if beyond else f"{len(content):,}")
    return content


async def move(sftp: SFTPClient, path: str, target: str, version: str) -> None:
    """The file stands at the target; one that is gone by now is no matter.

    Raises `ChangedMeanwhile` where another came in its place, unless `version` is empty.
    """
    try:
        await _see_unchanged(sftp, path, version)
        await _rename_over(sftp, path, target)
    except _GONE:
        return


async def delete(sftp: SFTPClient, path: str, version: str = "") -> None:
    """No file stands there; raises `ChangedMeanwhile` as `move` does."""
    try:
        await _see_unchanged(sftp, path, version)
        await sftp.remove(path)
    except _GONE:
        return


async def write_whole(
    sftp: SFTPClient, folder: str, name: str, content: bytes, sent_at: datetime | None = None
) -> None:
    """The file stands in the folder, whole from its first moment, as old as `sent_at`."""
    hidden = f"{folder}/.{secrets.token_hex(8)}.tmp"
    try:
        async with sftp.open(hidden, "wb") as opened:
            await opened.write(content)
        if sent_at is not None:
            moment = int(sent_at.timestamp())
            await sftp.utime(hidden, times=(moment, moment))
        await _rename_over(sftp, hidden, f"{folder}/{name}")
    except BaseException:
        with suppress(SFTPError):
            await sftp.remove(hidden)
        raise


async def make_folder(sftp: SFTPClient, folder: str) -> None:
    """The folder is there, and those above it."""
    with suppress(SFTPFileAlreadyExists):
        if not await sftp.isdir(folder):
            await sftp.makedirs(folder, exist_ok=True)


async def make_own_folder(sftp: SFTPClient, folder: str) -> None:
    """The folder is there and is no link; raises `NotADirectoryError` where it is one."""
    try:
        attrs = await sftp.lstat(folder)
    except _GONE:
        with suppress(SFTPFileAlreadyExists, SFTPFailure):
            await sftp.mkdir(folder)
        attrs = await sftp.lstat(folder)
    if type_of(attrs) != FILEXFER_TYPE_DIRECTORY:
        raise NotADirectoryError(f"'{folder}' is no folder")


def type_of(attrs: SFTPAttrs) -> int:
    """What stands there, one of `FILEXFER_TYPE_…`."""
    if attrs.type == FILEXFER_TYPE_UNKNOWN and attrs.permissions is not None:
        mode = attrs.permissions
        if stat.S_ISREG(mode):
            return FILEXFER_TYPE_REGULAR
        if stat.S_ISDIR(mode):
            return FILEXFER_TYPE_DIRECTORY
        return FILEXFER_TYPE_SYMLINK if stat.S_ISLNK(mode) else FILEXFER_TYPE_UNKNOWN
    return attrs.type


def version_of(attrs: SFTPAttrs) -> str:
    """What tells the file from another of its name: its size, and its time where that is told."""
    time = "" if attrs.mtime is None else f"{attrs.mtime}.{attrs.mtime_ns or 0:09d}"
    return f"{attrs.size or 0}-{time}"


def _listed(entry: SFTPName, name: str, below: str) -> Listed:
    attrs = entry.attrs
    changed_at = None
    if attrs.mtime is not None:
        with suppress(OverflowError, ValueError, OSError):
            changed_at = datetime.fromtimestamp(attrs.mtime, UTC)
    kind = type_of(attrs)
    if kind == FILEXFER_TYPE_REGULAR and attrs.size is not None:
        size, version = attrs.size, version_of(attrs)
        return Listed(f"{below}{name}", name, size, version=version, changed_at=changed_at)
    whys = {FILEXFER_TYPE_DIRECTORY: A_FOLDER, FILEXFER_TYPE_SYMLINK: _NO_LINK}
    return Listed(f"{below}{name}", name, 0, why_not=whys.get(kind, _NOT_PLAIN))


async def _see_unchanged(sftp: SFTPClient, path: str, version: str) -> None:
    if version and version_of(await sftp.lstat(path)) != version:
        raise ChangedMeanwhile


async def _rename_over(sftp: SFTPClient, path: str, target: str) -> None:
    """The file has the other name, and what had it is gone."""
    try:
        await sftp.posix_rename(path, target)
    except SFTPOpUnsupported:
        # Old servers know no renaming over another file.
        with suppress(*_GONE):
            await sftp.remove(target)
        await sftp.rename(path, target)
