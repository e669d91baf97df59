"""The changes of stage as the ledger holds them: the same as the journal, in `ops.stage_change`."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipelines.registry.feed import collection_named_in
from pipelines.registry.stage_journal import StageChange
from warehouse.store.rows_in import insert_rows
from warehouse.store.stored_time import as_stored, from_stored

if TYPE_CHECKING:
    import duckdb

_COLUMNS = (
    *("number", "changed_at", "feed_id", "collection", "from_stage", "to_stage", "slots_from"),
    *("file_stage", "file_slots_from", "codes", "made_by", "reason", "forced", "scorecard"),
    "rows_moved",
)


def enter_rows(
    connection: "duckdb.DuckDBPyConnection", changes: Iterable[tuple[StageChange, int]]
) -> None:
    """The changes stand in the ledger, each with how many rows it moved."""
    rows = [_row(change, moved) for change, moved in changes]
    insert_rows(connection, "warehouse.ops.stage_change", _COLUMNS, rows)


def held_numbers(connection: "duckdb.DuckDBPyConnection") -> set[int]:
    """The numbers of the changes that the ledger holds."""
    rows = connection.execute("SELECT number FROM warehouse.ops.stage_change").fetchall()
    return {number for (number,) in rows}


def held_changes(connection: "duckdb.DuckDBPyConnection") -> list[StageChange]:
    """The changes that the ledger holds, in their order."""
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM warehouse.ops.stage_change ORDER BY number"
    ).fetchall()
    found = []
    for row in rows:
        told = dict(zip(_COLUMNS, row, strict=True))
        scorecard = told["scorecard"]
        one = StageChange(
            number=told["number"],
            at=from_stored(told["changed_at"]),
            feed_id=told["feed_id"],
            from_stage=told["from_stage"],
            to_stage=told["to_stage"],
            slots_from=told["slots_from"],
            file_stage=told["file_stage"],
            file_slots_from=told["file_slots_from"],
            codes=tuple(told["codes"].split()),
            by=told["made_by"],
            reason=told["reason"],
            forced=told["forced"],
            scorecard=None if scorecard is None else json.loads(scorecard),
        )
        found.append(one)
    return found


def _row(change: StageChange, moved: int) -> tuple[object, ...]:
    days = (change.slots_from, change.file_slots_from)
    slots_from, file_slots_from = (None if one is None else one.isoformat() for one in days)
    scorecard = change.scorecard
    return (
        change.number,
        as_stored(change.at),
        change.feed_id,
        collection_named_in(change.feed_id),
        change.from_stage,
        change.to_stage,
        slots_from,
        change.file_stage,
        file_slots_from,
        " ".join(change.codes),
        change.by,
        change.reason,
        change.forced,
        None if scorecard is None else json.dumps(scorecard, ensure_ascii=False),
        moved,
    )
