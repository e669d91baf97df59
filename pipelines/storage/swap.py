"""Puts a warehouse file in the place of another, which is kept."""

import os
from contextlib import closing
from pathlib import Path

from pipelines.base.clock import now
from pipelines.base.durable import sync_file, sync_folder
from pipelines.base.kill_points import reached
from warehouse.store import literals


def put_in_place(new: Path, file: Path) -> Path | None:
    """`file` is what `new` was, and what stood there is kept under another name, which it returns.

    The caller holds the lock of the warehouse. There is no moment without a file of that name,
    but where a folder stood there.
    """
    sync_file(new)
    kept = None
    if file.exists():
        kept = _unused(file.with_name(f"{file.name}.before-{now():%Y%m%dT%H%M%SZ}"))
        _take_in_wal(file, kept)
        if file.is_dir():
            file.rename(kept)
        else:
            os.link(file, kept)
    reached("rebuild: kept")
    os.replace(new, file)
    sync_folder(file.parent)
    reached("rebuild: in place")
    return kept


def _unused(path: Path) -> Path:
    """The path, or the next one that no file has."""
    number = 1
    found = path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


def _take_in_wal(file: Path, kept: Path) -> None:
    """No `.wal` stands beside the file: it would be taken for the new file's.

    It is merged into the old one, or kept with it where that one cannot be opened.
    """
    wal = file.with_name(f"{file.name}.wal")
    if not wal.exists():
        return
    import duckdb

    try:
        with closing(duckdb.connect()) as connection:
            connection.execute(f"ATTACH {literals.text(str(file))} AS before")
            connection.execute("CHECKPOINT before")
            connection.execute("DETACH before")
    except duckdb.Error:
        pass
    if wal.exists():
        os.replace(wal, kept.with_name(f"{kept.name}.wal"))
