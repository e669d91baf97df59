"""The code lists as tables in `ref`."""

import csv
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from pipelines.reference.codes import FOLDER, TABLES
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb


def refresh_reference_tables(connection: "duckdb.DuckDBPyConnection") -> None:
    """The tables in `ref` hold what the code lists hold; unchanged lists cost one comparison."""
    digest = _digest()
    held = connection.execute(
        "SELECT sha256 FROM warehouse.ops.reference WHERE name = 'organisations'"
    ).fetchone()
    if held == (digest,):
        return
    with transaction(connection):
        for table in TABLES:
            _replace_table(connection, table)
        connection.execute("DELETE FROM warehouse.ops.reference WHERE name = 'organisations'")
        connection.execute(
            f"INSERT INTO warehouse.ops.reference VALUES ('organisations', '{digest}')"
        )


def _replace_table(connection: "duckdb.DuckDBPyConnection", table: str) -> None:
    """The table holds what its list holds.

    Dates are the only columns that are not text; an empty one is unknown or open. They are cast
    while they are read, because a DuckLake cannot make dates of a text column.
    """
    dates = ", ".join(f"{name}::DATE AS {name}" for name in _date_columns(table))
    columns = f"* REPLACE ({dates})" if dates else "*"
    connection.execute(
        f"CREATE OR REPLACE TABLE warehouse.ref.{table} AS SELECT {columns} FROM "
        f"read_csv('{FOLDER / table}.csv', header = true, all_varchar = true, nullstr = '')"
    )


def _date_columns(table: str) -> list[str]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    return [name for name in header if name.endswith(("_date", "_from", "_to"))]


def _digest() -> str:
    """The SHA-256 of all lists; read again only when one of the files has changed."""
    states = ((FOLDER / f"{table}.csv").stat() for table in TABLES)
    return _digest_of(tuple((state.st_mtime_ns, state.st_size) for state in states))


@lru_cache(maxsize=1)
def _digest_of(stamps: tuple[tuple[int, int], ...]) -> str:
    digest = hashlib.sha256()
    for table in TABLES:
        digest.update((FOLDER / f"{table}.csv").read_bytes())
    return digest.hexdigest()
