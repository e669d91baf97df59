"""What retention took out of the warehouse, and which questions that makes impossible."""

from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.base.errors import UsageError
from warehouse.store import literals
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb

REVISIONS = "superseded_revisions"
"""The class of values that later files replaced."""


def note_deleted(
    connection: "duckdb.DuckDBPyConnection",
    ran_at: datetime,
    name: str,
    cutoff: datetime,
    items: int,
) -> None:
    """The log has what was deleted of the class; times as stored."""
    connection.execute(
        "INSERT INTO warehouse.ops.retention (ran_at, class, cutoff, items) VALUES "
        f"({literals.timestamp(ran_at)}, {literals.text(name)}, "
        f"{literals.timestamp(cutoff)}, {items:d})"
    )


def refuse_deleted(connection: "duckdb.DuckDBPyConnection", moment: datetime) -> None:
    """Raises `UsageError` where values that were held at that moment have been deleted."""
    (cutoff,) = connection.execute(
        "SELECT max(cutoff) FROM warehouse.ops.retention "
        f"WHERE class = {literals.text(REVISIONS)} AND items > 0"
    ).fetchall()[0]
    if cutoff is not None and as_stored(moment) < cutoff:
        raise UsageError(
            f"Values that were superseded before {cutoff:%Y-%m-%d %H:%M} UTC have been deleted by "
            "retention, so the tables can be shown as of that time and later only. A backup made "
            "before it still has them."
        )
