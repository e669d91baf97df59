"""Counts what came of each feed by day, so that a feed's health costs no look at its history."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.landing.landing import Manifest
from warehouse.store import literals
from warehouse.store.stored_time import as_stored

if TYPE_CHECKING:
    import duckdb

_SQL = Path(__file__).with_name("feed_days.sql")
"""Its words are variables of DuckDB, which needs no Jinja2 for it: it runs in every command."""


def count_feed_days(connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest]) -> None:
    """The counts of the days on which these deliveries were received are those of the ledger."""
    days = sorted({as_stored(one.received_at).date() for one in manifests})
    for first, last in _runs(days):
        feeds = {
            one.feed_id for one in manifests if first <= as_stored(one.received_at).date() <= last
        }
        variables = (
            f"SET VARIABLE feed_ids = [{', '.join(literals.text(feed) for feed in sorted(feeds))}];"
            f"SET VARIABLE first_day = DATE '{first}'; SET VARIABLE last_day = DATE '{last}';"
        )
        connection.execute(f"{variables}\n{_SQL.read_text(encoding='utf-8')}")


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """The days as runs without gaps."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
