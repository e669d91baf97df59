"""When the sender of a file made it, as its name tells."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.landing.landing import Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.feed import FileTime
from pipelines.registry.registry import load_registry
from tests.support.small_tables import csv_table, small_feed

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
OPTIONAL = FileTime(pattern=r"beds(?:_([0-9]{8}T[0-9]{6}))?\.", format="%Y%m%dT%H%M%S")

ALWAYS = FileTime(pattern=r"_([0-9]{8}T[0-9]{6})\.", format="%Y%m%dT%H%M%S")
JUST_BEFORE = timedelta(microseconds=1)


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


@pytest.mark.parametrize(
    ("name", "form", "lacks"),
    [
        ("beds_20261109T083000.csv", ALWAYS, False),
        ("beds_20261109T083000 (1).csv", ALWAYS, False),
        ("beds_latest.csv", ALWAYS, True),
        ("beds_20261399T083000.csv", ALWAYS, True),
        ("beds.csv", OPTIONAL, False),
        ("other.csv", OPTIONAL, True),
        ("other.csv", None, False),
    ],
)
def test_a_name_without_a_time_is_noted_where_one_is_expected(
    name: str, form: FileTime | None, lacks: bool
) -> None:
    feed = small_feed(csv_table()).model_copy(update={"file_time": form})
    manifest = Manifest("d", feed.feed_id, "0" * 64, 1, name, name, NOON)
    assert Submission(manifest, feed, 0).lacks_file_time is lacks


@pytest.mark.parametrize(
    ("added", "is_copy"),
    [
        (" (1)", True),
        ("(2)", True),
        (" - Copy", True),
        (" - Copy (2)", True),
        ("_v2", True),
        ("-final", False),
        ("_formula", False),
    ],
)
def test_a_copy_never_counts_as_newer_than_its_original(added: str, is_copy: bool) -> None:
    feed = small_feed(csv_table()).model_copy(update={"file_time": ALWAYS})
    name = f"beds_20261109T083000{added}.csv"
    manifest = Manifest("d", feed.feed_id, "0" * 64, 1, name, name, NOON)
    original = datetime(2026, 11, 9, 8, 30, tzinfo=UTC)
    told = Submission(manifest, feed, 0).said_at
    assert told == (original - JUST_BEFORE if is_copy else original)


@pytest.mark.parametrize("collection", ["acute_sitrep", "ambulance_handover"])
@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Winter-data-timeseries-20190307.xlsx", datetime(2019, 3, 7, tzinfo=UTC)),
        ("Winter-data-Timeseries-20180304.xlsx", datetime(2018, 3, 4, tzinfo=UTC)),
        (
            "Winter-SitRep-Acute-Time-series-2-December-2019-1-March-2020.xlsx",
            datetime(2020, 3, 1, tzinfo=UTC),
        ),
        (
            "Web File Timeseries \u2013 UEC Daily SitRep 4 February 2024.xlsx",
            datetime(2024, 2, 4, tzinfo=UTC),
        ),
        ("Web-File-Timeseries-UEC-Daily-SitRep-4-Feb-2024.xlsx", datetime(2024, 2, 4, tzinfo=UTC)),
        ("DailySR-Timeseries-WE-28.02.16.xlsx", datetime(2016, 2, 28, tzinfo=UTC)),
        ("UEC-Daily-SitRep-Web-File-Timeseries.xlsx", None),
        ("UEC-Daily-SitRep-Acute-Web-File-Timeseries-5.xlsx", None),
        ("Web-File-Timeseries-UEC-Daily-SitRep-Q7x.xlsx", None),
        ("DailySR-Web-file-Time-Series-18.xlsx", None),
    ],
)
def test_the_publishers_names_of_all_winters_are_expected_and_tell_their_day(
    collection: str, name: str, day: datetime | None
) -> None:
    feed = load_registry().feeds[f"{collection}.winter_timeseries"]
    assert feed.matches(name)
    submission = Submission(Manifest("d", feed.feed_id, "0" * 64, 1, name, name, NOON), feed, 0)
    within = (NOON - day) / 1_000_000 if day else timedelta()
    assert submission.said_at == (day or NOON) + within
    assert submission.lacks_file_time is (day is None)


def test_files_of_one_day_count_in_the_order_in_which_they_came() -> None:
    feed = load_registry().feeds["acute_sitrep.winter_timeseries"]

    def said_at(name: str, received_at: datetime) -> datetime:
        manifest = Manifest("d", feed.feed_id, "0" * 64, 1, name, name, received_at)
        return Submission(manifest, feed, 0).said_at

    name, a_second = "Winter-data-timeseries-20190307.xlsx", timedelta(seconds=1)
    first, later = said_at(name, NOON), said_at(name, NOON + a_second)
    assert said_at("Winter-data-timeseries-20190307 (1).xlsx", NOON + a_second) < first < later
    assert later < said_at("Winter-data-timeseries-20190308.xlsx", NOON)
