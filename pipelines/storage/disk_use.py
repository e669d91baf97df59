"""What the home takes on its disk, by class of data."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipelines.landing.chosen_objects import chosen_objects
from warehouse.store.engines import chosen_engine

_MOST_FILES = 200_000
"""Files that are looked at in one folder; beyond, a command that only looks would take too long."""
_FOLDERS = {
    "landing_notes": ("landing/inbox", "landing/settled", "landing/loads"),
    "answers": ("answers",),
    "publications": ("publications",),
    "briefs": ("briefs",),
    "letters": ("letters",),
    "incoming": ("incoming",),
    "lake": ("lake",),
    "airflow": ("airflow",),
}


def disk_use(home: Path) -> dict[str, dict[str, Any]]:
    """Class → files, bytes, and whether these are all (else there are more)."""
    used = {"raw_bytes": _add_up(one.size_bytes for one in chosen_objects(home).parts())}
    used |= {
        name: _measure(path for folder in folders for path in _walk(home / folder))
        for name, folders in _FOLDERS.items()
    }
    file = chosen_engine(home).file
    if file is not None:
        used["warehouse"] = _measure(
            str(path) for path in (file, file.with_name(f"{file.name}.wal")) if path.exists()
        )
        replaced = map(str, file.parent.glob(f"{file.name}.before-*"))
        used["replaced_warehouses"] = _measure(replaced)
    return {name: one for name, one in used.items() if one["files"]}


def _measure(paths: Iterable[str]) -> dict[str, Any]:
    return _add_up(_sizes(paths))


def _sizes(paths: Iterable[str]) -> Iterator[int]:
    """A file that has several names, as one that publications share, takes its room once."""
    shared: set[tuple[int, int]] = set()
    for path in paths:
        try:
            told = os.lstat(path)
        except FileNotFoundError:
            continue
        if told.st_nlink > 1:
            if (told.st_dev, told.st_ino) in shared:
                continue
            shared.add((told.st_dev, told.st_ino))
        yield told.st_size


def _add_up(sizes: Iterable[int]) -> dict[str, Any]:
    files = total = 0
    for size in sizes:
        if files == _MOST_FILES:
            return {"files": files, "bytes": total, "is_all": False}
        total += size
        files += 1
    return {"files": files, "bytes": total, "is_all": True}


def _walk(folder: Path) -> Iterator[str]:
    for root, _, names in os.walk(folder):
        for name in names:
            yield f"{root}/{name}"
