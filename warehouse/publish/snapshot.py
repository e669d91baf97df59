"""Builds the tables of a publication into a DuckDB file, and the same as Parquet beside it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.registry import Registry
from warehouse.marts.feed_health import coverage_sql, feed_status_sql, recent_slots_sql
from warehouse.marts.refresh import collection_sql, current_rows, mart_sql
from warehouse.marts.slot_grid import ensure_grid
from warehouse.store import literals
from warehouse.store.migrate import ensure_history, held_shapes
from warehouse.store.shape import Shape
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb


def build_snapshot(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, path: Path, made_at: datetime
) -> dict[str, int]:
    """The publication's tables stand in the file; returns the rows of each.

    Parquet copies stand in the folder of the same name that ends in `.parquet`.
    """
    for collection in registry.collections.values():
        ensure_history(connection, collection)
    ensure_grid(connection, registry, made_at)
    contracts = {one.collection: Shape.of(one) for one in registry.collections.values()}
    # A collection whose contract is broken just now is published all the same.
    shapes = [contracts.get(one.collection, one) for one in held_shapes(connection)]
    connection.execute(f"ATTACH {literals.text(str(path))} AS publication")
    try:
        connection.execute(f"CREATE SCHEMA publication.{TESTING}")
        rows = {
            table: _create(connection, table, sql)
            for table, sql in _tables(registry, shapes, made_at).items()
        }
        _write_parquet(connection, list(rows), path.with_suffix(".parquet"))
        connection.execute("CHECKPOINT publication")
    finally:
        connection.execute("DETACH publication")
    return rows


TESTING = "testing"
"""Schema of a publication that holds the values of feeds that are not live yet, apart."""

_SUBMISSION_DAYS = 35
_ENDED_FINDING_DAYS = 1
_NATIONAL_SLOT_DAYS = 70
"""Ten weeks, so that a slot can be set beside the same slot of recent weeks."""


def _tables(registry: Registry, shapes: Sequence[Shape], made_at: datetime) -> dict[str, str]:
    """Each table of a publication with the query that gives its rows."""
    tables = {}
    for shape in shapes:
        for stage, name in (("live", shape.collection), (TESTING, f"{TESTING}.{shape.collection}")):
            rows = current_rows(shape, stage, shape.published_from(made_at))
            tables[name] = collection_sql(rows, shape)
    return {
        **tables,
        "national_daily": "SELECT * FROM warehouse.mart.national_daily "
        "ORDER BY report_date, collection, measure",
        "national_slot": "SELECT * FROM warehouse.mart.national_slot "
        f"WHERE slot_start >= {_days_before(made_at, _NATIONAL_SLOT_DAYS)} "
        "ORDER BY slot_start, collection, measure",
        "organisation": mart_sql("organisation"),
        "slot_status": recent_slots_sql(registry, made_at),
        "feed_status": feed_status_sql(registry, made_at),
        "coverage": coverage_sql(registry),
        "watch": watch_sql(made_at),
        "submission": mart_sql("submission", since=_days_before(made_at, _SUBMISSION_DAYS)),
        "publication": f"SELECT {literals.timestamp(as_stored(made_at))} AS made_at, "
        "(SELECT max(settled_at) FROM warehouse.ops.load) AS settled_through",
    }


def watch_sql(moment: datetime) -> str:
    """A query for the watch's findings that are open, or were until a day before the moment."""
    return mart_sql("watch", since=_days_before(moment, _ENDED_FINDING_DAYS))


def _days_before(moment: datetime, days: int) -> str:
    return literals.timestamp(as_stored(moment - timedelta(days=days)))


def table_path(table: str) -> str:
    """The table with its schema."""
    return table if "." in table else f"main.{table}"


def _create(connection: "duckdb.DuckDBPyConnection", table: str, sql: str) -> int:
    connection.execute(f"CREATE TABLE publication.{table_path(table)} AS {sql}")
    counted = connection.execute(f"SELECT count(*) FROM publication.{table_path(table)}").fetchall()
    return int(counted[0][0])


def _write_parquet(
    connection: "duckdb.DuckDBPyConnection", tables: list[str], folder: Path
) -> None:
    folder.mkdir()
    for table in tables:
        target = literals.text(str(folder / f"{table}.parquet"))
        connection.execute(f"COPY publication.{table_path(table)} TO {target} (FORMAT parquet)")
