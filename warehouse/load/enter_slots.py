"""Enters for which slots each submission brought accepted rows."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb


def enter_slots(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> None:
    """`ops.submission_slot` has the slots of the accepted rows in `incoming`.

    The ledger counts them by day afterwards (`write_entries`).
    """
    connection.execute(
        render(
            Path(__file__).parent,
            "enter_slots",
            collection=collection.collection,
            time=collection.time_column,
            is_dated=collection.cadence.is_dated,
            moment=moment,
        )
    )
