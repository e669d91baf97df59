"""Tells a server that a lake needs and that is lost, or busy with another's commit, from a fault.

DuckDB has no kinds for them: they are known by what it says. No verdict on a file may follow.
"""

import re

from pipelines.base.errors import StateUnavailable

_LOST = (
    "server closed the connection",
    "connection to server",
    "terminating connection",
    "could not connect",
    "connection refused",
    "no connection to the server",
    "could not establish connection",
    "could not receive data from server",
    "ssl connection has been closed",
    "the database system is",
    "connection not open",
    "lost connection",
)
_NO_ANSWER = re.compile(r'failed to execute query "[^"]*":\s*$')
"""A statement that Postgres gave no reason for: the connection was gone before it was sent."""
_CONFLICT = ("transaction conflict", "could not serialize access", "failed to commit ducklake")


def raise_if_server_lost(error: BaseException) -> None:
    """Raises `StateUnavailable` where that is what is behind the error; else nothing happens."""
    seen: set[int] = set()
    told: BaseException | None = error
    while told is not None and id(told) not in seen:
        seen.add(id(told))
        if type(told).__module__.partition(".")[0] in ("duckdb", "_duckdb"):
            text = str(told).lower()
            if any(words in text for words in _LOST) or _NO_ANSWER.search(text):
                raise StateUnavailable(
                    "The connection to the Postgres of the lake's catalogue, or to its object "
                    "store, was lost. Nothing is lost of what came: the next run goes on."
                ) from None
            if any(words in text for words in _CONFLICT):
                raise StateUnavailable(
                    "Another process changed the lake at the same time. Nothing was loaded; the "
                    "next run does it again."
                ) from None
        told = told.__cause__ or told.__context__
