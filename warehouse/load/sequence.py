"""Merges many rows of a key at once, which come in the order in which their files were made.

A day that is loaded in bulk may have a hundred versions of the same values; each becomes the
revision that it would have been if it had been loaded by itself.
"""

from datetime import datetime

from warehouse.load.history import History
from warehouse.store import literals


def merge_sequence(history: History, source: str, moment: datetime) -> None:
    """The rows of `source` are in the history, of which `held` has all revisions of their keys.

    None of these was made later. `compared` has the rows with what became of each: `kind`; the
    values that were held stand among them.
    """
    _compare(history, source)
    _find_revisions(history, moment)
    _change_held(history)
    history.execute(
        f"""
        INSERT INTO {history.table} BY NAME
        SELECT {history.columns}, carried, confirmed, confirmed_at, submission_id, feed_id,
               stage, said_at, recorded_at, superseded_at
        FROM revision WHERE kind != 'held' ORDER BY {history.order}, recorded_at
        """
    )


def _compare(history: History, source: str) -> None:
    """`compared` has each key's held values and its rows, each as it would be held.

    A measure that a row does not carry keeps the value of the row before it. `place` numbers the
    rows of a key from 1; what is held has 0.
    """
    key, measures = history.key, history.measures
    ((by_all,),) = history.execute(f"SELECT bit_and(carried) FROM {source}").fetchall()
    all_bits = sum(1 << bit for bit in history.bits.values())
    merged = ", ".join(
        name
        if by_all & 1 << bit
        else f"last_value(CASE WHEN carried & {1 << bit} != 0 THEN {{'is': {name}}} END "
        f"IGNORE NULLS) OVER so_far['is'] AS {name}"
        for name, bit in history.bits.items()
    )
    rest = "carried, submission_number, submission_id, feed_id, said_at"
    history.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE compared AS
        WITH rows AS (
            SELECT {key}, {measures}, {rest},
                   row_number() OVER (PARTITION BY {key} ORDER BY position) AS place
            FROM {source}
            UNION ALL
            SELECT {key}, {measures}, {all_bits}, NULL, submission_id, feed_id, said_at, 0
            FROM held WHERE superseded_at IS NULL
        ), merged AS (
            SELECT {key}, {rest}, place, {merged} FROM rows
            WINDOW so_far AS (PARTITION BY {key} ORDER BY place ROWS UNBOUNDED PRECEDING)
        )
        SELECT *, CASE WHEN place = 0 THEN 'held'
                       WHEN row_number() OVER so_far = 1 THEN 'new'
                       WHEN row({measures}) IS DISTINCT FROM lag(row({measures})) OVER so_far
                       THEN 'revised' ELSE 'unchanged' END AS kind
        FROM merged
        WINDOW so_far AS (PARTITION BY {key} ORDER BY place)
        """
    )


def _find_revisions(history: History, moment: datetime) -> None:
    """`revision` has what is held, what is new, and what is revised, each until the next.

    A value that a later file says again is that file's too (`confirmed`): an older one cannot
    overrule it.
    """
    key = history.key
    keys = ", ".join(f"n.{name}" for name in history.names)
    history.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE revision AS
        WITH numbered AS (
            SELECT *, count(*) FILTER (kind != 'unchanged') OVER (
                PARTITION BY {key} ORDER BY place) AS revision
            FROM compared
        ), timed AS (
            SELECT *, {literals.timestamp(moment)} + to_microseconds(place - 1) AS recorded_at
            FROM numbered WHERE kind != 'unchanged'
        ), confirming AS (
            SELECT {keys}, revision,
                   bit_or(n.carried) AS confirmed, max(n.said_at) AS confirmed_at
            FROM numbered AS n JOIN timed AS t USING ({key}, revision)
            WHERE n.kind = 'unchanged' AND n.submission_id != t.submission_id
              AND n.said_at > t.said_at
            GROUP BY ALL
        )
        SELECT timed.*, confirmed, confirmed_at,
               lead(recorded_at) OVER (PARTITION BY {key} ORDER BY revision) AS superseded_at
        FROM timed LEFT JOIN confirming USING ({key}, revision)
        """
    )


def _change_held(history: History) -> None:
    """The held values know what superseded or confirmed them."""
    changed = (
        "FROM revision WHERE kind = 'held' AND (superseded_at IS NOT NULL OR confirmed IS NOT NULL)"
    )
    if not history.is_any(changed):
        return
    history.execute(
        f"""
        MERGE INTO {history.table} AS h
        USING (SELECT * {changed}) AS r
           ON {history.same("h", "r")} AND h.superseded_at IS NULL AND {history.in_range}
        WHEN MATCHED THEN UPDATE SET
            superseded_at = r.superseded_at,
            confirmed = CASE WHEN r.confirmed IS NULL THEN h.confirmed
                             ELSE coalesce(h.confirmed, 0) | r.confirmed END,
            confirmed_at = greatest(h.confirmed_at, r.confirmed_at)
        """
    )
