"""Takes away publications that are no longer kept, and what a process that died left of one."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.settings import settings
from warehouse.publish.publications import CURRENT

if TYPE_CHECKING:
    import duckdb


def drop_old(connection: "duckdb.DuckDBPyConnection", folder: Path) -> None:
    """Only the publications made last stay on the disk; the ledger remembers the others.

    The order is the ledger's: names follow the clock, and that can be set back.
    """
    rows = connection.execute(
        "SELECT name FROM warehouse.ops.publication "
        f"ORDER BY number DESC LIMIT {settings().keep_publications:d}"
    ).fetchall()
    kept = {name for (name,) in rows}
    for path in folder.glob("uec-*"):
        if path.name.removesuffix(".duckdb") not in kept:
            _remove(path)


def drop_unfinished(folder: Path) -> bool:
    """What an interrupted publication left behind is gone; whether there was any.

    The lock says that none is running.
    """
    left = [
        *folder.glob("uec-*.tmp*"),
        *folder.glob("uec-*.parquet"),
        *folder.glob(".uec-*"),
        *folder.glob(f".{CURRENT}.*"),
    ]
    for path in left:
        _remove(path)
    return bool(left)


def drop_build(path: Path) -> None:
    """A file that was being built is gone, and the Parquet copies beside it."""
    for left in (path, path.with_name(f"{path.name}.wal"), path.with_suffix(".parquet")):
        _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
