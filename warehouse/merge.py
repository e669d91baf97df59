"""Merges rows into a collection's history as revisions.

A row supersedes the value held for its key only where it differs from it and was not received
before it. Measures that a file does not carry keep the value that is held. Where one batch has
several values for a key, they are merged one after the other, in the order of their arrival.
"""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.contract import Collection
from warehouse.ledger import RowCounts

if TYPE_CHECKING:
    import duckdb


def merge_rows(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> tuple[dict[int, RowCounts], set[date]]:
    """The rows in `staged_rows` of the submissions in `entry` are in the history.

    Returns the counts by submission number, and the report dates whose values changed.
    """
    keys = ", ".join(collection.key)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT r.*, e.submission_id, e.stage, e.received_at, e.is_reprocessed,
               row_number() OVER (PARTITION BY {keys}, e.stage ORDER BY e.position) AS wave
        FROM staged_rows AS r JOIN entry AS e USING (submission_number)
        """
    )
    waves = connection.execute("SELECT coalesce(max(wave), 0) FROM incoming").fetchall()[0][0]
    counts: dict[int, dict[str, int]] = {}
    touched: set[date] = set()
    for wave in range(1, waves + 1):
        _compare(connection, collection, wave)
        _apply(connection, collection, moment + timedelta(microseconds=wave - 1))
        for number, kind, rows in connection.execute(
            "SELECT submission_number, kind, count(*) FROM compared GROUP BY ALL"
        ).fetchall():
            own = counts.setdefault(number, {})
            own[kind] = own.get(kind, 0) + rows
        touched |= _days(connection, "compared WHERE kind IN ('new', 'revised')")
    for table in ("incoming", "compared", "prior"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return {number: RowCounts(**own) for number, own in counts.items()}, touched


def _compare(connection: "duckdb.DuckDBPyConnection", collection: Collection, wave: int) -> None:
    """`compared` holds the wave's rows with what becomes of each: `kind`."""
    held = f"warehouse.history.{collection.collection}"
    same_key = " AND ".join(f"h.{name} = i.{name}" for name in collection.key)
    same_prior = " AND ".join(f"p.{name} = i.{name}" for name in collection.key)
    keys = ", ".join(f"i.{name}" for name in collection.key)
    names = [column.name for column in collection.measures]
    # What a row does not carry stays as it is held; if the same submission gave the held
    # value under an older mapping, what was there before it.
    merged = ",\n".join(
        f"CASE WHEN i.carried & {1 << bit} != 0 THEN i.{name} "
        f"WHEN h.submission_id = i.submission_id THEN p.{name} ELSE h.{name} END AS {name}"
        for bit, name in enumerate(names)
    )
    own, kept = ", ".join(names), ", ".join(f"held.{name}" for name in names)
    _find_prior(connection, collection, wave)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE compared AS
        SELECT * EXCLUDE (held),
               CASE WHEN held IS NULL THEN 'new'
                    WHEN held.received_at > received_at THEN 'outdated'
                    WHEN row({own}) IS DISTINCT FROM row({kept}) THEN 'revised'
                    ELSE 'unchanged' END AS kind
        FROM (
            SELECT {keys}, {merged}, i.submission_number, i.submission_id, i.stage,
                   i.received_at, CASE WHEN h.submission_id IS NOT NULL THEN h END AS held
            FROM incoming AS i
            LEFT JOIN {held} AS h
                   ON {same_key} AND h.stage = i.stage AND h.superseded_at IS NULL
            LEFT JOIN prior AS p ON {same_prior} AND p.stage = i.stage
            WHERE i.wave = {wave}
        )
        """
    )


def _find_prior(connection: "duckdb.DuckDBPyConnection", collection: Collection, wave: int) -> None:
    """`prior` holds, for reprocessed rows, the last value that another submission gave."""
    same_key = " AND ".join(f"h.{name} = i.{name}" for name in collection.key)
    keys = ", ".join(f"h.{name}" for name in collection.key)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE prior AS
        SELECT h.* FROM warehouse.history.{collection.collection} AS h
        JOIN incoming AS i ON {same_key} AND h.stage = i.stage
        WHERE i.wave = {wave} AND i.is_reprocessed
          AND h.submission_id != i.submission_id AND h.received_at <= i.received_at
        QUALIFY row_number() OVER (PARTITION BY {keys}, h.stage ORDER BY h.recorded_at DESC) = 1
        """
    )


