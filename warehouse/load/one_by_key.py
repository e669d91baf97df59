"""Merges at most one row for each key, in whatever order its file was made."""

from datetime import datetime

from warehouse.load.history import History
from warehouse.store import literals


def merge_one_by_key(history: History, source: str, moment: datetime, *, in_order: bool) -> None:
    """The rows of `source` are in the history, of which `held` has all revisions of their keys.

    `in_order`: no file that was made later gave any of them, nor did their own submissions.
    `compared` has the rows with what became of each: `kind`.
    """
    if in_order:
        _compare_with_held(history, source)
    else:
        _find_others(history, source)
        _compare_with_all(history, source)
    _change_held(history, moment)
    history.insert_changed(moment)


def _compare_with_held(history: History, source: str) -> None:
    """`compared` holds the rows with what becomes of each: what is held fills in what they lack."""
    keys = ", ".join(f"i.{name}" for name in history.names)
    values = {
        name: f"CASE WHEN i.carried & {1 << bit} != 0 THEN i.{name} ELSE h.{name} END"
        for name, bit in history.bits.items()
    }
    is_other = " OR ".join(f"{value} IS DISTINCT FROM h.{name}" for name, value in values.items())
    merged = ", ".join(f"{value} AS {name}" for name, value in values.items())
    history.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE compared AS
        SELECT {keys}, {merged}, i.carried, i.submission_number, i.submission_id, i.feed_id,
               i.said_at,
               CASE WHEN h.submission_id IS NULL THEN 'new'
                    WHEN {is_other} THEN 'revised' ELSE 'unchanged' END AS kind
        FROM {source} AS i
        LEFT JOIN held AS h ON {history.same("h", "i")} AND h.superseded_at IS NULL
        """
    )


def _find_others(history: History, source: str) -> None:
    """`others` holds, for each key, what its earlier revisions say of the measures.

    `later`: carried, or said again, by a file that was made after this one. `own`: carried
    before by this submission, under another mapping. `before`: the last revision that
    another submission gave and that was made before it.
    """
    keys = ", ".join(f"i.{name}" for name in history.names)
    history.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE others AS
        SELECT {keys},
               coalesce(bit_or(h.carried) FILTER (
                   h.submission_id != i.submission_id AND h.said_at > i.said_at), 0)
               | coalesce(bit_or(h.confirmed) FILTER (
                   h.superseded_at IS NULL AND h.confirmed_at > i.said_at), 0)
                   AS later,
               coalesce(bit_or(h.carried) FILTER (h.submission_id = i.submission_id), 0) AS own,
               arg_max(h, h.recorded_at) FILTER (
                   h.submission_id != i.submission_id AND h.said_at <= i.said_at)
                   AS before
        FROM {source} AS i JOIN held AS h ON {history.same("h", "i")}
        GROUP BY {keys}
        """
    )


def _compare_with_all(history: History, source: str) -> None:
    """`compared` holds the rows with what becomes of each, by all revisions of their keys."""
    merged = ",\n".join(
        f"CASE WHEN o.later & {1 << bit} != 0 THEN h.{name} "
        f"WHEN i.carried & {1 << bit} != 0 THEN i.{name} "
        f"WHEN o.own & {1 << bit} != 0 THEN o.before.{name} ELSE h.{name} END AS {name}"
        for name, bit in history.bits.items()
    )
    keys = ", ".join(f"i.{name}" for name in history.names)
    kept = ", ".join(f"held.{name}" for name in history.bits)
    history.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE compared AS
        SELECT * EXCLUDE (held, later),
               CASE WHEN held IS NULL THEN 'new'
                    WHEN row({history.measures}) IS DISTINCT FROM row({kept}) THEN 'revised'
                    WHEN carried & later != 0 THEN 'outdated'
                    ELSE 'unchanged' END AS kind
        FROM (
            SELECT {keys}, {merged}, i.carried, i.submission_number, i.submission_id,
                   i.feed_id, i.said_at, coalesce(o.later, 0) AS later,
                   CASE WHEN h.submission_id IS NOT NULL THEN h END AS held
            FROM {source} AS i
            LEFT JOIN held AS h ON {history.same("h", "i")} AND h.superseded_at IS NULL
            LEFT JOIN others AS o ON {history.same("o", "i")}
        )
        """
    )


def _change_held(history: History, moment: datetime) -> None:
    """What is revised is superseded; a value that a later file says again is that file's too.

    An older file cannot overrule it then.
    """
    if not history.is_any("FROM compared WHERE kind IN ('revised', 'unchanged')"):
        return
    history.execute(
        f"""
        MERGE INTO {history.table} AS h
        USING (SELECT * FROM compared WHERE kind IN ('revised', 'unchanged')) AS c
           ON {history.same("h", "c")} AND h.superseded_at IS NULL AND {history.in_range}
        WHEN MATCHED AND (c.kind = 'revised'
                          OR (h.submission_id != c.submission_id AND c.said_at > h.said_at))
            -- DuckLake takes one UPDATE in a MERGE
            THEN UPDATE SET
                superseded_at = CASE WHEN c.kind = 'revised' THEN {literals.timestamp(moment)} END,
                confirmed = CASE WHEN c.kind = 'revised' THEN h.confirmed
                                 ELSE coalesce(h.confirmed, 0) | c.carried END,
                confirmed_at = CASE WHEN c.kind = 'revised' THEN h.confirmed_at
                                    ELSE greatest(h.confirmed_at, c.said_at) END
        """
    )
