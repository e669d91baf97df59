"""Tells a disk that takes no more from all other faults.

It is nobody's mistake in a file: no verdict may follow from it. What was not written is done again
by the next run, once there is room.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.base.errors import DiskFault, LockLost, StateUnavailable
from pipelines.base.lost_servers import raise_if_server_lost

_FULL, _READ_ONLY, _QUOTA = "is full", "can be read only", "has reached the quota of this user"
_WHY = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _QUOTA,
    errno.EFBIG: "takes no longer files from this process (ulimit -f)",
    errno.EROFS: _READ_ONLY,
    errno.EIO: "cannot be read or written (input/output error)",
}
_SQLITE = {errno.ENOSPC: "database or disk is full", errno.EIO: "disk i/o error"}
"""The same in its own words, which it says of any write that fails."""
_DO = {
    _READ_ONLY: "Look into the system's log for the reason, and mount it writable again",
    _QUOTA: "Free space, or raise the quota",
}


@contextmanager
def disk_faults_told() -> Iterator[None]:
    """Whatever fails inside because the disk takes no more is raised as a `DiskFault`."""
    try:
        yield
    except Exception as error:
        raise_disk_fault(error)
        raise


def raise_disk_fault(error: BaseException) -> None:
    """Raises a `DiskFault` where that is what is behind the error; else nothing happens.

    A server of the state that is lost is nobody's mistake either: `StateUnavailable`, `LockLost`.
    """
    if isinstance(error, (DiskFault, StateUnavailable, LockLost)):
        raise error
    raise_if_server_lost(error)
    number, path = _behind(error)
    if number is not None:
        raise DiskFault(_tell(number, path)) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """An error of the system inside names that path, where it names none itself."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def _behind(error: BaseException) -> tuple[int | None, Path | None]:
    """The system's number for the fault, and the path it names; None where it is another fault."""
    seen: set[int] = set()
    told: BaseException | None = error
    while told is not None and id(told) not in seen:
        seen.add(id(told))
        if isinstance(told, OSError) and told.errno in _WHY:
            return told.errno, Path(str(told.filename)) if told.filename else None
        if type(told).__module__.partition(".")[0] in ("duckdb", "_duckdb", "sqlite3"):
            text = str(told).lower()
            for number in _WHY:
                words = (os.strerror(number).lower(), _SQLITE.get(number))
                if any(one is not None and one in text for one in words):
                    return number, None
        told = told.__cause__ or told.__context__
    return None, None


def _tell(number: int, path: Path | None) -> str:
    """What happened, where, and what to do."""
    # Each command of the CLI imports this module, and the settings take longer than all the rest.
    from pipelines.base.settings import settings

    place = path or settings().root
    why = _WHY[number]
    do = _DO.get(why, "Free space there")
    return (
        f"The disk of {place} {why}{_room(place)}. {do}; `sitrep status` says what takes the "
        "space. Nothing is lost: what was not finished is done by the next run."
    )


def _room(place: Path) -> str:
    """What is free on the disk of that path, as far as anyone can tell."""
    for folder in (place, *place.parents):
        try:
            state = os.statvfs(folder)
        except OSError:
            continue
        free = state.f_bavail * state.f_frsize / 1e6
        return f" ({free:,.0f} MB and {state.f_favail:,} files are free)"
    return ""
