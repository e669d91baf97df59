"""Enters the tables of a publication, empty, with what they and their columns mean as comments.

A comment costs DuckDB a third of a millisecond and more, and a publication has over 500; its views
take longer still. The tables and views are therefore copied from the publication before, as long as
the contracts are the same, or from what this process keeps of one that it made by them.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.published_tables import SCHEMAS, PublishedTable, owner_of
from warehouse.store import literals
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

EARLIER = "earlier"
"""Name under which the publication before is attached."""
_KEPT = "empty_tables_"
"""How the database in memory begins that has the tables and views of a contract."""


def table_path(table: str) -> str:
    """The table with its schema."""
    return table if "." in table else f"main.{table}"


def fingerprint(tables: Mapping[str, PublishedTable], views: Mapping[str, list[str]]) -> str:
    """What changes when a table, a column, a type, a meaning or the SQL of a view does."""
    texts = [text for table, told in tables.items() for text in _statements(table, told)]
    texts += [text for statements in views.values() for text in statements]
    return hashlib.sha256("; ".join(texts).encode()).hexdigest()


def enter_tables(
    connection: "duckdb.DuckDBPyConnection",
    tables: Mapping[str, PublishedTable],
    faults: Faults,
    contract: str,
    *,
    as_before: bool,
) -> bool:
    """`publication` has the tables, empty and with comments; `as_before`, those of the earlier.

    Returns whether it has the views too. `contract` is the fingerprint of both.
    """
    source = EARLIER if as_before else _kept(contract)
    if as_before or source in _databases(connection):
        connection.execute(f"COPY FROM DATABASE {source} TO publication (SCHEMA)")
        return True
    for schema in SCHEMAS:
        connection.execute(f"CREATE SCHEMA publication.{schema}")
    for table, told in tables.items():
        with costs_only(owner_of(table), faults), transaction(connection):
            connection.execute("; ".join(_statements(table, told)))
    return False


def keep_empty(connection: "duckdb.DuckDBPyConnection", contract: str) -> None:
    """The tables and views of `publication` are kept, empty, for the next one of this process."""
    name, there = _kept(contract), _databases(connection)
    if name in there:
        return
    for other in there:
        if other.startswith(_KEPT):
            connection.execute(f"DETACH {other}")
    connection.execute(f"ATTACH ':memory:' AS {name}")
    connection.execute(f"COPY FROM DATABASE publication TO {name} (SCHEMA)")


def _kept(contract: str) -> str:
    return f"{_KEPT}{contract[:16]}"


def _databases(connection: "duckdb.DuckDBPyConnection") -> set[str]:
    rows = connection.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    return {name for (name,) in rows}


def comment_statements(table: str, told: str, columns: Mapping[str, str]) -> Iterator[str]:
    """SQL for the comments of one table and of its columns."""
    path = f"publication.{table_path(table)}"
    yield f"COMMENT ON TABLE {path} IS {literals.text(told)}"
    for name, text in columns.items():
        yield f'COMMENT ON COLUMN {path}."{name}" IS {literals.text(text)}'


def _statements(table: str, told: PublishedTable) -> Iterator[str]:
    columns = ", ".join(f'"{name}" {column.type}' for name, column in told.columns.items())
    yield f"CREATE TABLE publication.{table_path(table)} ({columns})"
    texts = {name: column.text for name, column in told.columns.items()}
    yield from comment_statements(table, told.text, texts)
