"""Takes back what submissions that were read again no longer give."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection
from warehouse.store.sql import render

if TYPE_CHECKING:
    import duckdb


def retract_rows(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> None:
    """Held values of reprocessed submissions that they no longer give are superseded.

    So are those that they gave while their feed was at another stage, and the national figures
    likewise. `touched` gets their slots.
    """
    connection.execute(
        render(
            Path(__file__).parent,
            "retract",
            history=f"warehouse.history.{collection.collection}",
            collection=collection.collection,
            key=collection.key,
            time=collection.time_column,
            moment=moment,
        )
    )
