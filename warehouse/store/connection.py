"""The one way into the working warehouse: one process at a time, behind one lock.

A DuckDB file has one writing process and shuts every reader out meanwhile, so nobody opens it
without the lock, and nobody draws a page from it: readers have the publications.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock
from pipelines.base.permissions import owner_only
from pipelines.base.settings import settings
from warehouse.store import literals
from warehouse.store.engine_note import note_engine, refuse_another_engine
from warehouse.store.engines import Engine, chosen_engine, extension_path
from warehouse.store.file_damage import damage_told
from warehouse.store.migrate import migrate

if TYPE_CHECKING:
    import duckdb


def warehouse_lock(home: Path) -> AbstractContextManager[None]:
    """The lock on the warehouse; raises `WarehouseBusy` where another process keeps it too long."""
    return held_lock(home, "warehouse", WarehouseBusy, "The warehouse")


@contextmanager
def open_warehouse(
    home: Path, *, threads: int | None = None
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection with the warehouse attached as `warehouse`, its schema up to date.

    `threads` are those of DuckDB, unless a setting says how many. Raises `WarehouseBusy` where
    another process holds it longer than the configured wait.
    """
    with warehouse_lock(home), attached_warehouse(home, threads=threads) as connection:
        migrate(connection)
        yield connection


@contextmanager
def attached_warehouse(
    home: Path,
    *,
    read_only: bool = False,
    engine: Engine | None = None,
    threads: int | None = None,
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection with the warehouse attached as it is; the caller has made sure of the lock.

    It knows the macros of `macros.sql`. What DuckDB writes meanwhile can be read by its owner only.
    `engine` holds another warehouse than that of the home.
    """
    import duckdb

    if engine is None:
        engine = chosen_engine(home)
        refuse_another_engine(home, engine)
    with owner_only(), closing(_attached(engine, read_only)) as connection:
        _use_threads(connection, threads)
        if not read_only:
            note_engine(home, engine)
        try:
            with damage_told(engine.told):
                connection.execute("USE warehouse")
                connection.execute(macros())
                yield connection
        except BaseException:
            with suppress(duckdb.Error):
                _detach(connection)
            raise
        if engine.is_kept and not read_only:
            _kept[os.getpid()] = engine
        else:
            _detach(connection)


def _attached(engine: Engine, read_only: bool) -> "duckdb.DuckDBPyConnection":
    """A connection to which the engine is attached; what the last use left is taken if it lives."""
    import duckdb

    kept = _kept.pop(os.getpid(), None)
    if kept is not None:
        connection = _process_duckdb(os.getpid()).cursor()
        try:
            if kept == engine and not read_only:
                connection.execute("FROM warehouse.ops.migration LIMIT 0")
                return connection
            connection.execute("DETACH warehouse")
            connection.close()
        except duckdb.Error:
            # Its server was started again, or is another by now.
            close_duckdb()
    for extension in engine.extensions:
        _load_extension(os.getpid(), extension)
    connection = _process_duckdb(os.getpid()).cursor()
    engine.attach(connection, read_only=read_only)
    return connection


@contextmanager
def beside(connection: "duckdb.DuckDBPyConnection") -> Iterator["duckdb.DuckDBPyConnection"]:
    """A second connection to what is attached to the first, for another thread.

    It has temporary tables and a transaction of its own.
    """
    with closing(connection.cursor()) as other:
        other.execute("USE warehouse")
        other.execute(macros())
        yield other


def _use_threads(connection: "duckdb.DuckDBPyConnection", threads: int | None) -> None:
    """This process's DuckDB has so many threads from now on: nothing said, one for each core."""
    if (chosen := settings().duckdb_threads or threads) is None:
        connection.execute("RESET threads")
    else:
        connection.execute(f"SET threads = {chosen:d}")


def _detach(connection: "duckdb.DuckDBPyConnection") -> None:
    """The warehouse is attached no more.

    A DuckDB that a fault of the disk has made unusable is given up: the next one is new.
    """
    import duckdb

    try:
        connection.execute("USE memory")
        connection.execute("DETACH warehouse")
    except duckdb.Error:
        close_duckdb()
        raise


_databases: dict[int, "duckdb.DuckDBPyConnection"] = {}
"""Process → its DuckDB.

What the process before a fork had is never closed here: it would wait for ever for threads that
only that process has.
"""


_kept: dict[int, Engine] = {}
"""Process → the engine that its DuckDB has attached between two uses."""


def close_duckdb() -> None:
    """This process has no DuckDB any more, and none of its threads; the next use makes one."""
    _kept.pop(os.getpid(), None)
    if (own := _databases.pop(os.getpid(), None)) is not None:
        own.close()
    _load_extension.cache_clear()


def _process_duckdb(process: int) -> "duckdb.DuckDBPyConnection":
    """This process's DuckDB, with nothing attached; to make one takes longer than to attach."""
    if process not in _databases:
        _databases[process] = _new_duckdb()
    return _databases[process]


def _new_duckdb() -> "duckdb.DuckDBPyConnection":
    import duckdb

    made = duckdb.connect()
    # Without it a load of many rows spends its time on keeping the order of inserts.
    made.execute("SET preserve_insertion_order = false")
    # Nothing is fetched while a command runs: extensions come from installed packages.
    made.execute("SET autoinstall_known_extensions = false")
    made.execute("SET autoload_known_extensions = false")
    return made


@cache
def macros() -> str:
    """The SQL that makes the macros of `macros.sql`."""
    return Path(__file__).with_name("macros.sql").read_text(encoding="utf-8")


@cache
def _load_extension(process: int, name: str) -> None:
    """This process's DuckDB has the extension."""
    _process_duckdb(process).execute(f"LOAD {literals.text(str(extension_path(name)))}")
