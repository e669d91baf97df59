"""Fills a home's warehouse with years of history, as if every day had been like one that was real.

One day is drained tick by tick in a home of its own. Its rows are then entered in SQL for each of
the days before, in the order of time, with other figures, identifiers and hashes, so that they
are as hard to compress as real ones. Landed bytes and answers of those days are not made: nothing
that a tick does looks at them.

    python -m tests.bench.national.history HOME FOLDER YEARS
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.steps import drain
from tests.bench.measure import say
from tests.bench.national.harness import answers
from tests.bench.national.land import land_ticks, use_home
from tests.bench.national.ticks import TICKS_PER_DAY, read_ticks
from tests.support.warehouse import warehouse_file
from warehouse.store.connection import open_warehouse
from warehouse.store.engines import DuckDBFile

DAYS_PER_YEAR = 365.25
_DAYS_AT_ONCE = 30
_SCHEMAS = ("ops", "history", "mart")
_NOT_BY_DAY = frozenset({"migration", "reference", "measure", "origin"})
_IDENTIFIERS = frozenset({"submission_id", "duplicate_of"})
_DATED_TEXTS = frozenset({"file_name", "source", "batch_id"})
_KEYS = frozenset({"submission_id", "bit", "attempt", "line", "row_number", "carried", "confirmed"})
_NUMBERS = frozenset({"INTEGER", "DOUBLE"})


@dataclass(frozen=True)
class _Table:
    """A table with a day's rows: its columns with their types."""

    name: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Filled:
    """What was entered, and what it took."""

    days: int
    seconds: float
    gigabytes: float
    rows: dict[str, int]


def fill(home: Path, data: Path, years: float) -> Filled:
    """The home's warehouse holds so many years up to the first tick of the data."""
    days = round(years * DAYS_PER_YEAR)
    model = home.with_name(f"{home.name}-model")
    for folder in (home, model):
        shutil.rmtree(folder, ignore_errors=True)
    _drain_a_day(model, data)
    with open_warehouse(home):
        pass
    first_day = read_ticks(data, 1)[0].start.date()
    begin = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '4GB'")
        DuckDBFile(warehouse_file(home)).attach(connection)
        connection.execute("USE warehouse")
        connection.execute(f"ATTACH '{warehouse_file(model)}' AS model (READ_ONLY)")
        tables = list(_tables(connection))
        _copy_what_has_no_day(connection)
        for start in range(days, 0, -_DAYS_AT_ONCE):
            last = max(start - _DAYS_AT_ONCE, 0)
            for table in tables:
                _enter_days(connection, table, start, last, first_day)
            if start % (12 * _DAYS_AT_ONCE) < _DAYS_AT_ONCE:
                say(f"    history: {start:,} days left")
        rows = {table.name: _count(connection, table) for table in tables}
        connection.execute("DETACH model")
        connection.execute("CHECKPOINT")
    shutil.rmtree(model)
    size = warehouse_file(home).stat().st_size / 1e9
    return Filled(days, time.perf_counter() - begin, size, rows)


def _count(connection: duckdb.DuckDBPyConnection, table: _Table) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table.name}").fetchall()[0][0])


def _drain_a_day(home: Path, data: Path) -> None:
    """One day has come tick by tick."""
    for tick in read_ticks(data, TICKS_PER_DAY):
        use_home(home, data / "feeds", tick.received_at)
        land_ticks(home, [tick])
        drain()
    say("    history: one day drained tick by tick")


def _tables(connection: duckdb.DuckDBPyConnection) -> Iterator[_Table]:
    """The tables whose rows belong to a day, as far as the model day has any."""
    for schema, table in connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'model'"
    ).fetchall():
        name = f"{schema}.{table}"
        found = connection.execute(f"SELECT count(*) FROM model.{name}").fetchall()
        if schema in _SCHEMAS and table not in _NOT_BY_DAY and found[0][0]:
            columns = connection.execute(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'model' "
                "AND schema_name = ? AND table_name = ? ORDER BY column_index",
                [schema, table],
            ).fetchall()
            yield _Table(name, tuple(columns))


def _copy_what_has_no_day(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables of the histories are there, and the bits of their measures."""
    for (table,) in connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = 'model' AND schema_name = 'history'"
    ).fetchall():
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS history.{table} AS FROM model.history.{table} LIMIT 0"
        )
    connection.execute("INSERT INTO ops.measure FROM model.ops.measure")


def _enter_days(
    connection: duckdb.DuckDBPyConnection, table: _Table, start: int, last: int, first_day: date
) -> None:
    """The rows of the days from `start` to `last` (not included) days before the first day."""
    columns = ", ".join(
        f"{_shifted(table, name, kind, first_day)} AS {name}" for name, kind in table.columns
    )
    names = ", ".join(name for name, _ in table.columns)
    connection.execute(
        f"INSERT INTO {table.name} ({names}) SELECT {columns} "
        f"FROM model.{table.name} AS m, range({start}, {last}, -1) AS days(k) "
        "ORDER BY k DESC, m.rowid"
    )


def _shifted(table: _Table, name: str, kind: str, first_day: date) -> str:
    """SQL for the value of a column so many days (`k`) before."""
    column = f"m.{name}"
    if kind == "TIMESTAMP":
        return f"{column} - to_days(k::INTEGER)"
    if kind == "DATE":
        return f"{column} - k::INTEGER"
    if name in _IDENTIFIERS:
        return f"split_part({column}, '@', 1) || '@' || left(md5({column} || k), 16)"
    if name == "sha256":
        return f"sha256({column} || k)"
    if name == "delivery_id":
        received = "strftime(m.received_at - to_days(k::INTEGER), '%Y%m%dT%H%M%S%f')"
        return f"{received} || '-000000' || left(md5({column} || k), 8)"
    if name in _DATED_TEXTS:
        day = f"strftime(DATE '{first_day}' - k::INTEGER, '%Y%m%d')"
        return f"replace({column}, '{first_day:%Y%m%d}', {day})"
    if table.name.startswith(("history.", "mart.")) and kind in _NUMBERS and name not in _KEYS:
        return f"greatest(0, {column} + (hash({column}, m.rowid, k) % 7)::INTEGER - 3)"
    return column


if __name__ == "__main__":
    with answers() as stream:
        done = fill(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
        stream.write(json.dumps(asdict(done)))
