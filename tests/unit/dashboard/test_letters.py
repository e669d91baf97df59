"""What a letter says of a week: clocks, New Year, contracts that change, no patient."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dashboard.desk import Desk
from dashboard.letters.letter_figures import Letter, letter_of
from dashboard.letters.letter_page import figures_of, letter_page, letter_text
from dashboard.letters.letter_weeks import week_named
from dashboard.picture import Picture, Row
from pipelines.registry.registry import load_registry

FEED = "acute_realtime.r0a"
NHS_NUMBER = "999 000 0018"


def feed(**more: Any) -> Row:
    return {
        "feed_id": FEED, "collection": "acute_realtime", "title": "Manchester", "stage": "live",
        "provider_code": "R0A", "provider_name": "Manchester", "health": "ok", **more,
    }  # fmt: skip


def day(of: date, **more: int) -> Row:
    counts = dict.fromkeys(
        ("late", "missing", "refused", "rows_kept_out", "values_rejected", "rows_revised"), 0
    )
    told = {"expected": 96, "on_time": 96, "files": 96, "rows_loaded": 96, **counts, **more}
    return {"feed_id": FEED, "day": of, **told}


def letter(
    name: str,
    days: Mapping[date, Mapping[str, int]] | None = None,
    feeds: tuple[Row, ...] = (feed(),),
    today: date | None = None,
    contract: str | None = None,
    **more: Any,
) -> Letter:
    """The letter of a week that was fine, but for what is said; made on the Monday after it."""
    week = week_named(name)
    monday = week.last + timedelta(days=1)
    span = [week.before.first + timedelta(days=number) for number in range(14)]
    quality = [day(one, **(days or {}).get(one, {})) for one in span]
    picture = Picture(
        name="uec-small", made_at=datetime(monday.year, monday.month, monday.day, 9), england=(),
        regions=(), trusts=(), expected=(), feeds=feeds, changes=(), submissions=(), findings=(),
        levels=(), series={}, sites=(), quality=quality, finding_days=(), compared={},
        scorecards=(), coverage_days=(), stage_changes=(),
    )  # fmt: skip
    registry = load_registry()
    if contract is not None:
        old = registry.collections["acute_realtime"]
        (version, *_) = old.versions
        later = version.model_copy(update={"start": date.fromisoformat(contract), "note": "New."})
        changed = old.model_copy(update={"versions": (*old.versions, later)})
        registry = replace(
            registry, collections={**registry.collections, "acute_realtime": changed}
        )
    desk = Desk(replace(picture, **more), registry)
    return letter_of(desk, "R0A", feeds, week, today or monday, {})


@pytest.mark.parametrize(
    ("name", "sunday", "slots", "told"),
    [
        ("2026-W43", date(2026, 10, 25), 100, "the day had 25 hours, and 100 quarter-hours"),
        ("2027-W12", date(2027, 3, 28), 92, "the day had 23 hours, and 92 quarter-hours"),
    ],
    ids=["back", "forward"],
)
def test_the_week_of_a_clock_change(name: str, sunday: date, slots: int, told: str) -> None:
    found = letter(name, {sunday: {"expected": slots, "on_time": slots}})
    (feed_week,) = found.feeds
    total = 6 * 96 + slots
    assert feed_week.on_time_told == f"{total} of {total} (100.0%)"
    assert feed_week.before_told == "672 of 672 (100.0%)"
    assert any(told in note for note in found.notes)
    assert found.is_kind


def test_the_week_of_new_year_has_the_days_of_both_years() -> None:
    days = {date(2027, 1, 3): {"late": 2, "on_time": 94}, date(2027, 1, 4): {"late": 50}}
    found = letter("2026-W53", days)
    assert found.feeds[0].counts["late"] == 2
    assert found.feeds[0].counts["expected"] == 672
    assert "Monday 28 December 2026 to Sunday 3 January 2027" in letter_text(
        found, datetime(2027, 1, 4, 9), ""
    ).replace("\n", " ")


@pytest.mark.parametrize(
    ("today", "is_told"),
    [(date(2027, 3, 6), False), (date(2027, 3, 7), True), (date(2027, 3, 28), True)],
    ids=["22_days_before", "21_days_before", "on_the_day"],
)
def test_a_clock_change_is_told_three_weeks_before(today: date, is_told: bool) -> None:
    coming = " ".join(letter("2026-W47", today=today).coming)
    assert ("The clocks go forward on Sunday 28 March 2027" in coming) is is_told
    assert ("92 quarter-hours in place of 96" in coming) is is_told


def test_a_contract_that_changes_is_told() -> None:
    near, far = letter("2026-W47", contract="2027-01-01"), letter("2026-W47", contract="2027-04-01")
    assert any("changes on 1 January 2027" in one and "New." in one for one in near.coming)
    assert far.coming == []


def test_a_feed_that_is_not_live_is_told_so_and_one_that_has_not_begun_is_left_out() -> None:
    feeds = (feed(stage="testing"), feed(feed_id="acute_realtime.x", stage="onboarding"))
    found = letter("2026-W47", feeds=feeds)
    assert len(found.feeds) == 1
    assert any("Manchester is testing" in note for note in found.notes)


def test_a_week_before_that_the_publication_does_not_have_is_not_known() -> None:
    made_at = datetime(2026, 12, 20, 9)
    (feed_week,) = letter("2026-W47", made_at=made_at).feeds
    assert feed_week.before is None
    assert {before for _, _, before in figures_of(feed_week)} == {"not known"}


def test_what_looks_like_a_number_of_a_patient_is_in_no_letter() -> None:
    finding = {
        "feed_id": FEED, "collection": "acute_realtime", "code": "CELL-001",
        "day": date(2026, 11, 18),
        "severity": "reject_value", "findings": 3, "submissions": 1, "refused_submissions": None,
        "file_name": f"{NHS_NUMBER}.csv", "message": f"'{NHS_NUMBER}' is no number.",
        "fix": "Send <b>a number</b>.", "row_number": 2, "column_letter": "C", "sheet": None,
        "column_name": "arrivals", "org_code": "R0A", "slot": None,
        "received_at": datetime(2026, 11, 18, 10), "submission_id": "x",
    }  # fmt: skip
    found = letter("2026-W47", finding_days=[finding])
    (one,) = found.to_do
    assert (one.count, one.place) == (3, "cell C2, R0A, arrivals")
    page, text = (make(found, datetime(2026, 11, 23, 9), "") for make in (letter_page, letter_text))
    for told in (page, text):
        assert NHS_NUMBER not in told
        assert "(withheld)" in told
    assert "Send &lt;b&gt;a number&lt;/b&gt;." in page


def test_the_link_stands_in_both() -> None:
    found, link = letter("2026-W47"), "https://uec.example.nhs.uk/providers/R0A"
    assert f'<a href="{link}"' in letter_page(found, datetime(2026, 11, 23, 9), link)
    assert f"Your page: {link}" in letter_text(found, datetime(2026, 11, 23, 9), link)
