"""Takes back what submissions that were read again no longer give."""

from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.registry.contract import Collection

if TYPE_CHECKING:
    import duckdb


def retract_rows(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> None:
    """Held values of reprocessed submissions that they no longer give are superseded.

    So are those that they gave while their feed was at another stage, and the national figures
    likewise. `touched` gets their slots.
    """
    held = f"warehouse.history.{collection.collection}"
    same_key = " AND ".join(f"r.{name} = h.{name}" for name in collection.key)
    keys = ", ".join(f"h.{name}" for name in collection.key)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE retracted AS
        SELECT {keys}, h.submission_id
        FROM {held} AS h JOIN entry AS e USING (submission_id)
        WHERE e.is_reprocessed AND h.superseded_at IS NULL AND (h.stage != e.stage OR NOT EXISTS (
            SELECT 1 FROM staged_rows AS r
            WHERE r.submission_number = e.submission_number AND {same_key}))
        """
    )
    connection.execute(
        f"""
        MERGE INTO {held} AS h USING retracted AS r
           ON {same_key} AND h.submission_id = r.submission_id AND h.superseded_at IS NULL
        WHEN MATCHED THEN UPDATE SET superseded_at = $moment
        """,
        {"moment": moment},
    )
    connection.execute(
        f"INSERT INTO touched SELECT DISTINCT {collection.time_column} FROM retracted"
    )
    connection.execute(
        """
        MERGE INTO warehouse.history.published_total AS h
        USING (SELECT * FROM entry WHERE is_reprocessed) AS e
           ON h.collection = $collection AND h.submission_id = e.submission_id
          AND h.superseded_at IS NULL
        WHEN MATCHED AND (h.stage != e.stage OR NOT EXISTS (
            SELECT 1 FROM staged_totals AS t
            WHERE t.submission_number = e.submission_number
              AND t.report_date = h.report_date AND t.measure = h.measure))
        THEN UPDATE SET superseded_at = $moment
        """,
        {"collection": collection.collection, "moment": moment},
    )
    connection.execute(
        "INSERT INTO touched SELECT DISTINCT report_date FROM warehouse.history.published_total "
        "WHERE collection = $collection AND superseded_at = $moment",
        {"collection": collection.collection, "moment": moment},
    )
    # What a submission gave before it was read again is no longer what it gives.
    connection.execute(
        "DELETE FROM warehouse.ops.submission_slot "
        "WHERE submission_id IN (SELECT submission_id FROM entry WHERE is_reprocessed)"
    )
