"""How late submissions came, for whoever opened a tally that wants to know."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.tally import current_tally
from pipelines.registry.contract import Collection
from pipelines.registry.slots import day_start, slot_at
from warehouse.ledger.entries import Entry
from warehouse.store import literals
from warehouse.store.sql import render
from warehouse.store.stored_time import from_stored

if TYPE_CHECKING:
    import duckdb


def tally_lateness(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    entries: Sequence[Entry],
    moment: datetime,
) -> None:
    """The tally has how long after their newest slot was due the submissions of this load came.

    Only those count that are the first of their feed with values of that slot, and of feeds that
    slots are expected of: who sends a slot again, or the years before, is not late.
    """
    tally = current_tally()
    if tally is None or not tally.wants_lateness:
        return
    try:
        tally.lateness += _lateness(connection, collection, entries, moment)
    except Exception:
        # The load is committed; no file is to blame, and nothing is to be loaded again.
        logging.getLogger(__name__).warning("How late files came is not known", exc_info=True)


def _lateness(
    connection: "duckdb.DuckDBPyConnection",
    collection: Collection,
    entries: Sequence[Entry],
    moment: datetime,
) -> list[tuple[str, timedelta]]:
    expected = {
        one.submission_id: day_start(one.submission.feed.slots_from)
        for one in entries
        if one.attempt == 1 and one.submission.feed is not None
        if one.submission.feed.expects_slots and one.submission.feed.slots_from is not None
    }
    found = []
    rows = _first_given(connection, moment) if expected else []
    for submission_id, received_at, slot_start in rows:
        slot = slot_at(collection.cadence, from_stored(slot_start))
        if (begins := expected.get(submission_id)) is not None and slot.start >= begins:
            late = max(from_stored(received_at) - slot.due_at, timedelta())
            found.append((collection.collection, late))
    return found


def _first_given(
    connection: "duckdb.DuckDBPyConnection", moment: datetime
) -> list[tuple[str, datetime, datetime]]:
    """Submission, when it came, and its newest slot that it is the first to give values of."""
    bounds = connection.execute(
        "SELECT min(slot_start), max(slot_start) FROM warehouse.ops.submission_slot "
        f"WHERE settled_at = {literals.timestamp(moment)}"
    ).fetchone()
    if bounds is None or bounds[0] is None:
        return []
    words = {"first": bounds[0], "last": bounds[1], "moment": moment}
    return connection.execute(render(Path(__file__).parent, "lateness", **words)).fetchall()
