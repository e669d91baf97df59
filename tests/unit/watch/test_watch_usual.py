"""Which slots a slot is compared with: weekdays, clock changes, bank holidays."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.base.clock import LONDON
from pipelines.registry.cadence import Cadence
from pipelines.registry.registry import load_registry
from pipelines.registry.slots import day_start, slot_at
from pipelines.watch.usual import (
    all_needed,
    is_bank_holiday,
    newest_complete,
    recent_slots,
    usual_slots,
)

CADENCE = load_registry().collections["nhs111"].cadence
DAILY = load_registry().collections["ambulance_sitrep"].cadence

# Working days that are bank holidays in England: gov.uk/bank-holidays. In 2021, 2022, 2026
# and 2027 another day stands in for one at a week-end; 2020, 2022 and 2023 have days of that year
# alone (VE Day, a jubilee, a funeral, a coronation) and moved ones.
HOLIDAYS = {
    2018: "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26",
    2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
    2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
    2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
    2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_bank_holidays_are_those_that_the_government_lists(year: int) -> None:
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    found = [f"{day:%m-%d}" for day in days if is_bank_holiday(day) and day.weekday() < 5]
    assert found == HOLIDAYS[year].split()


@pytest.mark.parametrize(
    ("day", "substitute"),
    [
        (date(2021, 12, 25), date(2021, 12, 27)),
        (date(2021, 12, 26), date(2021, 12, 28)),
        (date(2022, 1, 1), date(2022, 1, 3)),
        (date(2022, 12, 25), date(2022, 12, 27)),
    ],
)
def test_the_day_itself_counts_as_does_the_one_that_stands_in_for_it(
    day: date, substitute: date
) -> None:
    assert is_bank_holiday(day) and is_bank_holiday(substitute)


def test_neither_easter_sunday_nor_scotlands_second_of_january_is_one() -> None:
    assert not any(map(is_bank_holiday, (date(2026, 4, 5), date(2026, 1, 2))))


def test_a_slot_is_compared_with_the_same_hour_of_eight_weeks() -> None:
    slot = datetime(2026, 12, 9, 8, 15, tzinfo=UTC)
    (weeks,) = usual_slots(slot, CADENCE)
    assert len(weeks) == 8
    newest = datetime(2026, 12, 2, 7, 45, tzinfo=UTC)
    assert weeks[0] == tuple(newest + number * timedelta(minutes=15) for number in range(5))


def test_the_hour_is_that_of_london_when_the_clocks_have_changed_between() -> None:
    slot = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    (weeks,) = usual_slots(slot, CADENCE)
    middles = [week[2].astimezone(LONDON) for week in weeks]
    assert {(one.weekday(), one.hour, one.minute) for one in middles} == {(0, 8, 0)}
    assert weeks[1][2] == datetime(2026, 10, 19, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("hour", [0, 1])
def test_both_passes_of_the_repeated_hour_are_compared_with_the_one_of_before(hour: int) -> None:
    (weeks,) = usual_slots(datetime(2026, 10, 25, hour, 30, tzinfo=UTC), CADENCE)
    assert weeks[0][2] == datetime(2026, 10, 18, 0, 30, tzinfo=UTC)


def test_a_daily_slot_is_compared_with_its_weekday() -> None:
    (weeks,) = usual_slots(day_start(date(2026, 11, 4)), DAILY)
    assert [week[0] for week in weeks] == [
        day_start(date(2026, 11, 4) - timedelta(days=7 * number)) for number in range(1, 9)
    ]


def test_a_bank_holiday_may_fit_sundays_and_is_no_measure_for_other_days() -> None:
    boxing_day = datetime(2026, 12, 28, 10, 0, tzinfo=UTC)  # the Monday that stands in
    mondays, sundays = usual_slots(boxing_day, CADENCE)
    assert {week[2].weekday() for week in mondays} == {0}
    assert {week[2].weekday() for week in sundays} == {6}
    assert sundays[0][2].date() == date(2026, 12, 27)
    (weeks,) = usual_slots(datetime(2027, 1, 4, 10, 0, tzinfo=UTC), CADENCE)
    assert len(weeks) == 7
    assert date(2026, 12, 28) not in {week[2].date() for week in weeks}


@pytest.mark.parametrize("cadence", [CADENCE, DAILY], ids=["quarter-hours", "days"])
def test_the_newest_complete_slot_has_its_grace_behind_it(cadence: Cadence) -> None:
    slot = slot_at(cadence, datetime(2026, 11, 9, 10, 0, tzinfo=UTC))
    before = slot_at(cadence, slot.start - timedelta(seconds=1))
    assert newest_complete(slot.late_after, cadence) == before.start
    assert newest_complete(slot.late_after + timedelta(seconds=1), cadence) == slot.start


@pytest.mark.parametrize("change", [date(2026, 10, 25), date(2027, 3, 28)])
def test_recent_days_are_days_in_london_when_the_clocks_change(change: date) -> None:
    newest = day_start(change + timedelta(days=1))
    assert recent_slots(newest, timedelta(days=2), DAILY) == [
        day_start(change + timedelta(days=number)) for number in (-1, 0, 1)
    ]


def test_what_is_needed_is_each_slot_once_and_no_more_than_nine_weeks_of_them() -> None:
    newest = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)
    recent = recent_slots(newest, timedelta(hours=6), CADENCE)
    needed = all_needed(recent, CADENCE)
    assert needed == sorted(set(needed))
    assert set(recent) <= set(needed)
    assert len(needed) == 25 + 8 * (25 + 4)
    assert newest - needed[0] < timedelta(days=57)
