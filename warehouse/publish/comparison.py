"""Refuses a snapshot that holds less than the publication before it, unless someone insists."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.errors import SitrepError
from warehouse.publish.publications import read_description
from warehouse.publish.refused_publication import note_refused
from warehouse.publish.shrinkage import Loss, find_emptied
from warehouse.publish.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb


class ShrunkPublication(SitrepError):
    """A snapshot would hold less than the publication before it; it was not made current."""

    def __init__(self, losses: Sequence[Loss]) -> None:
        self.losses = tuple(losses)
        told = "\n".join(f"  {loss.text}" for loss in losses)
        super().__init__(
            "The new publication would hold less than the current one, and no window explains it. "
            f"The current one stays:\n{told}\n"
            "Restore what the warehouse lost, then publish again. If these rows are meant to be "
            "gone: sitrep publish --allow-shrink"
        )


def refuse_if_shrunk(
    connection: "duckdb.DuckDBPyConnection",
    home: Path,
    snapshot: Snapshot,
    made_at: datetime,
    allow_shrink: bool,
) -> tuple[str, ...]:
    """Raises `ShrunkPublication` where the snapshot lost rows and that is not allowed.

    The watch is told of it then. Returns what there is to remark of a snapshot that may go on.
    """
    losses = snapshot.losses
    if losses is None:
        description = read_description(home)
        if description is None:
            return _tell_uncompared(connection)
        losses = find_emptied(description["rows"], snapshot.rows)
    if losses and not allow_shrink:
        note_refused(home, made_at, losses)
        raise ShrunkPublication(losses)
    for loss in losses:
        logging.getLogger(__name__).warning("Published although it shrank: %s", loss.text)
    return tuple(f"Shrank, as allowed: {loss.text}" for loss in losses)


def _tell_uncompared(connection: "duckdb.DuckDBPyConnection") -> tuple[str, ...]:
    """A remark where the ledger knows of publications and the folder has none of them."""
    known = connection.execute("SELECT count(*) FROM warehouse.ops.publication").fetchall()[0][0]
    if not known:
        return ()
    remark = (
        f"Not compared with anything: the ledger knows {known:,} earlier publications, and the "
        "folder has none. Look at the numbers of rows."
    )
    logging.getLogger(__name__).warning(remark)
    return (remark,)
