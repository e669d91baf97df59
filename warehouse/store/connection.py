"""The one way into the working warehouse: one process at a time, behind one lock.

A DuckDB file has one writing process and shuts every reader out meanwhile, so nobody opens it
without the lock, and nobody draws a page from it: readers have the publications.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock
from warehouse.store import literals
from warehouse.store.migrate import migrate

if TYPE_CHECKING:
    import duckdb

FILE_NAME = "warehouse.duckdb"
_STORAGE = "v1.4.0"
"""The oldest DuckDB that can read the file. Older storage is rewritten at length by each load."""


@contextmanager
def open_warehouse(home: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection with the warehouse attached as `warehouse`, its schema up to date.

    Raises `WarehouseBusy` where another process holds it longer than the configured wait.
    """
    with held_lock(home, "warehouse", WarehouseBusy, "The warehouse"):
        connection = _engine(os.getpid()).cursor()
        file = literals.text(str(home / FILE_NAME))
        connection.execute(f"ATTACH {file} AS warehouse (STORAGE_VERSION '{_STORAGE}')")
        try:
            connection.execute("USE warehouse")
            migrate(connection)
            yield connection
        finally:
            connection.execute("USE memory")
            connection.execute("DETACH warehouse")
            connection.close()


@cache
def _engine(_process: int) -> "duckdb.DuckDBPyConnection":
    """This process's DuckDB, with nothing attached; to make one takes longer than to attach."""
    import duckdb

    engine = duckdb.connect()
    # Without it a load of many rows spends its time on keeping the order of inserts.
    engine.execute("SET preserve_insertion_order = false")
    return engine
