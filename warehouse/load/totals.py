"""Keeps the national figures that files state themselves, as revisions."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb


def merge_totals(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    moment: datetime,
    *,
    is_again: bool,
) -> None:
    """The national figures in `batch_totals` are in `history.published_total` as revisions.

    `is_again`: files of the batch are read again. `touched` gets the report dates whose figures
    changed.
    """
    connection.execute(
        render(
            Path(__file__).parent,
            "totals",
            collection=collection.collection,
            moment=moment,
            is_again=is_again,
        )
    )
