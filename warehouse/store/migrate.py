"""Brings the warehouse's tables up to what the migrations and the contracts say."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.store import literals
from warehouse.store.reference_tables import refresh_reference_tables
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb

_FOLDER = Path(__file__).parent / "migrations"


def migrate(connection: "duckdb.DuckDBPyConnection") -> None:
    """Every migration file has been applied once, in order, those that are new in one transaction.

    To commit each by itself takes a DuckLake a second longer.
    """
    from warehouse.store.transaction import transaction

    applied = _applied(connection)
    new = [path for path in sorted(_FOLDER.glob("*.sql")) if path.stem not in applied]
    if new:
        # Readers import this module and hardly ever migrate.
        from warehouse.store.histories import held_shapes

        with transaction(connection):
            for path in new:
                histories = _histories(connection)
                shapes = partial(held_shapes, connection, with_dropped=True)
                sql = render(_FOLDER, path.stem, histories=histories, shapes=shapes)
                connection.execute(sql)
            names = ", ".join(f"({literals.text(path.stem)})" for path in new)
            connection.execute(f"INSERT INTO warehouse.ops.migration VALUES {names}")
    refresh_reference_tables(connection)


def is_migrated(connection: "duckdb.DuckDBPyConnection") -> bool:
    """Whether every migration file has been applied; nothing is changed."""
    import duckdb

    try:
        rows = connection.execute("SELECT name FROM warehouse.ops.migration").fetchall()
    except duckdb.CatalogException:
        return False
    return {path.stem for path in _FOLDER.glob("*.sql")} <= {name for (name,) in rows}


def _applied(connection: "duckdb.DuckDBPyConnection") -> set[str]:
    import duckdb

    try:
        rows = connection.execute("SELECT name FROM warehouse.ops.migration").fetchall()
    except duckdb.CatalogException:
        connection.execute("CREATE SCHEMA IF NOT EXISTS warehouse.ops")
        connection.execute("CREATE TABLE IF NOT EXISTS warehouse.ops.migration (name VARCHAR)")
        return set()
    return {name for (name,) in rows}


def _histories(connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """The tables that hold values, whether or not their contract can be used just now."""
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = 'warehouse' AND schema_name = 'history' ORDER BY table_name"
    ).fetchall()
    return [name for (name,) in rows]
