"""Where landed files stand in packs: one table for all packs, by hash.

    landing/packs/index.sqlite

To find a file costs the same however many packs there are. The packs tell all of it themselves: an
index that is damaged or lost is made again from them (`packed_objects`).
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.base.permissions import owner_only
from pipelines.base.plain_files import why_not_plain
from pipelines.landing.object_store import Kept, ObjectKey
from pipelines.landing.pack_file import PackedFile, ScannedPack

_SCHEMA = Path(__file__).with_suffix(".sql")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STATES = (Kept.WHOLE, Kept.WITHHELD, Kept.EXPIRED)
_ASKED_TOGETHER = 500
"""Hashes in one question."""
_WAIT_SECONDS = 30.0
_PRAGMAS = """
PRAGMA synchronous = FULL;
PRAGMA journal_mode = PERSIST;
PRAGMA journal_size_limit = 4194304;
PRAGMA cache_size = -4000;
"""
"""A change touches a page for nearly each hash: each thread keeps 4 MB of them, and the journal."""
_FIND = """
SELECT sha256, feed_id, name, first_seen, place, size, kept
FROM object JOIN pack ON pack.number = object.pack JOIN feed ON feed.number = object.feed
WHERE sha256 IN ({}) ORDER BY object.pack DESC
"""
_MARK = """
UPDATE object SET kept = ? WHERE sha256 = ?
AND feed = (SELECT number FROM feed WHERE feed_id = ?)
AND pack = (SELECT number FROM pack WHERE name = ?)
"""


class IndexDamaged(Exception):
    """The file is no sound index."""


class PackedObject(NamedTuple):
    """One place where a file stands, or stood."""

    pack: str
    """The name of the pack, below `landing/`."""
    file: PackedFile
    first_seen_at: datetime


class _Opened(threading.local):
    """A thread's connection, and what it was opened as: process, device and number of the file."""

    index: sqlite3.Connection | None = None
    opened_as: tuple[int, int, int] | None = None


_inherited: list[sqlite3.Connection | None] = []


class PackIndex:
    """The index of one folder of packs.

    Every method raises `FileNotFoundError` where there is none, and `IndexDamaged`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = _Opened()

    def find(self, hashes: Sequence[str]) -> list[PackedObject]:
        """All places of these hashes, for whatever feed; those in the newest packs first."""
        found: list[PackedObject] = []
        with self._connected() as index:
            for start in range(0, len(hashes), _ASKED_TOGETHER):
                asked = [bytes.fromhex(one) for one in hashes[start : start + _ASKED_TOGETHER]]
                sql = _FIND.format(",".join("?" * len(asked)))
                found += map(_packed, index.execute(sql, asked).fetchall())
        return found

    def feeds(self) -> set[str]:
        """The feeds that any pack has a file of."""
        with self._connected() as index:
            return {_text(one) for (one,) in index.execute("SELECT feed_id FROM feed").fetchall()}

    def packs(self) -> set[str]:
        """The names of all packs that it knows."""
        with self._connected() as index:
            return {name for (name,) in index.execute("SELECT name FROM pack").fetchall()}

    def make(self) -> None:
        """It is there, and empty where it was not; the caller holds the lock of the packs."""
        with owner_only(), closing(sqlite3.connect(self.path, timeout=_WAIT_SECONDS)) as index:
            index.executescript(_SCHEMA.read_text("utf-8"))

    def add(self, packs: Iterable[tuple[str, ScannedPack]]) -> None:
        """It knows these packs, by name, durable; the caller holds the lock of the packs."""
        with self._changing() as index:
            for name, pack in packs:
                _add(index, name, pack)

    def mark(self, places: Iterable[PackedObject], kept: Kept) -> None:
        """It knows what has become of the files there; the caller holds the lock of the packs."""
        with self._changing() as index:
            index.executemany(
                _MARK,
                [
                    (
                        _STATES.index(kept),
                        bytes.fromhex(one.file.key.sha256),
                        os.fsencode(one.file.key.feed_id),
                        one.pack,
                    )
                    for one in places
                ],
            )

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection that stays open, of this thread and to the file that stands there now."""
        state, own = self._state(), self._own
        opened_as = (os.getpid(), state.st_dev, state.st_ino)
        with _damage_told():
            if own.index is None or own.opened_as != opened_as:
                if own.opened_as is not None and own.opened_as[0] != os.getpid():
                    # Of the parent, which may be changing the file just now: to close it here
                    # would take that back.
                    _inherited.append(own.index)
                own.index, own.opened_as = self._open(), opened_as
            yield own.index

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as index, index:
            yield index

    def _state(self) -> os.stat_result:
        state = self.path.lstat()
        if told := why_not_plain(state.st_mode):
            raise IndexDamaged(f"is {told}")
        return state

    def _open(self) -> sqlite3.Connection:
        # The thread that drops it need not be the one that used it.
        index = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",
            uri=True,
            timeout=_WAIT_SECONDS,
            check_same_thread=False,
        )
        index.executescript(_PRAGMAS)
        return index


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        # A full disk or a lock is another fault.
        if error.sqlite_errorname in ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR"):
            raise IndexDamaged(str(error)) from error
        if error.sqlite_errorname == "SQLITE_CANTOPEN":
            # Another process has set it aside just now, or this one may not read it.
            raise FileNotFoundError(str(error)) from error
        raise


def _add(index: sqlite3.Connection, name: str, pack: ScannedPack) -> None:
    first_seen = (pack.first_seen_at - _EPOCH) // _MICROSECOND
    index.execute("INSERT OR IGNORE INTO pack (name, first_seen) VALUES (?, ?)", (name, first_seen))
    ((number,),) = index.execute("SELECT number FROM pack WHERE name = ?", (name,)).fetchall()
    feeds = sorted({one.key.feed_id for one in pack.files})
    index.executemany(
        "INSERT OR IGNORE INTO feed (feed_id) VALUES (?)",
        [(os.fsencode(feed_id),) for feed_id in feeds],
    )
    numbers = {
        _text(feed_id): feed
        for feed_id, feed in index.execute("SELECT feed_id, number FROM feed").fetchall()
    }
    # In the order of the table: it is touched from one end to the other.
    rows = sorted(
        (
            bytes.fromhex(one.key.sha256),
            numbers[one.key.feed_id],
            number,
            one.place,
            one.size_bytes,
            _STATES.index(one.kept),
        )
        for one in pack.files
    )
    index.executemany("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?)", rows)


def _packed(row: tuple[Any, ...]) -> PackedObject:
    sha256, feed_id, name, first_seen, place, size_bytes, kept = row
    key = ObjectKey(_text(feed_id), sha256.hex())
    file = PackedFile(key, place, size_bytes, _STATES[kept])
    return PackedObject(name, file, _EPOCH + first_seen * _MICROSECOND)


def _text(feed_id: bytes) -> str:
    return os.fsdecode(feed_id)
