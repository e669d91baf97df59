"""What was taken from a store that keeps its files: by key and version, durable.

    taken/<endpoint>.sqlite   one for each endpoint

Never a high-water mark: a file that comes late, or in the second of another, is new all the same.
What the store does not list any more is forgotten. A damaged memory is set aside; the files that
are still there are then landed again, and answered as duplicates.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pipelines.base.durable import make_folder
from pipelines.base.endpoint_names import endpoint_name
from pipelines.base.permissions import owner_only
from pipelines.base.state.documents import shared_state
from pipelines.base.state_files import set_aside
from pipelines.collect.listed_files import Listed
from pipelines.collect.taken_files import SeenFile, TakenFile, TakenMemory, feeds_told

FOLDER = "taken"
_THEN = "What is still at the source is landed again, and is answered as a duplicate."
_SCHEMA = """
CREATE TABLE IF NOT EXISTS taken (
    key BLOB PRIMARY KEY, version TEXT NOT NULL, is_done INTEGER NOT NULL, taken_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
    key BLOB PRIMARY KEY, version TEXT NOT NULL, since TEXT NOT NULL
) WITHOUT ROWID;
"""


def taken_memory(home: Path, endpoint: str) -> TakenMemory:
    """The memory of that endpoint, as `SITREP_STATE` says."""
    if not (address := shared_state(home)):
        return FolderTakenMemory(home, endpoint)
    from pipelines.base.state.postgres_sessions import sessions_of
    from pipelines.collect.shared_taken import SharedTakenMemory

    return SharedTakenMemory(sessions_of(address), endpoint)


class FolderTakenMemory:
    """The memory of one endpoint; every change is on durable storage when its call ends."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self._home = home
        name = endpoint_name(endpoint)
        self._path = home / FOLDER / f"{name}.sqlite"

    def taken(self) -> dict[str, TakenFile]:
        """The files that have landed, by their keys."""
        rows = self._ask("SELECT key, version, is_done, taken_by FROM taken")
        return {
            os.fsdecode(key): TakenFile(version, bool(is_done), feeds_told(taken_by))
            for key, version, is_done, taken_by in rows
        }

    def seen(self) -> dict[str, SeenFile]:
        """The files that the last listing left for the next, by their keys."""
        rows = self._ask("SELECT key, version, since FROM seen")
        return {
            os.fsdecode(key): SeenFile(version, datetime.fromisoformat(since))
            for key, version, since in rows
        }

    def note(self, files: Iterable[Listed], *, is_done: bool, taken_by: Sequence[str] = ()) -> None:
        """The files have landed: for all (`is_done`), or for these feeds."""
        told = msgspec.json.encode(list(taken_by)).decode()
        rows = [(os.fsencode(one.key), one.version, is_done, told) for one in files]
        self._change([("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?)", rows)])

    def forget(self, keys: Iterable[str]) -> None:
        """The files of these keys are gone from the store: what comes there again is new."""
        rows = [(os.fsencode(key),) for key in keys]
        if rows and self._path.exists():
            self._change([("DELETE FROM taken WHERE key = ?", rows)])

    def remember_listing(self, listed: Iterable[str], unfinished: dict[str, SeenFile]) -> None:
        """What is not listed any more is forgotten; what is not whole yet is seen since then."""
        keys = {os.fsencode(key) for key in listed}
        gone = [(key,) for (key,) in self._ask("SELECT key FROM taken") if key not in keys]
        seen = [
            (os.fsencode(key), one.version, one.since.astimezone(UTC).isoformat())
            for key, one in unfinished.items()
        ]
        if gone or seen or self._ask("SELECT 1 FROM seen LIMIT 1"):
            self._change(
                [
                    ("DELETE FROM taken WHERE key = ?", gone),
                    ("DELETE FROM seen", None),
                    ("INSERT INTO seen VALUES (?, ?, ?)", seen),
                ]
            )

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        if not self._path.exists():
            return []
        try:
            with closing(self._open()) as memory:
                return memory.execute(sql).fetchall()
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
            return []

    def _change(self, statements: Sequence[tuple[str, list[tuple[Any, ...]] | None]]) -> None:
        for is_last in (False, True):
            try:
                with closing(self._open()) as memory, memory:
                    for sql, rows in statements:
                        if rows is None:
                            memory.execute(sql)
                        else:
                            memory.executemany(sql, rows)
                return
            except sqlite3.DatabaseError as error:
                if is_last or not _is_damage(error):
                    raise
                self._set_aside(error)

    def _open(self) -> sqlite3.Connection:
        make_folder(self._path.parent)
        with owner_only():
            memory = sqlite3.connect(self._path, timeout=30)
        memory.execute("PRAGMA synchronous = FULL")
        memory.executescript(_SCHEMA)
        return memory

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        if not _is_damage(error):
            raise error
        set_aside(self._home, self._path, f"cannot be used ({error})", _THEN)
        self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is no sound memory; a full disk or a lock is another fault."""
    return error.sqlite_errorname in ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")
