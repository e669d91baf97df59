"""What the ledger holds of feeds that are asked: the slots that they gave, and their answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from warehouse.store import literals
from warehouse.store.stored_time import as_stored, from_stored

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Given:
    """What feeds gave; the first of each pair is the feed's id."""

    slots: frozenset[tuple[str, datetime]]
    """With the starts of the slots that they gave accepted values for."""
    contents: frozenset[tuple[str, str]]
    """With the SHA-256 of the files that they gave."""
    answers: Mapping[tuple[str, str], Sequence[datetime]]
    """With the address that was asked → when files came from it."""


def held_since(
    connection: "duckdb.DuckDBPyConnection", feed_ids: Iterable[str], first: datetime
) -> Given:
    """What the feeds gave for slots from `first` on, and the files received since then."""
    start = literals.timestamp(as_stored(first))
    own = f"feed_id IN {literals.texts(feed_ids)}"
    slots = connection.execute(
        "SELECT DISTINCT feed_id, slot_start FROM warehouse.ops.submission_slot "
        f"WHERE slot_start >= {start} AND {own}"
    ).fetchall()
    files = connection.execute(
        "SELECT feed_id, sha256, source, received_at FROM warehouse.ops.submission "
        f"WHERE received_at >= {start} AND {own}"
    ).fetchall()
    answers: dict[tuple[str, str], list[datetime]] = {}
    for feed_id, _, source, received_at in files:
        answers.setdefault((feed_id, source), []).append(from_stored(received_at))
    return Given(
        frozenset((feed_id, from_stored(slot_start)) for feed_id, slot_start in slots),
        frozenset((feed_id, sha256) for feed_id, sha256, _, _ in files),
        answers,
    )
