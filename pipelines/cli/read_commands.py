"""Commands that read tables: query, as-of."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.base.errors import SitrepError, UsageError
from pipelines.cli.load_commands import Json

if TYPE_CHECKING:
    import duckdb

Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Limit = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Most rows to print, 0 for all; default: 1,000 as a table, 1,000,000 as CSV or JSON.",
    ),
]


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
    limit: Limit = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> int:
    """Ask the current publication with one SELECT (or DESCRIBE, SHOW, SUMMARIZE), read-only.

    Tables: each collection, also in the schemas `testing` (not live yet) and `revisions` (as it was
    before), now_england, now_region, now_trust, now_site, expected, change, national_daily,
    national_monthly, national_slot, month_and_days, feed_status, slot_status, feed_day_status,
    finding_day, coverage, organisation, submission, publication; views: england_, region_, trust_.
    With --ledger the query waits for who is loading. It ends after SITREP_QUERY_SECONDS (60).
    """
    from pipelines.base.settings import settings
    from warehouse.publish.publications import current_path
    from warehouse.store.reader import read_publication

    if ledger:
        from warehouse.store.warehouse_reader import read_warehouse

        with read_warehouse(settings().root) as reader:
            return _tell(reader, sql, limit, as_json, as_csv)
    path = current_path(settings().root)
    if path is None:
        raise UsageError("There is no publication yet. Run `sitrep publish` to make one.")
    with read_publication(path) as reader:
        return _tell(reader, sql, limit, as_json, as_csv)


def as_of(
    time: Annotated[
        str, typer.Argument(help="Like 2026-11-17T08:00 (London time) or 2026-11-17T08:00Z.")
    ],
    sql: Annotated[
        str | None, typer.Argument(help="Query in SQL; default: count the rows of each table.")
    ] = None,
    limit: Limit = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> int:
    """Ask the tables as they stood at a past time with one SELECT, read-only.

    Tables: those of the collections, national_daily and national_monthly. Exit code 3 where one is
    not whole.
    """
    from pipelines.base.clock import parse_instant
    from pipelines.base.settings import settings
    from pipelines.cli.console import say_error
    from pipelines.registry.registry import load_registry
    from warehouse.publish.as_of import open_as_of, publication_at

    moment = parse_instant(time)
    registry = load_registry()
    if sql is None:
        name = publication_at(settings().root, moment)
        say_error(f"Publication at that time: {name or 'none'}")
    faults: dict[str, str] = {}
    with open_as_of(settings().root, registry, moment, faults) as reader:
        if sql is None:
            sql = _count_tables(dict(reader.execute(_TABLES_HELD).fetchall()))
        code = _tell(reader, sql, limit, as_json, as_csv)
    if faults:
        sys.stdout.flush()
        told = "\n".join(f"  {name}: {reason}" for name, reason in faults.items())
        raise SitrepError(f"Not all of that time could be told:\n{told}")
    return code


_TABLES_HELD = (
    "SELECT table_name, arg_min(column_name, column_index) FROM duckdb_columns() "
    "WHERE NOT internal AND data_type IN ('DATE', 'TIMESTAMP') AND table_name != 'national_slot' "
    "AND column_name != 'recorded_at' GROUP BY table_name ORDER BY table_name"
)
"""Each table of a collection, and those of England, with the column of its time."""


def _count_tables(times: Mapping[str, str]) -> str:
    """A question for the rows of each table, and for the last value of its time."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS table_name, count(*) AS rows, max({time})::VARCHAR AS data_as_of "
        f"FROM {table}"
        for table, time in times.items()
    )


def _tell(
    reader: "duckdb.DuckDBPyConnection",
    sql: str,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
) -> int:
    """The answer to the question, in the form that was asked for; the exit code."""
    from pipelines.cli.bounds import bounded
    from pipelines.cli.rows_told import Form, tell_rows
    from warehouse.store.question import ask

    form = Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE
    with bounded(reader):
        names, rows = ask(reader, sql)
        return tell_rows(names, rows, form, limit, sys.stdout)
