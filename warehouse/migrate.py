"""Brings the warehouse's tables up to what the migrations and the contracts say."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.contract import SQL_TYPES, Collection
from warehouse import literals
from warehouse.reference import load as reference

if TYPE_CHECKING:
    import duckdb

_FOLDER = Path(__file__).parent / "migrations"

_HISTORY_COLUMNS = (
    ("submission_id", "VARCHAR"),
    ("stage", "VARCHAR"),
    ("received_at", "TIMESTAMP"),
    ("recorded_at", "TIMESTAMP"),
    ("superseded_at", "TIMESTAMP"),
)
"""What every history table carries beside its collection's columns; all times are UTC."""


def migrate(connection: "duckdb.DuckDBPyConnection") -> None:
    """Every migration file has been applied once, in order, each in one transaction."""
    from warehouse.connection import transaction

    connection.execute("CREATE SCHEMA IF NOT EXISTS warehouse.ops")
    connection.execute("CREATE TABLE IF NOT EXISTS warehouse.ops.migration (name VARCHAR)")
    rows = connection.execute("SELECT name FROM warehouse.ops.migration").fetchall()
    applied = {name for (name,) in rows}
    for path in sorted(_FOLDER.glob("*.sql")):
        if path.stem not in applied:
            with transaction(connection):
                connection.execute(path.read_text(encoding="utf-8"))
                connection.execute(
                    f"INSERT INTO warehouse.ops.migration VALUES ({literals.text(path.stem)})"
                )
    reference.refresh(connection)


def ensure_history(connection: "duckdb.DuckDBPyConnection", collection: Collection) -> None:
    """The collection has its history table, with every column of its contract."""
    table = f"warehouse.history.{collection.collection}"
    wanted = [(column.name, SQL_TYPES[column.type]) for column in collection.columns]
    columns = ", ".join(f"{name} {kind}" for name, kind in (*wanted, *_HISTORY_COLUMNS))
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
    present = {
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = 'warehouse' "
            f"AND schema_name = 'history' AND table_name = {literals.text(collection.collection)}"
        ).fetchall()
    }
    for name, kind in wanted:
        if name not in present:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
