"""The page of feeds says how much of the nation is live, who is not, and how it came to be."""

from datetime import date
from typing import Any

from dashboard.coverage_chart import coverage_told
from dashboard.feed_pages import feeds_to_look_at
from tests.unit.dashboard.test_brief import desk_of


def day(number: int, live: int, missing: str | None) -> dict[str, Any]:
    return {
        "day": date(2026, 10, number),
        "live": live,
        "providers": 11,
        "coverage": f"{live} of 11 ambulance services live",
        "missing": missing,
    }


def test_the_newest_day_is_told_and_all_of_them_are_drawn_from_zero() -> None:
    told = coverage_told(
        "ambulance_sitrep", "Ambulance", [day(1, 9, "R1F; RX6"), day(2, 10, "R1F")]
    )
    assert told["coverage"] == "10 of 11 ambulance services live"
    assert told["missing"] == ["R1F"]
    assert "lowest 9 at Thu 1 Oct, highest 10 at Fri 2 Oct" in told["chart"]
    assert ">0</text>" in told["chart"]


def test_one_day_is_no_line_and_none_is_nothing() -> None:
    assert coverage_told("nhs111", "NHS 111", [day(1, 11, None)])["chart"] == ""
    assert coverage_told("nhs111", "NHS 111", []) == {"coverage": "", "missing": [], "chart": ""}


def test_a_feed_in_testing_is_not_among_those_to_look_at() -> None:
    feeds = [
        {"feed_id": f"nhs111.{stage}", "title": stage, "stage": stage, "health": "silent"}
        for stage in ("live", "testing")
    ]
    assert [address for address, _ in feeds_to_look_at(desk_of(feeds=feeds))] == [
        "/feed/nhs111.live"
    ]
