"""The folders of configuration files: what is in them, and what changes when a file does.

A path that cannot be listed or looked at is a problem of that path, and of no other.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Stamp = object
"""What is equal to its like as long as a file stays as it is."""


@dataclass(frozen=True)
class Problem:
    """One configuration file or folder that cannot be used, and why."""

    path: Path
    message: str
    collection: str | None = None
    """The collection that it costs: that of a contract, or of a folder of feeds."""
    feed_id: str | None = None
    """The feed that it costs."""


def list_wanted(
    folder: Path,
    problems: list[Problem],
    variable: str | None,
    is_wanted: Callable[["os.DirEntry[str]"], bool],
) -> list[Path]:
    """What of the folder is wanted, by name; what cannot be looked at is told in `problems`.

    `variable` names the setting that the folder comes from, None where it is a collection's own.
    """
    collection = None if variable else folder.name
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    if is_wanted(entry):
                        found.append(Path(entry.path))
                except OSError as error:
                    told = f"{entry.path}: cannot be looked at: {error.strerror}"
                    problems.append(Problem(Path(entry.path), told, entry.name))
    except FileNotFoundError:
        problems.append(Problem(folder, f"{folder}: no such folder; check {variable}", collection))
    except OSError as error:
        told = f"{folder}: cannot be listed: {error.strerror}; check that this user may read it"
        problems.append(Problem(folder, told, collection))
    return sorted(found)


def is_yaml(entry: "os.DirEntry[str]") -> bool:
    """Whether that is a configuration file, by its name."""
    return entry.name.endswith(".yaml") and not entry.name.startswith(".")


def is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether that is a folder of feeds; raises `OSError` where it cannot be looked at."""
    return not entry.name.startswith((".", "__")) and entry.is_dir()


def stamp(path: Path) -> Stamp:
    """A value that changes when the file does; one that cannot be looked at is never the same."""
    try:
        state = path.stat()
    except OSError:
        return object()
    return (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)


def stamp_all(folder: Path) -> Stamp:
    """A value that changes when a file of the folder does; the same where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return tuple((name, stamp(folder / name)) for name in sorted(e.name for e in entries))
    except FileNotFoundError:
        return ()
    except OSError:
        return object()
