"""The table that each collection's values stand in: made, extended, and held to its contract."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.registry.carried_words import word_name, words_for
from pipelines.registry.column import SQL_TYPES
from pipelines.registry.contract import Collection
from warehouse.store import literals
from warehouse.store.contract_changes import (
    ChangeKind,
    ContractChange,
    HeldColumns,
    find_changes,
    held_columns,
    refuse_changes,
    with_renamed,
)
from warehouse.store.make_changes import count_held, make_changes
from warehouse.store.shape import Shape
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

CARRIED, CONFIRMED = "carried", "confirmed"

_HISTORY_COLUMNS = (
    (CARRIED, "BIGINT"),  # bits of the measures that the submission itself carried
    (CONFIRMED, "BIGINT"),  # bits of those that later submissions said again
    ("confirmed_at", "TIMESTAMP"),  # the `said_at` of the last of those
    ("submission_id", "VARCHAR"),
    ("feed_id", "VARCHAR"),  # of the submission
    ("stage", "VARCHAR"),
    ("said_at", "TIMESTAMP"),  # when the sender made the file, else when it was received
    ("recorded_at", "TIMESTAMP"),
    ("superseded_at", "TIMESTAMP"),
)
"""What every history table carries beside its collection's columns; all times are UTC.

One of more than 63 measures has further columns of bits, `carried_2` and `confirmed_2` and on."""

_TECHNICAL = frozenset(name for name, _ in _HISTORY_COLUMNS)
_FURTHER_BITS = re.compile(f"({CARRIED}|{CONFIRMED})_[0-9]+")


def is_technical(name: str) -> bool:
    """Whether a history table has that column beside those of its collection."""
    return name in _TECHNICAL or _FURTHER_BITS.fullmatch(name) is not None


def ensure_history(
    connection: "duckdb.DuckDBPyConnection", collection: Collection
) -> dict[str, int]:
    """The collection has its history table, with every column of its contract.

    What the contract says otherwise than before is made so in one transaction, and told. Returns
    the bit of each measure in `carried`, in the order of the contract. Raises `ContractFault`
    where the change would give the values held another meaning.
    """
    table, wanted = _history_table(collection)
    present = _columns_of(connection, table)
    if present is None:
        columns = ", ".join(f"{name} {kind}" for name, kind in wanted)
        connection.execute(f"CREATE TABLE {table} ({columns})")
        bits = held_columns(connection, collection.collection, {}).bits
        return _all_bits(connection, collection, bits)
    technical = [
        f"{name} {kind}" for name, kind in wanted if name not in present and is_technical(name)
    ]
    for column in technical:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    held, changes = _changes(connection, collection, present)
    refuse_changes(collection, changes)
    if not changes:
        return _all_bits(connection, collection, held.bits)
    with transaction(connection):
        make_changes(connection, collection, changes)
        bits = held_columns(connection, collection.collection, {}).bits
        return _all_bits(connection, collection, bits)


def history_sql(connection: "duckdb.DuckDBPyConnection", collection: Collection) -> str:
    """The collection's history for a `FROM`, with every column of its contract.

    Nothing is changed: what `ensure_history` would rename or widen has the new name or type in
    the query only, and what it would add is empty and stands in this connection's own memory. It
    raises what that raises.
    """
    table, wanted = _history_table(collection)
    present = _columns_of(connection, table)
    earlier: dict[str, str] = {}
    if present is not None:
        _, changes = _changes(connection, collection, present)
        refuse_changes(collection, changes)
        earlier = {one.column: one.before for one in changes if one.kind is ChangeKind.RENAME}
        if any(one.kind in (ChangeKind.RENAME, ChangeKind.RETYPE) for one in changes):
            own = [
                f"{earlier.get(name, name)}::{kind} AS {name}"
                for name, kind in wanted
                if earlier.get(name, name) in present
            ]
            table = f"(SELECT {', '.join(own)} FROM {table})"
    lacking = [
        f"{name} {kind}"
        for name, kind in wanted
        if present is None or earlier.get(name, name) not in present
    ]
    if not lacking:
        return table
    empty = f"lacking_{collection.collection}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {empty} ({', '.join(lacking)})")
    if present is None:
        return f"temp.{empty}"
    return f"(SELECT * FROM {table} UNION ALL BY NAME SELECT * FROM temp.{empty})"


def pending_changes(
    connection: "duckdb.DuckDBPyConnection", collection: Collection
) -> list[ContractChange]:
    """What `ensure_history` would do, and what it would refuse; nothing is changed."""
    present = _columns_of(connection, _history_table(collection)[0])
    return [] if present is None else _changes(connection, collection, present)[1]


def count_values(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, change: ContractChange
) -> tuple[int, int]:
    """How many values are held of the column that would change: all, and those of now.

    Of the key, and of a column that is not there yet, the rows or nothing.
    """
    present = _columns_of(connection, _history_table(collection)[0]) or {}
    name = next((one for one in (change.before, change.column) if one in present), None)
    if name is None and change.column != "key":
        return 0, 0
    return count_held(connection, collection, name or "submission_id")


def _changes(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, present: Mapping[str, str]
) -> tuple[HeldColumns, list[ContractChange]]:
    """What is held, and what of it the contract says otherwise."""
    own = {name: kind for name, kind in present.items() if not is_technical(name)}
    held = held_columns(connection, collection.collection, own)
    if any(column.name not in own for column in collection.columns):
        held = with_renamed(connection, collection.collection, held)
    return held, find_changes(collection, held)


def _history_table(collection: Collection) -> tuple[str, list[tuple[str, str]]]:
    """The name of the collection's history, and its columns with their types."""
    own = [(column.name, SQL_TYPES[column.type]) for column in collection.columns]
    words = range(1, words_for(len(collection.measures)))
    bits = [(word_name(name, word), "BIGINT") for word in words for name in (CARRIED, CONFIRMED)]
    return f"warehouse.history.{collection.collection}", [*own, *_HISTORY_COLUMNS, *bits]


