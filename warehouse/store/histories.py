"""The table that each collection's values stand in: made, extended, and held to its contract."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.base.errors import ContractFault
from pipelines.registry.column import SQL_TYPES
from pipelines.registry.contract import Collection
from warehouse.store import literals
from warehouse.store.shape import Shape

if TYPE_CHECKING:
    import duckdb

_HISTORY_COLUMNS = (
    ("carried", "BIGINT"),  # bits of the measures that the submission itself carried
    ("confirmed", "BIGINT"),  # bits of those that later submissions said again
    ("confirmed_at", "TIMESTAMP"),  # the `said_at` of the last of those
    ("submission_id", "VARCHAR"),
    ("feed_id", "VARCHAR"),  # of the submission
    ("stage", "VARCHAR"),
    ("said_at", "TIMESTAMP"),  # when the sender made the file, else when it was received
    ("recorded_at", "TIMESTAMP"),
    ("superseded_at", "TIMESTAMP"),
)
"""What every history table carries beside its collection's columns; all times are UTC."""


def ensure_history(
    connection: "duckdb.DuckDBPyConnection", collection: Collection
) -> dict[str, int]:
    """The collection has its history table, with every column of its contract.

    Returns the bit of each measure in `carried`, in the order of the contract. Raises
    `ContractFault` where the table stands there with another key or another type.
    """
    table, wanted = _history_table(collection)
    present = _columns_of(connection, table)
    bits = _bits(connection, collection.collection)
    if present is None:
        columns = ", ".join(f"{name} {kind}" for name, kind in wanted)
        connection.execute(f"CREATE TABLE {table} ({columns})")
    else:
        _refuse_change(collection, present, bits)
        for name, kind in wanted:
            if name not in present:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    bits |= _give_bits(connection, collection, bits)
    return {column.name: bits[column.name] for column in collection.measures}


def history_sql(connection: "duckdb.DuckDBPyConnection", collection: Collection) -> str:
    """The collection's history for a `FROM`, with every column of its contract.

    What `ensure_history` would add to the warehouse is empty, and stands in this connection's
    own memory; it raises what that raises.
    """
    table, wanted = _history_table(collection)
    present = _columns_of(connection, table)
    if present is not None:
        _refuse_change(collection, present, _bits(connection, collection.collection))
    lacking = [f"{name} {kind}" for name, kind in wanted if name not in (present or ())]
    if not lacking:
        return table
    empty = f"lacking_{collection.collection}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {empty} ({', '.join(lacking)})")
    if present is None:
        return f"temp.{empty}"
    return f"(SELECT * FROM {table} UNION ALL BY NAME SELECT * FROM temp.{empty})"


def _history_table(collection: Collection) -> tuple[str, list[tuple[str, str]]]:
    """The name of the collection's history, and its columns with their types."""
    own = [(column.name, SQL_TYPES[column.type]) for column in collection.columns]
    return f"warehouse.history.{collection.collection}", [*own, *_HISTORY_COLUMNS]


def _columns_of(connection: "duckdb.DuckDBPyConnection", table: str) -> dict[str, str] | None:
    """The type of each of the table's columns, None where there is no such table."""
    import duckdb

    try:
        description = connection.execute(f"SELECT * FROM {table} LIMIT 0").description or ()
    except duckdb.CatalogException:
        return None
    return {column[0]: str(column[1]) for column in description}


def _refuse_change(
    collection: Collection, present: Mapping[str, str], bits: Mapping[str, int]
) -> None:
    """Raises `ContractFault` where the contract says otherwise what is stored."""
    if mistake := _first_change(collection, present, bits):
        raise ContractFault(mistake)


def _first_change(
    collection: Collection, present: Mapping[str, str], bits: Mapping[str, int]
) -> str | None:
    """What of the stored table the contract says otherwise, and what to do; None where nothing."""
    name = collection.collection
    for column in collection.columns:
        stored, wanted = present.get(column.name, ""), SQL_TYPES[column.type]
        if stored not in ("", wanted):
            return (
                f"column {column.name} of '{name}' is stored as {stored}, and the contract says "
                f"{column.type}, which is {wanted}. Take the type back, or give the column "
                "another name: the values held keep their place, the new column starts empty"
            )
    if not bits:
        return None
    held = sorted(set(present) - set(bits) - {column for column, _ in _HISTORY_COLUMNS})
    if held != sorted(collection.key):
        return (
            f"the values of '{name}' are stored by the key {', '.join(held)}, and the contract "
            f"says {', '.join(collection.key)}. Take the key back, or give the collection another "
            "name: a new key is another table"
        )
    return None


def held_shapes(connection: "duckdb.DuckDBPyConnection") -> list[Shape]:
    """The shapes of the collections that have a history, as the warehouse knows them."""
    technical = [name for name, _ in _HISTORY_COLUMNS]
    rows = connection.execute(
        "SELECT c.table_name, c.column_name, c.data_type, m.measure IS NOT NULL "
        "FROM duckdb_columns() AS c LEFT JOIN warehouse.ops.measure AS m "
        "ON m.collection = c.table_name AND m.measure = c.column_name "
        "WHERE c.database_name = 'warehouse' AND c.schema_name = 'history' "
        "AND c.table_name IN (SELECT collection FROM warehouse.ops.measure) "
        f"AND c.column_name NOT IN {literals.texts(technical)} "
        "ORDER BY c.table_name, c.column_index"
    ).fetchall()
    columns: dict[str, list[tuple[str, str, bool]]] = {}
    for table, *column in rows:
        columns.setdefault(table, []).append(tuple(column))
    return [Shape.of_columns(name, own) for name, own in columns.items()]


def _bits(connection: "duckdb.DuckDBPyConnection", collection: str) -> dict[str, int]:
    """Every measure that the collection ever had, with its bit."""
    return dict(
        connection.execute(
            "SELECT measure, bit FROM warehouse.ops.measure "
            f"WHERE collection = {literals.text(collection)}"
        ).fetchall()
    )


def _give_bits(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, bits: Mapping[str, int]
) -> dict[str, int]:
    """Every measure of the contract has a bit; those that were given stay. Returns the new ones."""
    name = literals.text(collection.collection)
    names = [column.name for column in collection.measures if column.name not in bits]
    new = {measure: bit for bit, measure in enumerate(names, start=len(bits))}
    if new:
        rows = [f"({name}, {literals.text(measure)}, {bit:d})" for measure, bit in new.items()]
        connection.execute(f"INSERT INTO warehouse.ops.measure VALUES {', '.join(rows)}")
    return new
