"""The warehouse as it was at a moment: what was recorded by then and not yet superseded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.registry import Registry
from warehouse.marts.refresh import (
    collection_sql,
    daily_from_slots_sql,
    national_daily_sql,
    national_slot_sql,
)
from warehouse.store.connection import open_warehouse
from warehouse.store.migrate import ensure_history
from warehouse.store.shape import Shape
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb


@contextmanager
def open_as_of(
    home: Path, registry: Registry, moment: datetime
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection whose `main` has the publication's tables as of the moment, and nothing else.

    The warehouse is locked only while the tables are copied out of it.
    """
    import duckdb

    reader = duckdb.connect()
    try:
        with open_warehouse(home) as connection:
            for table, sql in _tables(registry, moment, connection).items():
                copied = connection.execute(sql).to_arrow_table()
                reader.register("copied", copied)
                reader.execute(f"CREATE TABLE {table} AS FROM copied")
                reader.unregister("copied")
        reader.execute("SET enable_external_access = false")
        yield reader
    finally:
        reader.close()


def publication_at(home: Path, moment: datetime) -> str | None:
    """The name of the publication that was current at the moment, None where there was none."""
    with open_warehouse(home) as connection:
        row = connection.execute(
            "SELECT arg_max(name, made_at) FROM warehouse.ops.publication WHERE made_at <= ?",
            [as_stored(moment)],
        ).fetchone()
    return row[0] if row else None


def _tables(
    registry: Registry, moment: datetime, connection: "duckdb.DuckDBPyConnection"
) -> dict[str, str]:
    tables: dict[str, str] = {}
    daily, slots = [], []
    for collection in registry.collections.values():
        ensure_history(connection, collection)
        shape = Shape.of(collection)
        source = _rows_at(collection.collection, moment, shape.published_from(moment))
        tables[collection.collection] = collection_sql(source, shape)
        if shape.is_daily:
            published = _rows_at("published_total", moment)
            daily.append(national_daily_sql(collection, source, published))
        else:
            national = national_slot_sql(collection, source)
            slots.append(national)
            daily.append(national and daily_from_slots_sql(collection, f"({national})"))
    for name, parts in (("national_daily", daily), ("national_slot", slots)):
        if sql := " UNION ALL ".join(f"({part})" for part in parts if part):
            tables[name] = sql
    return tables


def _rows_at(table: str, moment: datetime, condition: str = "true") -> str:
    at = f"TIMESTAMP '{as_stored(moment)}'"
    return (
        f"(SELECT * FROM warehouse.history.{table} WHERE stage = 'live' AND recorded_at <= {at} "
        f"AND (superseded_at IS NULL OR superseded_at > {at}) AND {condition})"
    )