def _apply(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> None:
    held = f"warehouse.history.{collection.collection}"
    same_key = " AND ".join(f"h.{name} = c.{name}" for name in collection.key)
    connection.execute(
        f"""
        MERGE INTO {held} AS h
        USING (SELECT * FROM compared WHERE kind = 'revised') AS c
           ON {same_key} AND h.stage = c.stage AND h.superseded_at IS NULL
        WHEN MATCHED THEN UPDATE SET superseded_at = $moment
        """,
        {"moment": moment},
    )
    columns = ", ".join(column.name for column in collection.columns)
    connection.execute(
        f"""
        INSERT INTO {held} ({columns}, submission_id, stage, received_at, recorded_at)
        SELECT {columns}, submission_id, stage, received_at, $moment
        FROM compared WHERE kind IN ('new', 'revised')
        ORDER BY {", ".join(reversed(collection.key))}
        """,
        {"moment": moment},
    )


def retract_rows(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> set[date]:
    """Held values of reprocessed submissions that they no longer give are superseded.

    Returns their report dates.
    """
    held = f"warehouse.history.{collection.collection}"
    same_key = " AND ".join(f"r.{name} = h.{name}" for name in collection.key)
    keys = ", ".join(f"h.{name}" for name in collection.key)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE retracted AS
        SELECT {keys}, h.submission_id
        FROM {held} AS h JOIN entry AS e USING (submission_id)
        WHERE e.is_reprocessed AND h.superseded_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM staged_rows AS r
            WHERE r.submission_number = e.submission_number AND {same_key})
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
    days = _days(connection, "retracted")
    connection.execute("DROP TABLE retracted")
    return days


def merge_totals(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> set[date]:
    """The national figures in `staged_totals` are in `history.published_total` as revisions.

    Returns the report dates whose figures changed.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE compared AS
        SELECT t.report_date, t.measure, t.value, t.submission_id, t.stage, t.received_at,
               h.submission_id IS NOT NULL AS is_held
        FROM (SELECT *, row_number() OVER (PARTITION BY report_date, measure, stage
                                           ORDER BY position DESC) AS newest
              FROM staged_totals JOIN entry USING (submission_number)) AS t
        LEFT JOIN warehouse.history.published_total AS h
               ON h.collection = $collection AND h.report_date = t.report_date
              AND h.measure = t.measure AND h.stage = t.stage AND h.superseded_at IS NULL
        WHERE t.newest = 1 AND h.value IS DISTINCT FROM t.value
          AND (h.received_at IS NULL OR h.received_at <= t.received_at)
        """,
        {"collection": collection.collection},
    )
    connection.execute(
        """
        MERGE INTO warehouse.history.published_total AS h
        USING (SELECT * FROM compared WHERE is_held) AS c
           ON h.collection = $collection AND h.report_date = c.report_date
          AND h.measure = c.measure AND h.stage = c.stage AND h.superseded_at IS NULL
        WHEN MATCHED THEN UPDATE SET superseded_at = $moment
        """,
        {"collection": collection.collection, "moment": moment},
    )
    connection.execute(
        """
        INSERT INTO warehouse.history.published_total
        SELECT $collection, report_date, measure, value, submission_id, stage, received_at,
               $moment, NULL
        FROM compared
        """,
        {"collection": collection.collection, "moment": moment},
    )
    days = _days(connection, "compared")
    connection.execute("DROP TABLE compared")
    return days


def _days(connection: "duckdb.DuckDBPyConnection", source: str) -> set[date]:
    rows = connection.execute(f"SELECT DISTINCT report_date FROM {source}").fetchall()
    return {day for (day,) in rows}
