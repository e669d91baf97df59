"""What was taken from a store that keeps its files, in Postgres: for several machines."""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.base.endpoint_names import endpoint_name
from pipelines.base.state.postgres_sessions import Sessions
from pipelines.collect.listed_files import Listed
from pipelines.collect.taken_files import SeenFile, TakenFile, feeds_told

if TYPE_CHECKING:
    from psycopg import Connection

_NOTE = (
    "INSERT INTO taken (endpoint, key, version, is_done, taken_by) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (endpoint, key) DO UPDATE SET version = excluded.version, "
    "is_done = excluded.is_done, taken_by = excluded.taken_by"
)
_FORGET = "DELETE FROM taken WHERE endpoint = %s AND key = ANY(%s)"
_SEE = "INSERT INTO seen (endpoint, key, version, since) VALUES (%s, %s, %s, %s)"


class SharedTakenMemory:
    """The memory of one endpoint; every change is durable when its call ends."""

    def __init__(self, sessions: Sessions, endpoint: str) -> None:
        self._sessions = sessions
        self._endpoint = endpoint_name(endpoint)

    def taken(self) -> dict[str, TakenFile]:
        """The files that have landed, by their keys."""
        rows = self._ask("SELECT key, version, is_done, taken_by FROM taken WHERE endpoint = %s")
        return {
            os.fsdecode(bytes(key)): TakenFile(version, is_done, feeds_told(taken_by))
            for key, version, is_done, taken_by in rows
        }

    def seen(self) -> dict[str, SeenFile]:
        """The files that the last listing left for the next, by their keys."""
        rows = self._ask("SELECT key, version, since FROM seen WHERE endpoint = %s")
        return {
            os.fsdecode(bytes(key)): SeenFile(version, since.astimezone(UTC))
            for key, version, since in rows
        }

    def note(self, files: Iterable[Listed], *, is_done: bool, taken_by: Sequence[str] = ()) -> None:
        """The files have landed: for all (`is_done`), or for these feeds."""
        told = msgspec.json.encode(list(taken_by)).decode()
        rows = [(self._endpoint, os.fsencode(one.key), one.version, is_done, told) for one in files]

        def note(session: "Connection") -> None:
            with session.transaction(), session.cursor() as cursor:
                cursor.executemany(_NOTE, rows)

        if rows:
            self._sessions.ask(note)

    def forget(self, keys: Iterable[str]) -> None:
        """The files of these keys are gone from the store: what comes there again is new."""
        if names := [os.fsencode(key) for key in keys]:
            self._sessions.run(_FORGET, [self._endpoint, names])

    def remember_listing(self, listed: Iterable[str], unfinished: dict[str, SeenFile]) -> None:
        """What is not listed any more is forgotten; what is not whole yet is seen since then."""
        gone = [os.fsencode(key) for key in self.taken().keys() - set(listed)]
        rows = [
            (self._endpoint, os.fsencode(key), one.version, one.since.astimezone(UTC))
            for key, one in unfinished.items()
        ]

        def remember(session: "Connection") -> None:
            with session.transaction(), session.cursor() as cursor:
                if gone:
                    cursor.execute(_FORGET, [self._endpoint, gone])
                cursor.execute("DELETE FROM seen WHERE endpoint = %s", [self._endpoint])
                cursor.executemany(_SEE, rows)

        if gone or rows or self._ask("SELECT 1 FROM seen WHERE endpoint = %s LIMIT 1"):
            self._sessions.ask(remember)

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self._sessions.rows(sql, [self._endpoint])
