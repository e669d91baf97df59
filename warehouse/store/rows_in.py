"""Puts rows into a table: few as literals, many through Arrow.

A light command that enters one row must not import Arrow; a load of thousands must not be
written out as text.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb

_FEW = 20


def insert_rows(
    connection: "duckdb.DuckDBPyConnection",
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    """The rows, values in the order of `columns`, stand in the table."""
    if not rows:
        return
    names = ", ".join(columns)
    if len(rows) <= _FEW:
        values = ",\n".join(f"({', '.join(map(literals.literal, row))})" for row in rows)
        connection.execute(f"INSERT INTO {table} ({names}) VALUES {values}")
        return
    import pyarrow as pa

    arrays = [pa.array(values) for values in zip(*rows, strict=True)]
    connection.register("rows_in", pa.table(arrays, names=list(columns)))
    try:
        connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM rows_in")
    finally:
        connection.unregister("rows_in")
