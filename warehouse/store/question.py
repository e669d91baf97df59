"""A question in SQL that somebody else wrote: exactly one SELECT over tables.

DuckDB's own parser says what a text is. Beside SELECT (also as FROM, VALUES, TABLE, UNPIVOT, or
PIVOT with named values) DESCRIBE, SHOW and SUMMARIZE are answered, which DuckDB reads as SELECTs.
Of functions that give tables only those that make rows or tell of tables are let through: the
others read files, run text as SQL (`query`), or take addresses in memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.base.errors import UsageError
from warehouse.store import literals
from warehouse.store.file_damage import is_of_damage

if TYPE_CHECKING:
    import duckdb

_AT_ONCE = 1000
"""Rows that are fetched together."""

_TABLE_FUNCTIONS = frozenset(
    [
        "duckdb_columns",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_schemas",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "generate_series",
        "json_each",
        "json_tree",
        "pragma_table_info",
        "pragma_version",
        "range",
        "repeat",
        "repeat_row",
        "summary",
        "unnest",
    ]
)
_REFUSED_TABLES = frozenset(
    # They tell where files are, or the address of a catalogue.
    ["duckdb_databases", "duckdb_logs", "pragma_database_list", "duckdb_settings", "pg_settings"]
)
_REFUSED_FUNCTIONS = frozenset(
    [
        "current_setting",
        "getenv",
        "nextval",
        "currval",
        "query",
        "query_table",
        "setseed",
        "sleep_ms",
        "write_log",
    ]
)
_ONLY_SELECT = "Ask with one SELECT (or DESCRIBE, SHOW, SUMMARIZE)"


def ask(
    reader: "duckdb.DuckDBPyConnection", sql: str
) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """The names of the columns and the rows, which are made as they are taken.

    Raises `UsageError` where the question is not allowed, or fails.
    """
    statement = checked_question(reader, sql)
    with _failing():
        cursor = reader.execute(statement)
    return [column[0] for column in cursor.description or ()], _rows(cursor)


def _rows(cursor: "duckdb.DuckDBPyConnection") -> Iterator[tuple[Any, ...]]:
    while True:
        with _failing():
            rows = cursor.fetchmany(_AT_ONCE)
        if not rows:
            return
        yield from rows


@contextmanager
def _failing() -> Iterator[None]:
    """An error of the question is one of usage; what ends it from outside goes on as it is."""
    import duckdb

    try:
        yield
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        if is_of_damage(error):
            raise
        raise UsageError(f"The query failed: {error}") from error


def checked_question(reader: "duckdb.DuckDBPyConnection", sql: str) -> "duckdb.Statement":
    """The one statement of the question; raises `UsageError` where it is none or not allowed."""
    import duckdb

    try:
        statements = reader.extract_statements(sql)
    except (duckdb.Error, UnicodeError, ValueError) as error:
        raise UsageError(f"The query cannot be read: {error}") from error
    if not statements:
        raise UsageError(
            'The query is empty. Write one in SQL, for example "SELECT * FROM feed_status".'
        )
    if len(statements) > 1:
        raise UsageError(
            f"The query has {len(statements)} statements. {_ONLY_SELECT}. "
            "PIVOT needs its values named: PIVOT … ON column IN (…)."
        )
    (statement,) = statements
    if statement.type != duckdb.StatementType.SELECT:
        raise UsageError(f"{statement.type.name} is not answered here. {_ONLY_SELECT}.")
    for reason in _objections(_parts(_tree(reader, statement.query))):
        raise UsageError(f"{reason} {_ONLY_SELECT} over the tables that SHOW TABLES lists.")
    return statement


def _tree(reader: "duckdb.DuckDBPyConnection", sql: str) -> Any:
    """The parsed statement as DuckDB writes it down; raises `UsageError` where it cannot."""
    # A statement with a parameter would import pandas.
    (text,) = reader.execute(f"SELECT json_serialize_sql({literals.text(sql)})").fetchall()[0]
    tree = msgspec.json.decode(text)
    if tree.get("error"):
        raise UsageError(f"The query cannot be checked: {tree.get('error_message')}")
    return tree


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in the parsed statement."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _objections(parts: Iterator[dict[str, Any]]) -> Iterator[str]:
    """What of the statement is not answered, in words."""
    for part in parts:
        kind = part.get("type")
        if kind == "TABLE_FUNCTION":
            name = str(part["function"]["function_name"]).casefold()
            if name not in _TABLE_FUNCTIONS:
                yield f"The function {name} is not allowed."
        elif kind in ("BASE_TABLE", "SHOW_REF"):
            name = str(part.get("table_name", "")).casefold()
            if name in _REFUSED_TABLES:
                yield f"The table {name} is not shown."
            if "." in name or "/" in name or "\\" in name:
                yield f"'{name}' names a file; files are not read."
        elif "function_name" in part:
            name = str(part["function_name"]).casefold()
            if name in _REFUSED_FUNCTIONS:
                yield f"The function {name} is not allowed."
