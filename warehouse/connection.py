"""The one way into the working warehouse: one process at a time, behind one lock.

A DuckDB file has one writing process and shuts every reader out meanwhile, so nobody opens it
without the lock, and nobody draws a page from it: readers have the publications.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import WarehouseBusy
from pipelines.locks import held_lock
from warehouse import literals

if TYPE_CHECKING:
    import duckdb

FILE_NAME = "warehouse.duckdb"


@contextmanager
def open_warehouse(home: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection with the warehouse attached as `warehouse`, its schema up to date.

    Raises `WarehouseBusy` where another process holds it longer than the configured wait.
    """
    import duckdb

    from warehouse.migrate import migrate

    with held_lock(home, "warehouse", WarehouseBusy, "The warehouse"):
        connection = duckdb.connect()
        try:
            # Without it a load of many rows spends its time on keeping the order of inserts.
            connection.execute("SET preserve_insertion_order = false")
            connection.execute(f"ATTACH {literals.text(str(home / FILE_NAME))} AS warehouse")
            connection.execute("USE warehouse")
            migrate(connection)
            yield connection
        finally:
            connection.close()


@contextmanager
def transaction(connection: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    """All that is executed inside commits together or not at all."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def as_stored(instant: datetime) -> datetime:
    """The instant as the warehouse keeps it: UTC without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def from_stored(instant: datetime) -> datetime:
    """The stored instant with its zone, UTC."""
    return instant.replace(tzinfo=UTC)
