"""Stuck feeds are found, and quiet ones are not accused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from pipelines.registry.registry import load_registry
from pipelines.registry.slots import day_start
from pipelines.watch.monitors.stuck import SlotValues, find_stuck, long_runs

FEED = "acute_realtime.r0a"
QUARTER = timedelta(minutes=15)
CADENCE = load_registry().collections["acute_realtime"].cadence
DAILY = load_registry().collections["ambulance_sitrep"].cadence
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
WEEK_SLOTS = 7 * 96


def reading(
    number: int, fingerprint: int, *, key: str = "R0A R0A01", values: int = 15
) -> SlotValues:
    return SlotValues(FEED, key, BEGIN + number * QUARTER, fingerprint, values)


def moving(count: int, first: int = 0) -> list[SlotValues]:
    """Slots each of which differs from the one before."""
    return [reading(number, number) for number in range(first, first + count)]


def stuck(count: int, first: int, values: int = 15) -> list[SlotValues]:
    return [reading(number, -1, values=values) for number in range(first, first + count)]


def find(readings: list[SlotValues]) -> list[tuple[str, datetime]]:
    return [(one.subject, one.since) for one in find_stuck(readings, "acute_realtime", CADENCE)]


@pytest.mark.parametrize(("count", "is_stuck"), [(11, False), (12, True), (60, True)])
def test_three_hours_without_any_movement_are_a_feed_that_is_stuck(
    count: int, is_stuck: bool
) -> None:
    found = find([*moving(WEEK_SLOTS), *stuck(count, WEEK_SLOTS)])
    assert found == ([("R0A R0A01", BEGIN + timedelta(days=7))] if is_stuck else [])


def test_it_says_what_since_when_and_of_which_feed() -> None:
    readings = [*moving(WEEK_SLOTS), *stuck(13, WEEK_SLOTS)]
    (found,) = find_stuck(readings, "acute_realtime", CADENCE)
    assert (found.code, found.feed_id) == ("WATCH-002", FEED)
    assert (
        "repeated identical figures for 13 slots, from Mon 9 Nov 2026 00:00 GMT on" in found.message
    )
    assert "restart the export" in found.fix


def test_a_feed_that_moves_again_is_not_stuck_any_more() -> None:
    assert find([*moving(WEEK_SLOTS), *stuck(40, WEEK_SLOTS), reading(WEEK_SLOTS + 40, 1)]) == []


def test_the_order_in_which_readings_come_does_not_matter() -> None:
    readings = [*moving(WEEK_SLOTS), *stuck(12, WEEK_SLOTS)]
    Random(1).shuffle(readings)
    assert len(find(readings)) == 1


def test_each_key_is_looked_at_by_itself() -> None:
    other = [reading(number, number, key="R0A R0A02") for number in range(WEEK_SLOTS + 12)]
    readings = [*moving(WEEK_SLOTS), *stuck(12, WEEK_SLOTS), *other]
    assert [subject for subject, _ in find(readings)] == ["R0A R0A01"]


@pytest.mark.parametrize(("values", "is_stuck"), [(0, False), (2, False), (3, True)])
def test_beds_alone_or_zeros_are_no_evidence(values: int, is_stuck: bool) -> None:
    found = find([*moving(WEEK_SLOTS), *stuck(30, WEEK_SLOTS, values)])
    assert bool(found) == is_stuck


def test_a_feed_of_which_little_is_known_is_given_five_hours() -> None:
    assert find(stuck(20, 0)) == []
    assert len(find(stuck(21, 0))) == 1


def test_a_feed_that_was_stuck_yesterday_too_is_found_again() -> None:
    yesterday = WEEK_SLOTS - 96
    readings = moving(WEEK_SLOTS)
    readings[yesterday : yesterday + 12] = [
        replace(one, fingerprint=-7) for one in readings[yesterday : yesterday + 12]
    ]
    assert len(find([*readings, *stuck(12, WEEK_SLOTS)])) == 1


def test_a_unit_that_stands_still_every_night_is_not_accused_at_night_but_by_day() -> None:
    nights = [number for day in range(8) for number in range(day * 96, day * 96 + 24)]
    readings = [
        reading(number, -1 if number in nights else number) for number in range(WEEK_SLOTS + 24)
    ]
    assert "R0A R0A01" in long_runs(readings, CADENCE), "the night is long enough to be looked at"
    assert find(readings) == []
    by_day = [*readings, *stuck(24, WEEK_SLOTS + 24)]
    assert len(find(by_day)) == 1, "by noon it is"


def small_unit(chance: Random, days: int) -> Iterator[SlotValues]:
    """An urgent treatment centre: busy by day; by night somebody comes every few hours."""
    present = since_midnight = 0
    for number in range(days * 96):
        hour = number % 96 // 4
        if number % 96 == 0:
            since_midnight = 0
        rate = 0.9 if 8 <= hour < 22 else 0.01
        came = sum(chance.random() < rate for _ in range(2))
        left = sum(chance.random() < 0.25 for _ in range(present))
        present += came - left
        since_midnight += came
        fingerprint = hash((present, came, since_midnight))
        values = 3 + (present > 0) + (since_midnight > 0)  # beds open and occupied, and a wait
        yield reading(number, fingerprint, values=values)


@pytest.mark.parametrize("seed", range(20))
def test_small_units_are_not_accused_at_any_time_of_a_day(seed: int) -> None:
    readings = list(small_unit(Random(seed), 9))
    looked_at = 0
    for end in range(8 * 96, 9 * 96):
        until = readings[max(0, end - 8 * 96) : end]
        looked_at += bool(long_runs(until, CADENCE))
        assert find(until) == []
    assert looked_at, "their nights are long runs, or this test would prove nothing"


@pytest.mark.parametrize("change", [date(2026, 10, 25), date(2027, 3, 28)])
def test_the_hour_that_comes_twice_or_never_changes_nothing(change: date) -> None:
    first = day_start(change - timedelta(days=7))
    last = day_start(change + timedelta(days=1))
    count = (last - first) // QUARTER
    readings = [
        SlotValues(FEED, "R0A R0A01", first + number * QUARTER, number, 15)
        for number in range(count)
    ]
    assert find(readings) == []
    held = [replace(one, fingerprint=-1) for one in readings[-12:]]
    assert len(find([*readings[:-12], *held])) == 1


def test_daily_figures_that_stay_for_three_days_are_stuck() -> None:
    def days(fingerprints: list[int]) -> list[SlotValues]:
        return [
            SlotValues(
                "ambulance_sitrep.rru", "RRU", day_start(date(2026, 10, 10 + number)), one, 28
            )
            for number, one in enumerate(fingerprints)
        ]

    before = list(range(15))
    assert find_stuck(days([*before, 99, 99]), "ambulance_sitrep", DAILY) == []
    (found,) = find_stuck(days([*before, 99, 99, 99]), "ambulance_sitrep", DAILY)
    assert found.since == day_start(date(2026, 10, 25))
    assert "from Sun 25 Oct 2026 on" in found.message
