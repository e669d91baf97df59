"""What a rival left in its tables, under the names that `check` uses for ours."""

from typing import TYPE_CHECKING

from tests.bench.national.ticks import HELD_SUMS

if TYPE_CHECKING:
    import duckdb

_LEDGER = {
    "files": "count(*)",
    "read": "sum(rows_read)",
    "accepted": "sum(rows_accepted)",
    "quarantined": "sum(rows_quarantined)",
    "duplicates": "count_if(status = 'duplicate')",
    "rejected": "count_if(status = 'rejected')",
    "issues": "(SELECT count(*) FROM issue)",
}


def count(connection: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """The counts of a ledger, and of the values that are held in the end."""
    return _ask(connection, _LEDGER, "ledger") | count_held(connection)


def count_held(connection: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """For each collection the rows that are held in the end, and the sum of one column."""
    counts: dict[str, int] = {}
    for collection, column in HELD_SUMS.items():
        held = {f"held_{collection}": "count(*)", f"sum_{collection}": f"sum({column})"}
        counts |= _ask(connection, held, collection)
    return counts


def _ask(
    connection: "duckdb.DuckDBPyConnection", columns: dict[str, str], table: str
) -> dict[str, int]:
    row = connection.execute(f"SELECT {', '.join(columns.values())} FROM {table}").fetchone()
    assert row is not None
    return {name: int(value or 0) for name, value in zip(columns, row, strict=True)}
