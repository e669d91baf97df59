"""Builds the tables of a publication into a DuckDB file, and the same as Parquet beside it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry import Registry
from warehouse import literals
from warehouse.connection import as_stored
from warehouse.migrate import ensure_history, held_collections
from warehouse.refresh import collection_sql, current_rows, mart_sql

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
    # A collection whose contract is broken just now is published all the same.
    held = held_collections(connection)
    connection.execute(f"ATTACH {literals.text(str(path))} AS publication")
    try:
        rows = {
            table: _create(connection, table, sql)
            for table, sql in _tables(registry, held, made_at).items()
        }
        _write_parquet(connection, list(rows), path.with_suffix(".parquet"))
        connection.execute("CHECKPOINT publication")
    finally:
        connection.execute("DETACH publication")
    return rows


def _tables(
    registry: Registry, held: Mapping[str, Sequence[str]], made_at: datetime
) -> dict[str, str]:
    """Each table of a publication with the query that gives its rows."""
    return {
        **{name: collection_sql(current_rows(name), measures) for name, measures in held.items()},
        "national_daily": "SELECT * FROM warehouse.mart.national_daily "
        "ORDER BY report_date, collection, measure",
        "organisation": mart_sql("organisation"),
        "feed_status": mart_sql(
            "feed_status", configured=_configured_feeds(registry), data_as_of=_data_as_of(held)
        ),
        "submission": mart_sql("submission"),
        "publication": f"SELECT {literals.timestamp(as_stored(made_at))} AS made_at, "
        "(SELECT max(settled_at) FROM warehouse.ops.submission) AS settled_through",
    }


def _create(connection: "duckdb.DuckDBPyConnection", table: str, sql: str) -> int:
    connection.execute(f"CREATE TABLE publication.main.{table} AS {sql}")
    counted = connection.execute(f"SELECT count(*) FROM publication.main.{table}").fetchall()
    return int(counted[0][0])


def _write_parquet(
    connection: "duckdb.DuckDBPyConnection", tables: list[str], folder: Path
) -> None:
    folder.mkdir()
    for table in tables:
        target = literals.text(str(folder / f"{table}.parquet"))
        connection.execute(f"COPY publication.main.{table} TO {target} (FORMAT parquet)")


def _data_as_of(collections: Iterable[str]) -> str:
    """The last report date that each feed has given a current value for."""
    parts = [
        f"SELECT s.feed_id, max(h.report_date) AS data_as_of FROM warehouse.history.{name} AS h "
        "JOIN warehouse.ops.submission AS s USING (submission_id) "
        "WHERE h.superseded_at IS NULL GROUP BY s.feed_id"
        for name in collections
    ]
    return " UNION ALL ".join(parts) or "SELECT NULL AS feed_id, NULL::DATE AS data_as_of"


def _configured_feeds(registry: Registry) -> str:
    """A query for the feeds as they are configured."""
    columns = "feed_id, collection, title, provider_code, provider_name, stage"
    rows = [
        (one.feed_id, one.collection, one.title, one.provider.code, one.provider.name, one.stage)
        for one in registry.feeds.values()
    ]
    values = ", ".join(f"({', '.join(map(literals.text, row))})" for row in rows)
    if not values:
        return f"SELECT {columns} FROM (SELECT {'NULL, ' * 5}NULL) AS none({columns}) WHERE false"
    return f"SELECT * FROM (VALUES {values}) AS feeds({columns})"
