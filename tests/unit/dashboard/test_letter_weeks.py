"""Weeks of letters: as ISO 8601 counts them, in London, over the clock change and New Year."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.letters.letter_weeks import LetterWeek, clock_changes, last_whole_week, week_named
from pipelines.base.errors import UsageError


@pytest.mark.parametrize(
    ("today", "name", "first", "last"),
    [
        (date(2026, 11, 23), "2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
        (date(2026, 11, 29), "2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
        (date(2026, 11, 30), "2026-W48", date(2026, 11, 23), date(2026, 11, 29)),
        (date(2027, 1, 4), "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        (date(2027, 1, 11), "2027-W01", date(2027, 1, 4), date(2027, 1, 10)),
        (date(2026, 1, 5), "2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
    ],
    ids=[
        "monday",
        "sunday",
        "next_monday",
        "week_53",
        "after_week_53",
        "week_1_begins_in_december",
    ],
)
def test_the_last_whole_week(today: date, name: str, first: date, last: date) -> None:
    week = last_whole_week(today)
    assert (week.name, week.first, week.last) == (name, first, last)
    assert week_named(name) == week
    assert week.before.last == first - timedelta(days=1)


def test_a_week_over_new_year_tells_both_years() -> None:
    assert week_named("2026-W53").told == "Monday 28 December 2026 to Sunday 3 January 2027"
    assert week_named("2026-W47").told == "Monday 16 November to Sunday 22 November 2026"


@pytest.mark.parametrize(
    ("name", "end", "hours"),
    [
        ("2026-W43", datetime(2026, 10, 26, tzinfo=UTC), 169),
        ("2027-W12", datetime(2027, 3, 28, 23, tzinfo=UTC), 167),
        ("2026-W47", datetime(2026, 11, 23, tzinfo=UTC), 168),
    ],
    ids=["back", "forward", "plain"],
)
def test_a_week_ends_at_midnight_in_london(name: str, end: datetime, hours: int) -> None:
    week = week_named(name)
    assert week.end == end
    assert week.end - LetterWeek(week.before.first).end == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name", ["2026-W54", "2025-W53", "2026-W00", "2026-47", "W47", "", "2026-W1", "0000-W01"]
)
def test_no_week_is_told(name: str) -> None:
    with pytest.raises(UsageError, match="is no week"):
        week_named(name)


def test_changes_of_the_clocks() -> None:
    back, forward = clock_changes(date(2026, 10, 1), date(2027, 3, 31))
    assert (back.day, back.hours) == (date(2026, 10, 25), 25)
    assert (forward.day, forward.hours) == (date(2027, 3, 28), 23)
    assert "100 quarter-hours in place of 96" in back.told(is_over=True, has_quarter_hours=True)
    assert back.told(is_over=True, has_quarter_hours=False) == (
        "The clocks went back on Sunday 25 October 2026: the day had 25 hours."
    )
    told = forward.told(is_over=False, has_quarter_hours=True)
    assert "92 quarter-hours" in told
    assert "do not exist in London" in told
    assert list(clock_changes(date(2026, 11, 1), date(2026, 11, 30))) == []
