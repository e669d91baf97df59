"""Takes a table from the publication before, where it cannot be made anew."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.registry.feed import collection_named_in
from warehouse.publish.empty_tables import EARLIER, comment_statements, table_path
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb


def carry_over(connection: "duckdb.DuckDBPyConnection", table: str) -> int | None:
    """The table is that of the publication before, its rows; None where there is none either."""
    path = table_path(table)
    connection.execute(f"DROP TABLE IF EXISTS publication.{path}")
    found = connection.execute(
        f"SELECT count(*) FROM duckdb_tables() WHERE {_is_table(EARLIER, table)}"
    ).fetchall()
    if found == [(0,)]:
        return None
    made = connection.execute(f"CREATE TABLE publication.{path} AS FROM {EARLIER}.{path}")
    rows = int(made.fetchall()[0][0])
    copy_comments(connection, table)
    return rows


def carry_rows(connection: "duckdb.DuckDBPyConnection", table: str, names: Sequence[str]) -> int:
    """The table has these collections' and feeds' rows of the publication before; all its rows."""
    path = f"publication.{table_path(table)}"
    columns = _columns_of(connection, "publication", table)
    theirs = f"collection IN {literals.texts(names)}"
    if "feed_id" in columns:
        theirs = f"({theirs} OR feed_id IN {literals.texts(names)})"
    else:
        theirs = f"collection IN {literals.texts(map(collection_named_in, names))}"
    shared = columns & _columns_of(connection, EARLIER, table)
    if shared:
        told = ", ".join(f'"{name}"' for name in sorted(shared))
        connection.execute(f"DELETE FROM {path} WHERE {theirs}")
        connection.execute(
            f"INSERT INTO {path} BY NAME SELECT {told} FROM {EARLIER}.{table_path(table)} "
            f"WHERE {theirs}"
        )
    return int(connection.execute(f"SELECT count(*) FROM {path}").fetchall()[0][0])


def is_in_earlier(connection: "duckdb.DuckDBPyConnection", table: str) -> bool:
    """Whether the publication before has the table."""
    return bool(_columns_of(connection, EARLIER, table))


def _columns_of(connection: "duckdb.DuckDBPyConnection", database: str, table: str) -> set[str]:
    rows = connection.execute(
        f"SELECT column_name FROM duckdb_columns() WHERE {_is_table(database, table)}"
    ).fetchall()
    return {name for (name,) in rows}


def copy_comments(connection: "duckdb.DuckDBPyConnection", table: str) -> None:
    """What the publication before says of the table and its columns is said of this one too."""
    told = connection.execute(
        f"SELECT comment FROM duckdb_tables() WHERE {_is_table(EARLIER, table)}"
    ).fetchall()
    columns = connection.execute(
        f"SELECT column_name, comment FROM duckdb_columns() WHERE {_is_table(EARLIER, table)} "
        "AND comment IS NOT NULL AND column_name IN (SELECT column_name FROM duckdb_columns() "
        f"WHERE {_is_table('publication', table)})"
    ).fetchall()
    if not told:
        text = "Its contract cannot be used just now, so nothing is said of it here."
        connection.execute("; ".join(comment_statements(table, text, {})))
    elif told[0][0] is not None:
        connection.execute("; ".join(comment_statements(table, told[0][0], dict(columns))))


def _is_table(database: str, table: str) -> str:
    schema, _, name = table_path(table).partition(".")
    return (
        f"database_name = '{database}' AND schema_name = {literals.text(schema)} "
        f"AND table_name = {literals.text(name)}"
    )