def _columns_of(connection: "duckdb.DuckDBPyConnection", table: str) -> dict[str, str] | None:
    """The type of each of the table's columns, None where there is no such table."""
    import duckdb

    try:
        description = connection.execute(f"SELECT * FROM {table} LIMIT 0").description or ()
    except duckdb.CatalogException:
        return None
    return {column[0]: str(column[1]) for column in description}


def held_shapes(
    connection: "duckdb.DuckDBPyConnection", *, with_dropped: bool = False
) -> list[Shape]:
    """The shapes of the collections that have a history, as the warehouse knows them.

    Measures that no contract has are left out, unless they are asked for.
    """
    wanted = "true" if with_dropped else "m.dropped_at IS NULL"
    rows = connection.execute(
        "SELECT c.table_name, c.column_name, c.data_type, m.measure IS NOT NULL "
        "FROM duckdb_columns() AS c LEFT JOIN warehouse.ops.measure AS m "
        "ON m.collection = c.table_name AND m.measure = c.column_name "
        "WHERE c.database_name = 'warehouse' AND c.schema_name = 'history' "
        "AND c.table_name IN (SELECT collection FROM warehouse.ops.measure) "
        f"AND {wanted} "
        "ORDER BY c.table_name, c.column_index"
    ).fetchall()
    columns: dict[str, list[tuple[str, str, bool]]] = {}
    for table, name, *told in rows:
        if not is_technical(name):
            columns.setdefault(table, []).append((name, *told))
    return [Shape.of_columns(name, own) for name, own in columns.items()]


def _all_bits(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, bits: Mapping[str, int]
) -> dict[str, int]:
    """The bit of each measure of the contract: those that were given stay, the others get one."""
    name = literals.text(collection.collection)
    names = [column.name for column in collection.measures if column.name not in bits]
    new = {measure: bit for bit, measure in enumerate(names, start=len(bits))}
    if new:
        rows = [f"({name}, {literals.text(measure)}, {bit:d})" for measure, bit in new.items()]
        connection.execute(
            f"INSERT INTO warehouse.ops.measure (collection, measure, bit) VALUES {', '.join(rows)}"
        )
    _make_room_for_bits(connection, collection, len(bits) + len(new))
    return {column.name: {**bits, **new}[column.name] for column in collection.measures}


def _make_room_for_bits(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, count: int
) -> None:
    """The history has columns for so many bits: more than those of its contract, if some went."""
    if words_for(count) == words_for(len(collection.measures)):
        return
    table = _history_table(collection)[0]
    present = _columns_of(connection, table) or {}
    for word in range(words_for(count)):
        for name in (word_name(CARRIED, word), word_name(CONFIRMED, word)):
            if name not in present:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} BIGINT")
