"""Answers that a source is owed for long are a finding, one for each endpoint."""

from datetime import UTC, datetime, timedelta

from pipelines.registry.registry import load_registry
from pipelines.watch.monitors.not_given_back import find_not_given_back
from warehouse.ledger.answers_owed import OwedTo

MOMENT = datetime(2026, 11, 17, 12, tzinfo=UTC)
FEED = "acute_realtime.r0a"
ENDPOINT = "incoming/acute_realtime"


def owed(minutes: int, feed: str = FEED, endpoint: str | None = None, count: int = 1) -> OwedTo:
    since = MOMENT - timedelta(minutes=minutes)
    return OwedTo(feed, endpoint, count, since, 3, "The folder is full.")


def test_two_runs_are_no_news() -> None:
    assert find_not_given_back([owed(45)], load_registry(), MOMENT) == []


def test_an_endpoint_is_told_once_with_all_that_it_is_owed() -> None:
    several = [owed(50, count=2), owed(90, "unmatched", ENDPOINT), owed(5, "acute_realtime.rem")]
    (finding,) = find_not_given_back(several, load_registry(), MOMENT)
    assert (finding.subject, finding.collection) == (ENDPOINT, "acute_realtime")
    assert finding.since == MOMENT - timedelta(minutes=90)
    assert f"{ENDPOINT}: answers are owed since Tue 17 Nov 2026 10:30 GMT: 4." in finding.message
    assert finding.message.endswith("Tried 3 times, the last time in vain: The folder is full.")


def test_a_feed_without_a_usable_file_is_told_by_its_name() -> None:
    (finding,) = find_not_given_back([owed(50, "acute_realtime.gone")], load_registry(), MOMENT)
    assert (finding.subject, finding.collection) == ("acute_realtime.gone", "unmatched")
