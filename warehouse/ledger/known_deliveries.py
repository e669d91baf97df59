"""What the ledger knows already of deliveries and of the bytes that they bring.

The ledger grows for years, so no question looks through all of it: rows stand about in the order
in which their submissions were received and settled, and every question says when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipelines.landing.landing import Manifest
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb


_AT_THE_SAME_TIME = timedelta(hours=1)
"""Deliveries so close may have been landed by two processes at once."""


@dataclass(frozen=True, slots=True)
class KnownDeliveries:
    """What the ledger holds of some deliveries, and of the bytes that they bring."""

    deliveries: set[str]
    originals: dict[tuple[str, str], str]
    """Feed and hash → the submission that had these bytes first, and whose verdict stands."""
    judged_anew: dict[tuple[str, str], str]
    """Feed and hash of bytes that came before and may be judged otherwise now → who had them."""


def look_up(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest]
) -> KnownDeliveries:
    """What the ledger holds of the deliveries and of their bytes.

    Most bytes are new to landing. The ledger can hold those only since they landed: from another
    delivery of the same moment, or from this one in a run that died. For bytes that came before,
    landing says when; where it is wrong (a run that died, a home that was restored) the whole
    ledger is asked.
    """
    if not manifests:
        return KnownDeliveries(set(), {}, {})
    first = min(one.received_at for one in manifests)
    known = _find(
        connection, manifests, f"received_at >= {literals.instant(first - _AT_THE_SAME_TIME)}"
    )
    times = [one.first_seen_at for one in manifests if one.first_seen_at is not None]
    if times:
        first, last = min(times) - _AT_THE_SAME_TIME, max(times) + _AT_THE_SAME_TIME
        when = f"received_at BETWEEN {literals.instant(first)} AND {literals.instant(last)}"
        _add(known, connection, manifests, when)
        _add(known, connection, manifests, "true")
    return known


def _add(
    known: KnownDeliveries,
    connection: "duckdb.DuckDBPyConnection",
    manifests: Sequence[Manifest],
    when: str,
) -> None:
    """What else the ledger holds of bytes that came before and were not found.

    Those that came before in another of the deliveries need not be looked for.
    """
    found_or_sure = known.originals.keys() | {
        (one.feed_id, one.sha256) for one in manifests if one.first_seen_at is None
    }
    unsure = [
        one
        for one in manifests
        if one.first_seen_at is not None and (one.feed_id, one.sha256) not in found_or_sure
    ]
    if unsure:
        found = _find(connection, unsure, when)
        known.deliveries.update(found.deliveries)
        known.originals.update(found.originals)
        known.judged_anew.update(found.judged_anew)


def _find(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest], when: str
) -> KnownDeliveries:
    rows = connection.execute(
        "SELECT delivery_id, feed_id, sha256, submission_id, duplicate_of, "
        "coalesce(is_final, true) "
        f"FROM warehouse.ops.submission WHERE {when} "
        f"AND sha256 IN {literals.many_ids({one.sha256 for one in manifests})}"
    ).fetchall()
    settled = {delivery_id for delivery_id, *_ in rows}
    originals = {
        (feed_id, sha256): duplicate_of or submission_id
        for _, feed_id, sha256, submission_id, duplicate_of, is_final in rows
        if is_final
    }
    judged_anew = {
        (feed_id, sha256): submission_id
        for _, feed_id, sha256, submission_id, _, is_final in rows
        if not is_final
    }
    own = settled & {one.delivery_id for one in manifests}
    return KnownDeliveries(own, originals, judged_anew)


def submission_ids(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest]
) -> dict[str, str]:
    """Of the deliveries that the ledger holds, the id of the submission that each became."""
    if not manifests:
        return {}
    times = sorted(one.received_at for one in manifests)
    return dict(
        connection.execute(
            "SELECT delivery_id, submission_id FROM warehouse.ops.submission "
            f"WHERE received_at BETWEEN {literals.instant(times[0])} "
            f"AND {literals.instant(times[-1])} "
            f"AND delivery_id IN {literals.many_ids(one.delivery_id for one in manifests)}"
        ).fetchall()
    )
