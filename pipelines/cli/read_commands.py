"""Commands that read tables: query, as-of."""

import csv
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.base.errors import SitrepError, UsageError
from pipelines.cli.console import say_json, say_table
from pipelines.cli.load_commands import Json

if TYPE_CHECKING:
    import duckdb

Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


def register(app: typer.Typer) -> None:
    """The commands of this module belong to the application."""
    app.command()(query)
    app.command("as-of")(as_of)


def query(
    sql: Annotated[str, typer.Argument(help='For instance "SELECT * FROM national_daily".')],
    ledger: Annotated[
        bool,
        typer.Option("--ledger", help="Query the working warehouse (ops, history, ref, mart)."),
    ] = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> int:
    """Run SQL on the current publication, read-only.

    Tables: one for each collection, the same in the schema `testing` for feeds that are not live
    yet, national_daily, national_slot, feed_status, slot_status, coverage, organisation,
    submission, publication. With --ledger the query waits while another process is loading.
    """
    import duckdb

    if ledger:
        return _ask_ledger(sql, as_json, as_csv)

    from pipelines.base.settings import settings
    from warehouse.publish.publications import current_path

    path = current_path(settings().root)
    if path is None:
        raise UsageError("There is no publication yet. Run `sitrep publish` to make one.")
    with duckdb.connect(
        str(path), read_only=True, config={"enable_external_access": "false"}
    ) as reader:
        _tell(reader, sql, as_json, as_csv)
    return 0


def _ask_ledger(sql: str, as_json: bool, as_csv: bool) -> int:
    from pipelines.base.settings import settings
    from warehouse.store.connection import open_warehouse

    with open_warehouse(settings().root) as connection:
        connection.execute("BEGIN TRANSACTION READ ONLY")
        try:
            _tell(connection, sql, as_json, as_csv)
        finally:
            connection.execute("ROLLBACK")
    return 0


def as_of(
    time: Annotated[
        str, typer.Argument(help="Like 2026-11-17T08:00 (London time) or 2026-11-17T08:00Z.")
    ],
    sql: Annotated[
        str | None, typer.Argument(help="Query in SQL; default: count the rows of each table.")
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> int:
    """Run SQL on the tables as they stood at a past time.

    Tables: those of the collections, and national_daily. Exit code 3 where one is not whole.
    """
    from pipelines.base.clock import parse_instant
    from pipelines.base.settings import settings
    from pipelines.registry.registry import load_registry
    from warehouse.publish.as_of import open_as_of, publication_at

    moment = parse_instant(time)
    registry = load_registry()
    if sql is None:
        name = publication_at(settings().root, moment)
        print(f"Publication at that time: {name or 'none'}", file=sys.stderr)
    faults: dict[str, str] = {}
    with open_as_of(settings().root, registry, moment, faults) as reader:
        if sql is None:
            sql = _count_tables(dict(reader.execute(_TABLES_HELD).fetchall()))
        _tell(reader, sql, as_json, as_csv)
    if faults:
        sys.stdout.flush()
        told = "\n".join(f"  {name}: {reason}" for name, reason in faults.items())
        raise SitrepError(f"Not all of that time could be told:\n{told}")
    return 0


_TABLES_HELD = (
    "SELECT table_name, arg_min(column_name, column_index) FROM duckdb_columns() "
    "WHERE NOT internal AND data_type IN ('DATE', 'TIMESTAMP') AND table_name != 'national_slot' "
    "AND column_name != 'recorded_at' GROUP BY table_name ORDER BY table_name"
)
"""Each table of a collection, and `national_daily`, with the column of its time."""


def _count_tables(times: Mapping[str, str]) -> str:
    """A question for the rows of each table, and for the last value of its time."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS table_name, count(*) AS rows, max({time})::VARCHAR AS data_as_of "
        f"FROM {table}"
        for table, time in times.items()
    )


def _tell(reader: "duckdb.DuckDBPyConnection", sql: str, as_json: bool, as_csv: bool) -> None:
    """The answer to the question, in the form that was asked for."""
    import duckdb

    if not sql.strip("; \t\n"):
        raise UsageError(
            'The query is empty. Write one in SQL, for example "SELECT * FROM feed_status".'
        )
    try:
        cursor = reader.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    except duckdb.Error as error:
        raise UsageError(f"The query failed: {error}") from error
    if as_json:
        say_json([dict(zip(names, row, strict=True)) for row in rows])
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    else:
        say_table(names, rows)
