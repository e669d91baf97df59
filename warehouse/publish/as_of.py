"""The warehouse as it was at a moment: what was recorded by then and not yet superseded."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry
from warehouse.ledger.retention_log import refuse_deleted
from warehouse.marts.mart_queries import (
    NATIONAL_MARTS,
    collection_sql,
    daily_from_slots_sql,
    national_dated_sql,
    national_slot_sql,
)
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.published_tables import (
    PublishedColumn,
    collection_tables,
    published_tables,
)
from warehouse.store import literals
from warehouse.store.histories import held_shapes, history_sql
from warehouse.store.reader import lock_down, open_memory
from warehouse.store.shape import Shape
from warehouse.store.stored_time import as_stored
from warehouse.store.warehouse_reader import read_warehouse

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_NATIONAL = tuple(mart.table for mart in NATIONAL_MARTS.values())
"""Tables that every collection has a part in."""


@contextmanager
def open_as_of(
    home: Path, registry: Registry, moment: datetime, faults: Faults | None = None
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection whose `main` has the publication's tables as of the moment, and nothing else.

    The warehouse is locked only while the tables are copied out of it. What is left out stands in
    `faults` with the reason: a collection that fails, and England's figures of one whose contract
    cannot be used.
    """
    faults = {} if faults is None else faults
    with closing(open_memory()) as reader:
        for table in _NATIONAL:
            _make_empty(reader, table, published_tables().tables[table].columns)
        with read_warehouse(home) as connection:
            refuse_deleted(connection, moment)
            held = _held(connection)
            for name, collection in registry.collections.items():
                with costs_only(name, faults):
                    if name not in held:
                        _make_empty(reader, name, collection_tables(collection)[name].columns)
                        continue
                    for table, sql in _tables(collection, moment, connection).items():
                        _copy(reader, table, connection.execute(sql).to_arrow_table())
            for shape in held_shapes(connection):
                if (name := shape.collection) not in registry.collections:
                    with costs_only(name, faults):
                        history = f"warehouse.history.{name}"
                        source = _rows_at(history, moment, shape.published_from(moment))
                        sql = collection_sql(source, shape)
                        _copy(reader, name, connection.execute(sql).to_arrow_table())
                        faults[name] = _why_not_whole(registry, name)
        lock_down(reader)
        yield reader


def _why_not_whole(registry: Registry, name: str) -> str:
    """Why the collection has no part in England's figures."""
    told = "; ".join(one.message for one in registry.problems_of(name)) or "it has no contract"
    return f"its values are there, England's figures of it are not: {told}"


def publication_at(home: Path, moment: datetime) -> str | None:
    """The name of the publication that was current at the moment, None where there was none."""
    with read_warehouse(home) as connection:
        row = connection.execute(
            "SELECT arg_max(name, made_at) FROM warehouse.ops.publication "
            f"WHERE made_at <= {literals.instant(moment)}"
        ).fetchone()
    return row[0] if row else None


def _held(connection: "duckdb.DuckDBPyConnection") -> set[str]:
    """The collections of which anything was ever held; no query has to be made for the others."""
    names = [shape.collection for shape in held_shapes(connection)]
    told = [
        f"SELECT {literals.text(name)} WHERE EXISTS (SELECT 1 FROM warehouse.history.{name})"
        for name in names
    ]
    told.append("SELECT collection FROM warehouse.history.published_total")
    return {name for (name,) in connection.execute(" UNION ".join(told)).fetchall()}


def _make_empty(
    reader: "duckdb.DuckDBPyConnection", table: str, columns: Mapping[str, PublishedColumn]
) -> None:
    told = ", ".join(f'"{name}" {column.type}' for name, column in columns.items())
    reader.execute(f"CREATE TABLE {table} ({told})")


def _copy(reader: "duckdb.DuckDBPyConnection", table: str, rows: "pa.Table") -> None:
    """The rows are the table, or stand in it among those of other collections."""
    into = f"INSERT INTO {table} BY NAME" if table in _NATIONAL else f"CREATE TABLE {table} AS"
    reader.register("copied", rows)
    try:
        reader.execute(f"{into} FROM copied")
    finally:
        reader.unregister("copied")


def _tables(
    collection: Collection, moment: datetime, connection: "duckdb.DuckDBPyConnection"
) -> dict[str, str]:
    """The queries for the collection's own table and for its part of the national ones."""
    shape = Shape.of(collection)
    history = history_sql(connection, collection)
    source = _rows_at(history, moment, shape.published_from(moment))
    national: dict[str, str | None] = {}
    if collection.cadence.is_dated:
        published = _rows_at("warehouse.history.published_total", moment)
        own = NATIONAL_MARTS[collection.cadence.kind].table
        national[own] = national_dated_sql(collection, source, published)
    else:
        slots = national_slot_sql(collection, source)
        national["national_slot"] = slots
        national["national_daily"] = slots and daily_from_slots_sql(collection, f"({slots})")
    return {
        collection.collection: collection_sql(source, shape),
        **{table: sql for table, sql in national.items() if sql},
    }


def _rows_at(history: str, moment: datetime, condition: str = "true") -> str:
    at = f"TIMESTAMP '{as_stored(moment)}'"
    return (
        f"(SELECT * FROM {history} WHERE stage = 'live' AND recorded_at <= {at} "
        f"AND (superseded_at IS NULL OR superseded_at > {at}) AND {condition})"
    )
