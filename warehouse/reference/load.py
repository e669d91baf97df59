"""The organisation code lists: as tables in `ref`, and as the set of codes that rules ask for."""

import csv
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

FOLDER = Path(__file__).parent

TABLES = ("organisation", "organisation_region", "region", "succession")
"""Each is a CSV file of this folder and a table of the schema `ref`."""


def refresh(connection: "duckdb.DuckDBPyConnection") -> None:
    """The tables in `ref` hold what the code lists hold; unchanged lists cost one comparison."""
    digest = _digest()
    held = connection.execute(
        "SELECT sha256 FROM warehouse.ops.reference WHERE name = 'organisations'"
    ).fetchone()
    if held == (digest,):
        return
    for table in TABLES:
        # Dates are the only columns that are not text; an empty one is unknown or open.
        connection.execute(
            f"CREATE OR REPLACE TABLE warehouse.ref.{table} AS SELECT * FROM "
            f"read_csv('{FOLDER / table}.csv', header = true, all_varchar = true, nullstr = '')"
        )
        for column in _date_columns(table):
            connection.execute(
                f"ALTER TABLE warehouse.ref.{table} ALTER {column} SET DATA TYPE DATE"
            )
    connection.execute("DELETE FROM warehouse.ops.reference WHERE name = 'organisations'")
    connection.execute(f"INSERT INTO warehouse.ops.reference VALUES ('organisations', '{digest}')")


@lru_cache(maxsize=1)
def organisation_codes() -> frozenset[str]:
    """Every organisation code that is or was in use, closed ones included."""
    with (FOLDER / "organisation.csv").open(encoding="utf-8", newline="") as stream:
        return frozenset(row["org_code"] for row in csv.DictReader(stream))


def _date_columns(table: str) -> list[str]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    return [name for name in header if name.endswith(("_date", "_from", "_to"))]


def _digest() -> str:
    digest = hashlib.sha256()
    for table in TABLES:
        digest.update((FOLDER / f"{table}.csv").read_bytes())
    return digest.hexdigest()
