"""Counts what came of each feed by day, so that a feed's health costs no look at its history."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipelines.landing.landing import Manifest
from warehouse.store import literals
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb

_DAY = timedelta(days=1)


def count_feed_days(connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest]) -> None:
    """The counts of the days on which these deliveries were received are those of the ledger."""
    days = sorted({as_stored(one.received_at).date() for one in manifests})
    for first, last in _runs(days):
        feeds = literals.texts(
            {one.feed_id for one in manifests if first <= as_stored(one.received_at).date() <= last}
        )
        chosen = f"feed_id IN {feeds}"
        received = f"received_at >= DATE '{first}' AND received_at < DATE '{last + _DAY}'"
        connection.execute(
            f"DELETE FROM warehouse.ops.feed_day WHERE {chosen} "
            f"AND day BETWEEN DATE '{first}' AND DATE '{last}'"
        )
        connection.execute(
            f"""
            INSERT INTO warehouse.ops.feed_day
            SELECT s.*, d.data_as_of
            FROM (
                SELECT feed_id, received_at::DATE AS day, count(*), count_if(status = 'rejected'),
                       count_if(status = 'duplicate'), sum(rows_accepted), sum(rows_quarantined),
                       max(received_at), arg_max(status, delivery_id)
                FROM warehouse.ops.submission WHERE {chosen} AND {received}
                GROUP BY feed_id, day
            ) AS s
            LEFT JOIN (
                SELECT feed_id, received_at::DATE AS day, max(slot_start) AS data_as_of
                FROM warehouse.ops.submission_slot WHERE {chosen} AND {received}
                GROUP BY feed_id, day
            ) AS d USING (feed_id, day)
            """
        )


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """The days as runs without gaps."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
