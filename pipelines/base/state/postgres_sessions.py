"""Connections of this process to the Postgres that holds the state, and what happens when it ends.

A process that was forked has connections of its own. A connection that has been lost, because
Postgres was started again, is replaced: what was asked is asked once more, for as long as
`SITREP_STATE_WAIT_SECONDS` says. All that is asked may be asked twice.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipelines.base.errors import ConfigurationError, StateUnavailable
from pipelines.base.secrets import remember_password_in
from pipelines.base.settings import settings

if TYPE_CHECKING:
    from psycopg import Connection

T = TypeVar("T")
Values = Sequence[Any] | Mapping[str, Any]
_PAUSE_SECONDS = 0.2
_SESSION = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""A machine that is lost without a word loses its locks after half a minute."""
_MISTAKES = ("authentication failed", "does not exist", "no pg_hba.conf entry")
"""What Postgres says to an address that no waiting will cure."""
_TABLES = Path(__file__).with_name("state_tables.sql")
_MAKING = 7_460_913
"""Two who make the tables at once would stand in each other's way."""


class Sessions:
    """The connections of one process to one address; each is used by one thread at a time."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._idle: list[Connection] = []
        self._is_made = False

    @contextmanager
    def one(self) -> "Iterator[Connection]":
        """A connection that commits each statement by itself.

        One that fails is given up. Raises psycopg's errors, and `StateUnavailable` where there is
        no connection to be had.
        """
        session = self._take()
        try:
            yield session
        except BaseException:
            session.close()
            raise
        if not session.closed:
            self._idle.append(session)

    def ask(self, do: "Callable[[Connection], T]") -> T:
        """What `do` returns of a connection; a lost connection is replaced, and it is done again.

        Raises `StateUnavailable` where Postgres is not there for too long, and `ConfigurationError`
        where it is another one.
        """
        import psycopg

        deadline = time.monotonic() + settings().state_wait_seconds
        while True:
            try:
                with self.one() as session:
                    return do(session)
            except psycopg.OperationalError as error:
                if any(words in str(error) for words in _MISTAKES):
                    raise _mistaken() from None
                while self._idle:
                    self._idle.pop().close()
                if time.monotonic() > deadline:
                    raise _unavailable(error) from None
                time.sleep(_PAUSE_SECONDS)

    def rows(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """What one statement finds."""
        return self.ask(lambda session: session.execute(sql, values).fetchall())

    def run(self, sql: str, values: Values = ()) -> int:
        """How many rows one statement changed."""
        return self.ask(lambda session: int(session.execute(sql, values).rowcount))

    def _take(self) -> "Connection":
        while True:
            try:
                session = self._idle.pop()
            except IndexError:
                return self._connect()
            if not session.closed:
                return session

    def _connect(self) -> "Connection":
        """A new connection, and once for each process the tables."""
        import psycopg

        remember_password_in(self._address)
        options = psycopg.conninfo.conninfo_to_dict(self._address).get("options", "")
        session = psycopg.connect(
            self._address,
            autocommit=True,
            connect_timeout=10,
            application_name="sitrep",
            options=f"{options} {_SESSION}".strip(),
        )
        if not self._is_made:
            with session.transaction():
                session.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
                session.execute(_TABLES.read_bytes())
            self._is_made = True
        return session


def _mistaken() -> ConfigurationError:
    return ConfigurationError(
        "SITREP_STATE: Postgres refuses this user, password or database. Correct the address."
    )


def _unavailable(error: Exception) -> StateUnavailable:
    return StateUnavailable(
        f"The Postgres of SITREP_STATE cannot be reached ({type(error).__name__}). Nothing is "
        "lost; the next run goes on. Check its address, and whether it runs."
    )


def sessions_of(address: str) -> Sessions:
    """The connections of this process to that address."""
    return _sessions(os.getpid(), address)


@cache
def _sessions(process: int, address: str) -> Sessions:
    return Sessions(address)
