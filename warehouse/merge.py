"""Merges rows into a collection's history as revisions.

Each measure of a key has the value of the submission received last among those whose files carry
it, whatever the order in which they are loaded: a late or reprocessed file fills in what no later
one says, and never replaces newer values with older ones. Where the outcome differs from what is
held, it is a new revision. Several values for a key in one batch are merged one after the other.
"""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.contract import Collection
from warehouse.ledger import RowCounts
from warehouse.migrate import measure_bits

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
        SELECT r.* REPLACE ({_stored_bits(connection, collection)} AS carried),
               e.submission_id, e.stage, e.received_at,
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
    for table in ("incoming", "compared", "others"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return {number: RowCounts(**own) for number, own in counts.items()}, touched


def _compare(connection: "duckdb.DuckDBPyConnection", collection: Collection, wave: int) -> None:
    """`compared` holds the wave's rows with what becomes of each: `kind`."""
    held = f"warehouse.history.{collection.collection}"
    same_key = " AND ".join(f"h.{name} = i.{name}" for name in collection.key)
    same_others = " AND ".join(f"o.{name} = i.{name}" for name in collection.key)
    keys = ", ".join(f"i.{name}" for name in collection.key)
    bits = measure_bits(connection, collection)
    merged = ",\n".join(
        f"CASE WHEN o.later & {1 << bit} != 0 THEN h.{name} "
        f"WHEN i.carried & {1 << bit} != 0 THEN i.{name} "
        f"WHEN o.own & {1 << bit} != 0 THEN o.before.{name} ELSE h.{name} END AS {name}"
        for name, bit in bits.items()
    )
    own, kept = ", ".join(bits), ", ".join(f"held.{name}" for name in bits)
    _find_others(connection, collection, wave)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE compared AS
        SELECT * EXCLUDE (held, later),
               CASE WHEN held IS NULL THEN 'new'
                    WHEN row({own}) IS DISTINCT FROM row({kept}) THEN 'revised'
                    WHEN carried & later != 0 THEN 'outdated'
                    ELSE 'unchanged' END AS kind
        FROM (
            SELECT {keys}, {merged}, i.carried, i.submission_number, i.submission_id, i.stage,
                   i.received_at, coalesce(o.later, 0) AS later,
                   CASE WHEN h.submission_id IS NOT NULL THEN h END AS held
            FROM incoming AS i
            LEFT JOIN {held} AS h
                   ON {same_key} AND h.stage = i.stage AND h.superseded_at IS NULL
            LEFT JOIN others AS o ON {same_others} AND o.stage = i.stage
            WHERE i.wave = {wave}
        )
        """
    )


def _find_others(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, wave: int
) -> None:
    """`others` holds, for each key, what its earlier revisions say of the measures.

    `later`: carried, or said again, by a submission that was received after this one. `own`:
    carried before by this submission, under another mapping. `before`: the last revision that
    another submission gave and that was received before it.
    """
    same_key = " AND ".join(f"h.{name} = i.{name}" for name in collection.key)
    keys = ", ".join(f"i.{name}" for name in collection.key)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE others AS
        SELECT {keys}, i.stage,
               coalesce(bit_or(h.carried) FILTER (
                   h.submission_id != i.submission_id AND h.received_at > i.received_at), 0)
               | coalesce(bit_or(h.confirmed) FILTER (
                   h.superseded_at IS NULL AND h.confirmed_at > i.received_at), 0)
                   AS later,
               coalesce(bit_or(h.carried) FILTER (h.submission_id = i.submission_id), 0) AS own,
               arg_max(h, h.recorded_at) FILTER (
                   h.submission_id != i.submission_id AND h.received_at <= i.received_at)
                   AS before
        FROM incoming AS i
        JOIN warehouse.history.{collection.collection} AS h ON {same_key} AND h.stage = i.stage
        WHERE i.wave = {wave}
        GROUP BY {keys}, i.stage
        """
    )


def _stored_bits(connection: "duckdb.DuckDBPyConnection", collection: Collection) -> str:
    """SQL that turns a batch's `carried`, in the contract's order, into the stored bits."""
    bits = measure_bits(connection, collection)
    parts = [f"((r.carried >> {place}) & 1) << {bit}" for place, bit in enumerate(bits.values())]
    return " | ".join(f"({part})::BIGINT" for part in parts) or "0::BIGINT"


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
    # A value that a later file says again is that file's too: an older one cannot overrule it.
    connection.execute(
        f"""
        MERGE INTO {held} AS h
        USING (SELECT * FROM compared WHERE kind = 'unchanged') AS c
           ON {same_key} AND h.stage = c.stage AND h.superseded_at IS NULL
        WHEN MATCHED AND h.submission_id != c.submission_id AND c.received_at > h.received_at
            THEN UPDATE SET confirmed = coalesce(h.confirmed, 0) | c.carried,
                            confirmed_at = greatest(coalesce(h.confirmed_at, c.received_at),
                                                    c.received_at)
        """
    )
    columns = ", ".join(column.name for column in collection.columns)
    connection.execute(
        f"""
        INSERT INTO {held} ({columns}, carried, submission_id, stage, received_at, recorded_at)
        SELECT {columns}, carried, submission_id, stage, received_at, $moment
        FROM compared WHERE kind IN ('new', 'revised')
        ORDER BY {", ".join(reversed(collection.key))}
        """,
        {"moment": moment},
    )


def retract_rows(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> set[date]:
    """Held values of reprocessed submissions that they no longer give are superseded.

    So are those that they gave while their feed was at another stage. Returns the report dates.
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
    days = _days(connection, "retracted")
    connection.execute("DROP TABLE retracted")
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
    return days | {
        day
        for (day,) in connection.execute(
            "SELECT DISTINCT report_date FROM warehouse.history.published_total "
            "WHERE collection = $collection AND superseded_at = $moment",
            {"collection": collection.collection, "moment": moment},
        ).fetchall()
    }


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
