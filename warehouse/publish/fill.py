"""Fills the tables of a publication from their queries, or from the publication before."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from warehouse.publish.carry_over import carry_over, copy_comments
from warehouse.publish.empty_tables import table_path
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.patching import Patching
from warehouse.publish.published_tables import PublishedTable, owner_of
from warehouse.publish.queries import Query
from warehouse.store.connection import beside

if TYPE_CHECKING:
    import duckdb


@contextmanager
def second_thread(
    connection: "duckdb.DuckDBPyConnection",
) -> Iterator[tuple["duckdb.DuckDBPyConnection", ThreadPoolExecutor]]:
    """A thread, and a connection for it; what it does has ended when this is left."""
    with beside(connection) as other, ThreadPoolExecutor(1, "publish") as thread:
        yield other, thread


def fill(
    connection: "duckdb.DuckDBPyConnection",
    queries: Mapping[str, Query],
    tables: Mapping[str, PublishedTable],
    faults: Faults,
    patching: Patching | None = None,
) -> dict[str, int]:
    """The rows of each table that stands in the publication, new or carried over.

    With `patching` the publication is a copy of the one before, and what fails is raised.
    """
    rows: dict[str, int] = {}
    for table in dict.fromkeys((*queries, *tables)):
        owner = owner_of(table)
        if table in queries and owner not in faults:
            told = tables.get(table)
            if patching is not None and told is not None:
                rows[table] = patching.make(connection, table, queries[table](), told)
                continue
            with costs_only(owner, faults):
                rows[table] = _make(connection, table, queries[table](), told is not None)
        if table not in rows:
            carried = carry_over(connection, table)
            if carried is not None:
                rows[table] = carried
    return rows


def _make(connection: "duckdb.DuckDBPyConnection", table: str, sql: str, is_described: bool) -> int:
    """The table has the rows of the query; that of a broken contract takes its columns from it."""
    if is_described and not sql:
        return 0
    path = f"publication.{table_path(table)}"
    into = f"INSERT INTO {path} BY NAME" if is_described else f"CREATE TABLE {path} AS"
    rows = int(connection.execute(f"{into} {sql}").fetchall()[0][0])
    if not is_described:
        copy_comments(connection, table)
    return rows
