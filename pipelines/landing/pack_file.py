"""A pack: many landed files in one, each under a line that names it.

    sitrep-pack 1 <when its files came first, in microseconds since 1970>
    + <sha256> <number of bytes> <feed>
    <the bytes>

`-` in place of `+`: the bytes must not be kept; `x`: retention deleted them. Zeros stand where they
were, and everything else where it was. So a pack is written once, and what is taken out of it is
overwritten on the disk. A damaged byte costs the file that it belongs to, and no other.
"""

import fcntl
import hashlib
import mmap
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipelines.base.disk_faults import writing
from pipelines.base.durable import PRIVATE_FILE, make_folder
from pipelines.landing.object_store import Kept, ObjectKey

_FLAGS = {Kept.WHOLE: b"+", Kept.WITHHELD: b"-", Kept.EXPIRED: b"x"}
_KEPT = {flag: kept for kept, flag in _FLAGS.items()}
_HEAD = re.compile(rb"sitrep-pack 1 (-?\d{1,17})\n")
_LINE = re.compile(rb"([+x-]) ([0-9a-f]{64}) (\d{1,15}) ([^\n]{1,255})\n")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BUFFER_BYTES = 1 << 20
_ZEROS = bytes(1 << 16)


class PackedFile(NamedTuple):
    """Where one file stands in a pack."""

    key: ObjectKey
    place: int
    """Of its first byte in the pack."""
    size_bytes: int
    kept: Kept = Kept.WHOLE


class ScannedPack(NamedTuple):
    """What a pack tells of itself."""

    first_seen_at: datetime
    files: list[PackedFile]


def can_be_packed(key: ObjectKey) -> bool:
    """Whether the key fits into a line."""
    return "\n" not in key.feed_id and 0 < len(os.fsencode(key.feed_id)) <= 255


@contextmanager
def new_pack(path: Path) -> Iterator[BinaryIO]:
    """A new file that is this process's while it is written, and that no other takes for left."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, PRIVATE_FILE)
    except FileNotFoundError:
        make_folder(path.parent)
        descriptor = os.open(path, flags, PRIVATE_FILE)
    with (
        writing(path),
        open(descriptor, "wb", buffering=_BUFFER_BYTES) as stream,  # noqa: PTH123 - a descriptor
    ):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield stream


def drop_left(path: Path) -> None:
    """A new pack whose writer has died is gone; one that is still written stays."""
    with suppress(FileNotFoundError), path.open("rb") as stream:
        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        path.unlink(missing_ok=True)


def fill_pack(
    stream: BinaryIO, contents: Mapping[ObjectKey, bytes], first_seen_at: datetime
) -> list[PackedFile]:
    """The new file is a pack of these files, durable; where each stands."""
    files = []
    place = stream.write(_head(first_seen_at))
    for key, content in contents.items():
        place += stream.write(_line(Kept.WHOLE, key, len(content)))
        files.append(PackedFile(key, place, len(content)))
        place += stream.write(content) + stream.write(b"\n")
    stream.flush()
    os.fsync(stream.fileno())
    return files


def list_of_expired(pack: ScannedPack) -> bytes:
    """A pack with no bytes, which tells when those of the pack came first."""
    lines = [_line(Kept.EXPIRED, one.key, 0) + b"\n" for one in pack.files]
    return b"".join([_head(pack.first_seen_at), *lines])


def scan_pack(path: Path) -> ScannedPack:
    """What the pack tells of itself; a damaged line costs the files until the next sound one.

    Raises `OSError` where it cannot be read, and `ValueError` where it is no pack.
    """
    with path.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size == 0:
            raise ValueError("is empty")
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as pack:
            head = _HEAD.match(pack)
            if head is None:
                raise ValueError("does not begin as a pack")
            first_seen_at = _EPOCH + int(head[1]) * _MICROSECOND
            return ScannedPack(first_seen_at, list(_files_in(pack, head.end())))


def read_packed(path: str, place: int, size_bytes: int) -> bytes:
    """The bytes that stand there; fewer where the pack is cut short."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.pread(descriptor, size_bytes, place)
    finally:
        os.close(descriptor)


def take_out(path: Path, files: Iterable[PackedFile], kept: Kept) -> int:
    """Zeros stand where the bytes were, and the pack says why, durable; how many were there.

    What the pack does not have is passed over. Raises `FileNotFoundError` where there is no pack.
    """
    taken = 0
    with path.open("r+b", buffering=0) as stream:
        descriptor = stream.fileno()
        for one in files:
            line = _line(kept, one.key, one.size_bytes)
            start = max(0, one.place - len(line))
            content = os.pread(descriptor, one.size_bytes, one.place)
            is_named = os.pread(descriptor, len(line), start)[1:] == line[1:]
            if not is_named and hashlib.sha256(content).hexdigest() != one.key.sha256:
                continue
            if content.strip(b"\0"):
                taken += 1
                _overwrite(descriptor, one.place, len(content))
            if is_named:
                os.pwrite(descriptor, line[:1], start)
        os.fsync(descriptor)
    return taken


def _overwrite(descriptor: int, place: int, size_bytes: int) -> None:
    while size_bytes > 0:
        done = os.pwrite(descriptor, _ZEROS[:size_bytes], place)
        place, size_bytes = place + done, size_bytes - done


def _head(first_seen_at: datetime) -> bytes:
    return b"sitrep-pack 1 %d\n" % ((first_seen_at - _EPOCH) // _MICROSECOND)


def _line(kept: Kept, key: ObjectKey, size_bytes: int) -> bytes:
    feed_id = os.fsencode(key.feed_id)
    return b"%s %s %d %s\n" % (_FLAGS[kept], key.sha256.encode(), size_bytes, feed_id)


def _files_in(pack: mmap.mmap, at: int) -> Iterator[PackedFile]:
    while at < len(pack):
        line = _LINE.match(pack, at) or _LINE.search(pack, at)
        if line is None:
            return
        key = ObjectKey(os.fsdecode(line[4]), line[2].decode())
        size_bytes = int(line[3])
        yield PackedFile(key, line.end(), size_bytes, _KEPT[line[1]])
        at = line.end() + size_bytes + 1
