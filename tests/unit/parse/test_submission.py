"""When the sender of a file made it, as its name tells."""

from datetime import UTC, datetime

import pytest

from pipelines.landing.landing import Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.feed import FileTime
from tests.support.small_tables import csv_table, small_feed

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
OPTIONAL = FileTime(pattern=r"beds(?:_([0-9]{8}T[0-9]{6}))?\.", format="%Y%m%dT%H%M%S")


@pytest.mark.parametrize(
    ("name", "said_at"),
    [
        ("beds_20261109T083000.csv", datetime(2026, 11, 9, 8, 30, tzinfo=UTC)),
        ("beds_20261109T130000.csv", NOON),
        ("beds_20261399T083000.csv", NOON),
        ("beds.csv", NOON),
        ("other.csv", NOON),
    ],
    ids=["told", "later than it came", "no time", "left out", "another name"],
)
def test_without_a_usable_time_it_is_when_the_file_came(name: str, said_at: datetime) -> None:
    feed = small_feed(csv_table()).model_copy(update={"file_time": OPTIONAL})
    manifest = Manifest("d", feed.feed_id, "0" * 64, 1, name, name, NOON)
    assert Submission(manifest, feed, 0).said_at == said_at
