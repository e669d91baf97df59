"""Slots and due times are told as the grid has them."""

from datetime import UTC, datetime, time

import pytest

from pipelines.guide.slots_told import SlotsTold, tell_slots
from pipelines.registry.cadence import Cadence

SUMMER = datetime(2026, 7, 8, 10, 20, tzinfo=UTC)


def told(slot_minutes: int, due: time | None = None, due_minutes: int | None = None) -> SlotsTold:
    cadence = Cadence(
        cron="0 * * * *",
        time_zone="Europe/London",
        slot_minutes=slot_minutes,
        due=due,
        due_minutes=due_minutes,
        grace_minutes=60,
    )
    return tell_slots(cadence, SUMMER)


def test_a_day_is_one_in_london_and_its_clock_is_an_hour_ahead_in_summer() -> None:
    slots = told(1440, due=time(11))
    assert slots.noun == "day"
    assert [(one.london, one.utc) for one in slots.moments] == [
        ("Wed 8 Jul 2026, 00:00", "2026-07-07T23:00Z"),
        ("Thu 9 Jul 2026, 00:00", "2026-07-08T23:00Z"),
        ("Thu 9 Jul 2026, 11:00", "2026-07-09T10:00Z"),
        ("Thu 9 Jul 2026, 12:00", "2026-07-09T11:00Z"),
    ]
    assert "due at 11:00 in London, on the day after the slot" in slots.due
    assert "more than 1 hour after" in slots.due
    assert [("25 hours" in one, "23 hours" in one) for one in slots.clock_changes] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("minutes", "noun", "starts", "numbers"),
    [
        (15, "quarter of an hour", "00, 15, 30 and 45", ("100 slots", "92 slots")),
        (30, "half hour", "00 and 30", ("50 slots", "46 slots")),
        (60, "hour", "minute 00 of each hour", ("25 slots", "23 slots")),
        (20, "20 minutes", "00, 20 and 40", ("75 slots", "69 slots")),
    ],
    ids=["quarter", "half", "hour", "odd"],
)
def test_parts_of_an_hour_are_told_by_their_starts(
    minutes: int, noun: str, starts: str, numbers: tuple[str, str]
) -> None:
    slots = told(minutes, due_minutes=5)
    assert slots.noun == noun and starts in slots.grid
    assert "due 5 minutes after the slot ends" in slots.due
    assert all(number in one for number, one in zip(numbers, slots.clock_changes, strict=False))
    assert "CELL-008" in slots.clock_changes[-1]


def test_a_file_may_be_due_at_once() -> None:
    assert "due at once after the slot ends" in told(15, due_minutes=0).due
