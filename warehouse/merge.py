"""Merges rows into a collection's history as revisions.

Each measure of a key has the value of the file made last among those that carry it, whatever the
order in which they are loaded: a late or reprocessed file fills in what no later one says, and
never replaces newer values with older ones. Where the outcome differs from what is held, it is a
new revision. Several values for a key in one batch are merged one after the other.

What the history holds of the batch's keys is looked up once for each wave, between the first and
the last slot of the batch, so that the cost follows the batch and not the length of history. Keys
of which nothing is held, as of every new slot, take a short way.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.contract import Collection
from warehouse import literals
from warehouse.ledger import RowCounts
from warehouse.migrate import measure_bits

if TYPE_CHECKING:
    import duckdb


def merge_rows(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, moment: datetime
) -> dict[int, RowCounts]:
    """The rows in `staged_rows` of the submissions in `entry` are in the history.

    Returns the counts by submission number; `incoming` holds the rows with their submissions, and
    `touched` gets the slots whose values changed.
    """
    bits = measure_bits(connection, collection)
    keys = ", ".join(collection.key)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT r.* REPLACE ({_stored_bits(bits)} AS carried),
               e.submission_id, e.stage, e.said_at,
               row_number() OVER (PARTITION BY {keys}, e.stage ORDER BY e.position) AS wave
        FROM staged_rows AS r JOIN entry AS e USING (submission_number)
        """
    )
    time = collection.time_column
    waves, first, last = connection.execute(
        f"SELECT coalesce(max(wave), 0), min({time})::VARCHAR, max({time})::VARCHAR FROM incoming"
    ).fetchall()[0]
    counts: dict[int, dict[str, int]] = {}
    for wave in range(1, waves + 1):
        merge = _Wave(connection, collection, bits, f"'{first}' AND '{last}'", wave)
        merge.run(moment + timedelta(microseconds=wave - 1))
        for number, kind, rows in connection.execute(
            "SELECT submission_number, kind, count(*) FROM compared GROUP BY ALL"
        ).fetchall():
            own = counts.setdefault(number, {})
            own[kind] = own.get(kind, 0) + rows
        connection.execute(
            f"INSERT INTO touched SELECT DISTINCT {time} FROM compared "
            "WHERE kind IN ('new', 'revised')"
        )
    return {number: RowCounts(**own) for number, own in counts.items()}


def _stored_bits(bits: dict[str, int]) -> str:
    """SQL that turns a batch's `carried`, in the contract's order, into the stored bits."""
    if list(bits.values()) == list(range(len(bits))):
        return "r.carried"
    parts = [f"((r.carried >> {place}) & 1) << {bit}" for place, bit in enumerate(bits.values())]
    return " | ".join(f"({part})::BIGINT" for part in parts) or "0::BIGINT"


