"""Counts what came of each feed by day, so that a feed's health costs no look at its history."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.landing.landing import Manifest
from warehouse.store.sql import render
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb


def count_feed_days(connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest]) -> None:
    """The counts of the days on which these deliveries were received are those of the ledger."""
    days = sorted({as_stored(one.received_at).date() for one in manifests})
    for first, last in _runs(days):
        feeds = {
            one.feed_id for one in manifests if first <= as_stored(one.received_at).date() <= last
        }
        connection.execute(
            render(Path(__file__).parent, "feed_days", feeds=feeds, first=first, last=last)
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
