"""Refreshes the marts for the slots that a load touched, so that its cost follows the load."""

from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from warehouse.marts.mart_queries import (
    NATIONAL_MARTS,
    current_rows,
    daily_from_slots_sql,
    mart_sql,
    national_dated_sql,
    national_slot_sql,
)
from warehouse.store import literals
from warehouse.store.shape import Shape

if TYPE_CHECKING:
    import duckdb


def refresh_marts(connection: "duckdb.DuckDBPyConnection", collection: Collection) -> None:
    """The marts hold what the history says of the slots in `touched`."""
    touched = _Touched(connection, "touched", "slot")
    if not touched.is_any:
        return
    if collection.cadence.is_dated:
        _refresh_dated(connection, collection, touched)
    else:
        _refresh_slots(connection, collection, touched)


class _Touched:
    """The slots or days of a temporary table, as a condition for other tables."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", table: str, column: str) -> None:
        first, last = connection.execute(
            f"SELECT min({column})::VARCHAR, max({column})::VARCHAR FROM {table}"
        ).fetchall()[0]
        self.is_any = first is not None
        self._bounds = f"'{first}' AND '{last}'"
        self._members = f"(SELECT {column} FROM {table})"

    def has(self, column: str) -> str:
        """SQL that is true where the column is one of them; the bounds let DuckDB skip the rest."""
        return f"{column} BETWEEN {self._bounds} AND {column} IN {self._members}"


def _refresh_dated(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, touched: _Touched
) -> None:
    mart = NATIONAL_MARTS[collection.cadence.kind]
    sql = national_dated_sql(
        collection,
        current_rows(Shape.of(collection), condition=touched.has(collection.time_column)),
        "(SELECT * FROM warehouse.history.published_total "
        f"WHERE superseded_at IS NULL AND stage = 'live' AND {touched.has('report_date')})",
    )
    if sql is not None:
        _replace(connection, mart.table, collection, touched.has(mart.time_column), sql)


def _refresh_slots(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, touched: _Touched
) -> None:
    rows = current_rows(Shape.of(collection), condition=touched.has(collection.time_column))
    slots = national_slot_sql(collection, rows)
    if slots is None:
        return
    _replace(connection, "national_slot", collection, touched.has("slot_start"), slots)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE touched_day AS "
        "SELECT DISTINCT london_day(slot) AS day FROM touched"
    )
    of_days = mart_sql("touched_slots_of_days", collection=collection.collection)
    daily = daily_from_slots_sql(collection, f"({of_days})")
    if daily is not None:
        on_days = _Touched(connection, "touched_day", "day").has("report_date")
        _replace(connection, "national_daily", collection, on_days, daily)
    connection.execute("DROP TABLE temp.touched_day")


def _replace(
    connection: "duckdb.DuckDBPyConnection",
    mart: str,
    collection: Collection,
    condition: str,
    sql: str,
) -> None:
    """The collection's rows of the mart that meet the condition are those of the query."""
    connection.execute(
        f"DELETE FROM warehouse.mart.{mart} "
        f"WHERE collection = {literals.text(collection.collection)} AND {condition}"
    )
    connection.execute(f"INSERT INTO warehouse.mart.{mart} {sql}")