class _Wave:
    """At most one row for each key and stage, merged into the history."""

    def __init__(
        self,
        connection: "duckdb.DuckDBPyConnection",
        collection: Collection,
        bits: dict[str, int],
        between: str,
        wave: int,
    ) -> None:
        self._execute = connection.execute
        self._held = f"warehouse.history.{collection.collection}"
        self._key = collection.key
        self._bits = bits
        self._columns = ", ".join(column.name for column in collection.columns)
        self._in_range = f"h.{collection.time_column} BETWEEN {between}"
        self._order = ", ".join(
            (collection.time_column, *(k for k in collection.key if k != collection.time_column))
        )
        self._wave = wave

    def run(self, moment: datetime) -> None:
        """The wave is in the history; `compared` has its rows with what became of each."""
        self._execute(
            f"""
            CREATE OR REPLACE TEMP TABLE held AS
            SELECT h.* FROM {self._held} AS h
            SEMI JOIN (SELECT * FROM incoming WHERE wave = {self._wave}) AS i
                   ON {self._same("h", "i")}
            WHERE {self._in_range}
            """
        )
        if self._execute("SELECT count(*) FROM held").fetchall()[0][0]:
            self._compare()
            self._supersede(moment)
            self._confirm()
        else:
            self._execute(
                "CREATE OR REPLACE TEMP TABLE compared AS "
                f"SELECT *, 'new' AS kind FROM incoming WHERE wave = {self._wave}"
            )
        self._insert(moment)

    def _same(self, one: str, other: str) -> str:
        """SQL that is true for rows of the same key and stage."""
        return " AND ".join(f"{one}.{name} = {other}.{name}" for name in (*self._key, "stage"))

    def _compare(self) -> None:
        """`compared` holds the wave's rows with what becomes of each: `kind`."""
        self._find_others()
        merged = ",\n".join(
            f"CASE WHEN o.later & {1 << bit} != 0 THEN h.{name} "
            f"WHEN i.carried & {1 << bit} != 0 THEN i.{name} "
            f"WHEN o.own & {1 << bit} != 0 THEN o.before.{name} ELSE h.{name} END AS {name}"
            for name, bit in self._bits.items()
        )
        keys = ", ".join(f"i.{name}" for name in self._key)
        own, kept = ", ".join(self._bits), ", ".join(f"held.{name}" for name in self._bits)
        self._execute(
            f"""
            CREATE OR REPLACE TEMP TABLE compared AS
            SELECT * EXCLUDE (held, later),
                   CASE WHEN held IS NULL THEN 'new'
                        WHEN row({own}) IS DISTINCT FROM row({kept}) THEN 'revised'
                        WHEN carried & later != 0 THEN 'outdated'
                        ELSE 'unchanged' END AS kind
            FROM (
                SELECT {keys}, {merged}, i.carried, i.submission_number, i.submission_id, i.stage,
                       i.said_at, coalesce(o.later, 0) AS later,
                       CASE WHEN h.submission_id IS NOT NULL THEN h END AS held
                FROM incoming AS i
                LEFT JOIN held AS h ON {self._same("h", "i")} AND h.superseded_at IS NULL
                LEFT JOIN others AS o ON {self._same("o", "i")}
                WHERE i.wave = {self._wave}
            )
            """
        )

    def _find_others(self) -> None:
        """`others` holds, for each key, what its earlier revisions say of the measures.

        `later`: carried, or said again, by a file that was made after this one. `own`: carried
        before by this submission, under another mapping. `before`: the last revision that
        another submission gave and that was made before it.
        """
        keys = ", ".join(f"i.{name}" for name in self._key)
        self._execute(
            f"""
            CREATE OR REPLACE TEMP TABLE others AS
            SELECT {keys}, i.stage,
                   coalesce(bit_or(h.carried) FILTER (
                       h.submission_id != i.submission_id AND h.said_at > i.said_at), 0)
                   | coalesce(bit_or(h.confirmed) FILTER (
                       h.superseded_at IS NULL AND h.confirmed_at > i.said_at), 0)
                       AS later,
                   coalesce(bit_or(h.carried) FILTER (h.submission_id = i.submission_id), 0) AS own,
                   arg_max(h, h.recorded_at) FILTER (
                       h.submission_id != i.submission_id AND h.said_at <= i.said_at)
                       AS before
            FROM incoming AS i JOIN held AS h ON {self._same("h", "i")}
            WHERE i.wave = {self._wave}
            GROUP BY {keys}, i.stage
            """
        )

    def _supersede(self, moment: datetime) -> None:
        if not self._count("kind = 'revised'"):
            return
        self._execute(
            f"""
            MERGE INTO {self._held} AS h
            USING (SELECT * FROM compared WHERE kind = 'revised') AS c
               ON {self._same("h", "c")} AND h.superseded_at IS NULL AND {self._in_range}
            WHEN MATCHED THEN UPDATE SET superseded_at = {literals.timestamp(moment)}
            """
        )

    def _confirm(self) -> None:
        """A value that a later file says again is that file's too: an older one cannot overrule."""
        if not self._count("kind = 'unchanged'"):
            return
        self._execute(
            f"""
            MERGE INTO {self._held} AS h
            USING (SELECT * FROM compared WHERE kind = 'unchanged') AS c
               ON {self._same("h", "c")} AND h.superseded_at IS NULL AND {self._in_range}
            WHEN MATCHED AND h.submission_id != c.submission_id AND c.said_at > h.said_at
                THEN UPDATE SET confirmed = coalesce(h.confirmed, 0) | c.carried,
                                confirmed_at = greatest(coalesce(h.confirmed_at, c.said_at),
                                                        c.said_at)
            """
        )

    def _insert(self, moment: datetime) -> None:
        self._execute(
            f"""
            INSERT INTO {self._held}
                ({self._columns}, carried, submission_id, stage, said_at, recorded_at)
            SELECT {self._columns}, carried, submission_id, stage, said_at,
                   {literals.timestamp(moment)}
            FROM compared WHERE kind IN ('new', 'revised')
            ORDER BY {self._order}
            """
        )

    def _count(self, condition: str) -> int:
        counted = self._execute(f"SELECT count(*) FROM compared WHERE {condition}").fetchall()
        return int(counted[0][0])
