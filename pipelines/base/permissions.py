"""Who may read the files that a library makes for us: their owner only, or as the umask says.

The umask belongs to the whole process, and so is set only around calls that take no other way.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OTHERS = 0o077


@contextmanager
def owner_only() -> Iterator[None]:
    """Files that are made meanwhile can be read by their owner only."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def usual_umask() -> int:
    """The umask of the process, outside of `owner_only`."""
    known = os.umask(_OTHERS)
    os.umask(known)
    return known


def keep_from_others(path: Path) -> None:
    """The file, where it is there, can be read by its owner only."""
    try:
        if path.stat().st_mode & _OTHERS:
            path.chmod(0o600)
    except (FileNotFoundError, PermissionError):
        return


def share(path: Path, umask: int) -> None:
    """The file, or the folder with its files, can be read by whom that umask lets."""
    if path.is_dir():
        path.chmod(0o777 & ~umask)
        for inner in path.iterdir():
            share(inner, umask)
    else:
        path.chmod(0o666 & ~umask)
