"""Makes a history what its contract says now, with all that names its columns elsewhere."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.registry.contract import Collection
from warehouse.store import literals
from warehouse.store.contract_changes import ChangeKind, ContractChange
from warehouse.store.sql import render
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb

_log = logging.getLogger(__name__)


def make_changes(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    changes: Sequence[ContractChange],
) -> None:
    """The history has these changes; each has a line in `ops.contract_change` and in the log.

    None of them is refused, and a transaction is open.
    """
    moment = as_stored(now())
    for change in changes:
        words = {
            "collection": collection.collection,
            "column": change.column,
            "before": change.before,
            "after": change.after,
            "moment": moment,
        }
        connection.execute(render(Path(__file__).parent / "changes", change.kind, **words))
        held, _ = count_held(connection, collection, change.column)
        rows = (collection.collection, change.kind, change.column, change.before, change.after)
        connection.execute(
            "INSERT INTO warehouse.ops.contract_change VALUES "
            f"({literals.timestamp(moment)}, {', '.join(map(literals.text, rows))}, {held:d})"
        )
        _log.warning("%s: %s", collection.collection, tell_change(change, held))


def count_held(
    connection: "duckdb.DuckDBPyConnection", collection: Collection, column: str
) -> tuple[int, int]:
    """How many values the history has of the column: all, and those not superseded."""
    sql = (
        f"SELECT count({column}), count({column}) FILTER (superseded_at IS NULL) "
        f"FROM warehouse.history.{collection.collection}"
    )
    (counted,) = connection.execute(sql).fetchall()
    return counted


def tell_change(change: ContractChange, held: int) -> str:
    """The change in one line: 'rename arrivals → arrived (1,240 values held): it is …'."""
    step = f"{change.before or 'nothing'} → {change.after or 'nothing'}"
    column = "" if change.kind is ChangeKind.RENAME else f"{change.column}: "
    return f"{change.kind} {column}{step} ({held:,} values held): {change.done}"
