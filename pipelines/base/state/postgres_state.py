"""The small state of a home in Postgres: for several machines, which all see the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.state.postgres_sessions import Sessions
from pipelines.base.state.state_store import KeptDocument

if TYPE_CHECKING:
    from psycopg import Connection

_WRITE = (
    "INSERT INTO document AS held (name, content) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE "
    "SET content = excluded.content, version = held.version + 1, changed_at = now()"
)
_READ = (
    "SELECT (SELECT content FROM document WHERE name = %(name)s), (SELECT "
    "string_agg(content, '\\x0a'::bytea ORDER BY number) FROM journal WHERE name = %(name)s)"
)
_STAMP = (
    "SELECT (SELECT (version, changed_at)::text FROM document WHERE name = %(name)s), "
    "(SELECT max(number) FROM journal WHERE name = %(name)s)"
)
_STAMPS = (
    "SELECT coalesce(d.name, j.name), (d.version, d.changed_at)::text, j.last FROM "
    "(SELECT * FROM document WHERE starts_with(name, %(start)s)) AS d FULL JOIN "
    "(SELECT name, max(number) AS last FROM journal WHERE starts_with(name, %(start)s) "
    "GROUP BY name) AS j USING (name)"
)
_ALL = (
    "SELECT name, sum(size)::bigint, max(at) FROM ("
    "SELECT name, length(content) AS size, changed_at AS at FROM document "
    "UNION ALL SELECT name, length(content), written_at FROM journal) AS kept "
    "WHERE starts_with(name, %(start)s) GROUP BY name"
)


class PostgresState:
    """The documents and journals of one schema; a path below the home is a name there."""

    def __init__(self, home: Path, sessions: Sessions) -> None:
        self._home = home
        self._sessions = sessions

    def read(self, path: Path) -> bytes:
        """The document, or the lines of the journal; raises `FileNotFoundError` without."""
        named = {"name": self._name(path)}
        ((*found,),) = self._sessions.rows(_READ, named)
        parts = [bytes(part) for part in found if part is not None]
        if not parts:
            raise FileNotFoundError(path)
        return b"\n".join(parts)

    def write_all(self, contents: Mapping[Path, bytes]) -> None:
        """All documents are written in one transaction; a journal of that name begins anew."""
        rows = [(self._name(path), content) for path, content in contents.items()]

        def write(session: "Connection") -> None:
            with session.transaction(), session.cursor() as cursor:
                names = [name for name, _ in rows]
                cursor.execute("DELETE FROM journal WHERE name = ANY(%s)", [names])
                cursor.executemany(_WRITE, rows)

        if rows:
            self._sessions.ask(write)

    def note(self, path: Path, content: bytes) -> None:
        """As `write_all`, but Postgres may answer before it is on its disk."""
        name = self._name(path)

        def write(session: "Connection") -> None:
            with session.transaction():
                session.execute("SET LOCAL synchronous_commit = off")
                session.execute(_WRITE, [name, content])

        self._sessions.ask(write)

    def replace(self, path: Path, before: bytes | None, after: bytes) -> bool:
        """One statement that finds the document as it was, or none, and writes it."""
        name = self._name(path)
        if before is None:
            sql = "INSERT INTO document (name, content) VALUES (%s, %s) ON CONFLICT DO NOTHING"
            values: list[object] = [name, after]
        else:
            sql = (
                "UPDATE document SET content = %s, version = version + 1, changed_at = now() "
                "WHERE name = %s AND content = %s"
            )
            values = [after, name, before]
        return self._sessions.run(sql, values) == 1

    def append_all(self, contents: Mapping[Path, bytes]) -> None:
        """All lines are added in one transaction.

        Where the answer of Postgres is lost they may be added twice, as after a death of the
        process in the folder.
        """
        rows = [(self._name(path), content) for path, content in contents.items()]

        def append(session: "Connection") -> None:
            with session.transaction(), session.cursor() as cursor:
                cursor.executemany("INSERT INTO journal (name, content) VALUES (%s, %s)", rows)

        if rows:
            self._sessions.ask(append)

    def remove(self, path: Path) -> None:
        """No document and no journal has that name."""
        name = self._name(path)

        def remove(session: "Connection") -> None:
            with session.transaction():
                session.execute("DELETE FROM document WHERE name = %s", [name])
                session.execute("DELETE FROM journal WHERE name = %s", [name])

        self._sessions.ask(remove)

    def move(self, path: Path, target: Path) -> bool:
        """The document, or the journal, has the other name."""
        names = [self._name(target), self._name(path)]

        def move(session: "Connection") -> int:
            with session.transaction():
                known = session.execute(_STAMP, {"name": names[1]}).fetchone()
                if known in (None, (None, None)):
                    return 0
                session.execute("DELETE FROM document WHERE name = %s", names[:1])
                session.execute("DELETE FROM journal WHERE name = %s", names[:1])
                document = session.execute("UPDATE document SET name = %s WHERE name = %s", names)
                journal = session.execute("UPDATE journal SET name = %s WHERE name = %s", names)
            return int(document.rowcount + journal.rowcount)

        return self._sessions.ask(move) > 0

    def stamps(self, folder: Path) -> Mapping[Path, object]:
        """The documents and journals directly below."""
        start = f"{self._name(folder)}/"
        rows = self._sessions.rows(_STAMPS, {"start": start})
        below = {name.removeprefix(start): stamp for name, *stamp in rows}
        return {
            folder / name: tuple(stamp)
            for name, stamp in below.items()
            if "/" not in name and name[0] != "."
        }

    def all_below(self, folder: Path) -> list[KeptDocument]:
        """The documents and journals below; a journal has changed with its last line."""
        rows = self._sessions.rows(_ALL, {"start": f"{self._name(folder)}/"})
        return [KeptDocument(self._home / name, size, at) for name, size, at in rows]

    def stamp(self, path: Path) -> object:
        """The version of the document and the last line of the journal."""
        named = {"name": self._name(path)}
        (row,) = self._sessions.rows(_STAMP, named)
        return None if row == (None, None) else row

    def _name(self, path: Path) -> str:
        return path.relative_to(self._home).as_posix()
