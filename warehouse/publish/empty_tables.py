"""Enters the tables of a publication, empty, with what they and their columns mean as comments.

A comment costs DuckDB a third of a millisecond and more, and a publication has over 300. The tables
are therefore copied from the publication before, as long as the contracts are the same.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from warehouse.publish.published_tables import TESTING, PublishedTable
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb

EARLIER = "earlier"
"""Name under which the publication before is attached."""


def table_path(table: str) -> str:
    """The table with its schema."""
    return table if "." in table else f"main.{table}"


def fingerprint(tables: Mapping[str, PublishedTable]) -> str:
    """What changes when a table, a column, a type or a meaning does."""
    return hashlib.sha256("; ".join(_statements(tables)).encode()).hexdigest()


def enter_tables(
    connection: "duckdb.DuckDBPyConnection",
    tables: Mapping[str, PublishedTable],
    *,
    as_before: bool,
) -> None:
    """`publication` has the tables, empty and with comments; `as_before`, those of the earlier."""
    if as_before:
        connection.execute(f"COPY FROM DATABASE {EARLIER} TO publication (SCHEMA)")
    else:
        connection.execute("; ".join(["BEGIN", *_statements(tables), "COMMIT"]))


def comment_statements(table: str, told: PublishedTable, columns: set[str]) -> Iterator[str]:
    """SQL for the comments of one table and of those of its columns that are there."""
    path = f"publication.{table_path(table)}"
    yield f"COMMENT ON TABLE {path} IS {literals.text(told.text)}"
    for name, column in told.columns.items():
        if name in columns:
            yield f"COMMENT ON COLUMN {path}.{name} IS {literals.text(column.text)}"


def _statements(tables: Mapping[str, PublishedTable]) -> Iterator[str]:
    yield f"CREATE SCHEMA publication.{TESTING}"
    for table, told in tables.items():
        columns = ", ".join(f"{name} {column.type}" for name, column in told.columns.items())
        yield f"CREATE TABLE publication.{table_path(table)} ({columns})"
        yield from comment_statements(table, told, set(told.columns))
