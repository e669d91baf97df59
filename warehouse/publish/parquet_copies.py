"""The same tables as Parquet, beside a publication's file."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.publish.empty_tables import table_path
from warehouse.publish.fill import second_thread
from warehouse.publish.publications import copy_path
from warehouse.publish.published_tables import SCHEMAS
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb


def write_copies(
    connection: "duckdb.DuckDBPyConnection", rows: Mapping[str, int], folder: Path
) -> None:
    """Each table stands in the folder as Parquet; two threads share them."""
    for schema in SCHEMAS:
        (folder / schema).mkdir(parents=True)
    by_size = sorted(rows, key=rows.__getitem__)
    with second_thread(connection) as (other, thread):
        copied = thread.submit(_write_parquet, other, by_size[::2], folder)
        _write_parquet(connection, by_size[1::2], folder)
        copied.result()


def _write_parquet(
    connection: "duckdb.DuckDBPyConnection", tables: list[str], folder: Path
) -> None:
    for table in tables:
        target = literals.text(str(copy_path(folder, table)))
        connection.execute(f"COPY publication.{table_path(table)} TO {target} (FORMAT parquet)")
