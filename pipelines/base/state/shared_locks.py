"""Locks between processes of several machines: advisory locks of Postgres.

Each is held by a connection of its own, so that it is freed when its process dies, or its machine
is lost. Where the connection is lost the lock is, too: what is done under it must not be committed
(`refuse_if_lost`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.base.errors import LockLost, Retryable, StateUnavailable
from pipelines.base.state.postgres_sessions import sessions_of

if TYPE_CHECKING:
    from psycopg import Connection

_KEY = "hashtextextended(current_schema() || ':' || %s, 0)"
_held: "dict[tuple[int, int], tuple[str, Connection]]" = {}
"""Process and connection → the lock that it holds; a forked process holds none of these."""


@contextmanager
def shared_lock(
    address: str, name: str, busy: type[Retryable], told: str, wait: float
) -> Iterator[None]:
    """The lock `name` is held; raises `busy`, which says `told`, after `wait` seconds.

    Raises `LockLost` at its end where the connection was lost meanwhile.
    """
    import psycopg

    sessions = sessions_of(address)
    # A connection that died while it was idle is found by asking it.
    sessions.ask(lambda session: session.execute("SELECT 1").fetchone())
    with sessions.one() as session:
        try:
            _acquire(session, name, wait)
        except psycopg.errors.LockNotAvailable:
            raise busy(told) from None
        except psycopg.OperationalError as error:
            raise StateUnavailable(f"{told} ({type(error).__name__})") from None
        own = os.getpid(), id(session)
        _held[own] = (name, session)
        try:
            yield
        finally:
            del _held[own]
            _release(session, name)


def _acquire(session: "Connection", name: str, wait: float) -> None:
    """Raises psycopg's `LockNotAvailable` where another has it for too long."""
    import psycopg

    if wait <= 0:
        row = session.execute(f"SELECT pg_try_advisory_lock({_KEY})", [name]).fetchone()
        if row != (True,):
            raise psycopg.errors.LockNotAvailable
        return
    session.execute("SELECT set_config('lock_timeout', %s, false)", [f"{int(wait * 1000) or 1}ms"])
    session.execute(f"SELECT pg_advisory_lock({_KEY})", [name])
    session.execute("RESET lock_timeout")


def _release(session: "Connection", name: str) -> None:
    import psycopg

    try:
        session.execute(f"SELECT pg_advisory_unlock({_KEY})", [name])
    except psycopg.OperationalError:
        # Postgres has freed it: what was done under it was refused, or is done.
        session.close()


def refuse_if_lost() -> None:
    """Raises `LockLost` where a lock that this process holds was lost with its connection."""
    for (process, _), (name, session) in list(_held.items()):
        if process == os.getpid():
            _ask_for(name, session)


def _ask_for(name: str, session: "Connection") -> None:
    import psycopg

    try:
        session.execute("SELECT 1")
    except psycopg.OperationalError:
        raise LockLost(
            f"The lock {name} was lost with the connection to the Postgres of SITREP_STATE. What "
            "was done under it is not kept; the next run does it again."
        ) from None
