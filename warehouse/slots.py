"""Which slots a load's submissions gave values for."""

from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.contract import Collection
from warehouse import literals

if TYPE_CHECKING:
    import duckdb


def slot_start(column: str, is_daily: bool) -> str:
    """SQL for the start of a slot in UTC; that of a day is its first moment in London."""
    if not is_daily:
        return column
    return f"timezone('UTC', timezone('Europe/London', {column}::TIMESTAMP))"


def enter_slots(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> None:
    """`ops.submission_slot` has the slots of the accepted rows in `incoming`."""
    time = collection.time_column
    connection.execute(
        f"""
        INSERT INTO warehouse.ops.submission_slot
        SELECT e.feed_id, {literals.text(collection.collection)},
               {slot_start(f"i.{time}", collection.cadence.is_daily)} AS slot_start,
               e.submission_id, e.received_at, e.said_at, count(*), {literals.timestamp(moment)}
        FROM incoming AS i JOIN entry AS e USING (submission_number)
        GROUP BY e.feed_id, i.{time}, e.submission_id, e.received_at, e.said_at
        ORDER BY slot_start, e.feed_id
        """
    )
