"""Locks between processes of one home; they are freed when their process dies.

What holds them is the operating system, or Postgres where several machines share the home's state.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.base.errors import Retryable
from pipelines.base.settings import settings
from pipelines.base.state.documents import shared_state
from pipelines.base.state_files import set_aside

_LOOKED_EVERY_SECONDS = 0.01
"""A look at a lock that another process has takes some microseconds."""


@contextmanager
def held_lock(
    home: Path, name: str, busy: type[Retryable], what: str, wait: float | None = None
) -> Iterator[None]:
    """The lock `name` is held; raises `busy` where another process keeps it too long.

    `wait` in seconds; without it, as long as is configured.
    """
    wait = settings().lock_wait_seconds if wait is None else wait
    told = (
        f"{what} in {home} has been in use by another process for {wait:g} seconds. "
        "Wait for it to end, or set SITREP_LOCK_WAIT_SECONDS higher."
    )
    if address := shared_state(home):
        from pipelines.base.state.shared_locks import shared_lock

        with shared_lock(address, name, busy, told, wait):
            yield
    else:
        with _file_lock(home, name, busy, told, wait):
            yield


@contextmanager
def _file_lock(
    home: Path, name: str, busy: type[Retryable], told: str, wait: float
) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{name}.lock"
    if path.is_dir() or path.is_symlink():
        set_aside(home, path, "is no lock file", "A new one is made.")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait, poll_interval=_LOOKED_EVERY_SECONDS)
    except Timeout as error:
        raise busy(told) from error
    try:
        yield
    finally:
        lock.release()
