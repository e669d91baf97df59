"""A slot that is a month: its bounds in London, when it is due, and what a contract may say."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.registry.cadence import Cadence, SlotKind
from pipelines.registry.carried_words import place_of, word_name, words_for
from pipelines.registry.slots import month_start, next_month, slot_at, slots_between
from tests.support.small_months import CALLS_OF_A_MONTH, MONTHLY
from tests.support.small_tables import BEDS_OF_A_DAY, PATIENTS_OF_A_SLOT

SAID = {"cron": "0 9 * * *", "time_zone": "Europe/London", "grace_minutes": 0}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("instant", "start", "end"),
    [
        (utc(2024, 12, 31, 23, 59), utc(2024, 12, 1), utc(2025, 1, 1)),
        (utc(2025, 1, 1), utc(2025, 1, 1), utc(2025, 2, 1)),
        (utc(2024, 2, 29, 12), utc(2024, 2, 1), utc(2024, 3, 1)),
        # The clocks change within March and October; April to October begin at 23:00 UTC.
        (utc(2024, 3, 31, 22, 59), utc(2024, 3, 1), utc(2024, 3, 31, 23)),
        (utc(2024, 3, 31, 23), utc(2024, 3, 31, 23), utc(2024, 4, 30, 23)),
        (utc(2024, 10, 27, 1), utc(2024, 9, 30, 23), utc(2024, 11, 1)),
    ],
)
def test_a_month_is_from_midnight_to_midnight_in_london(
    instant: datetime, start: datetime, end: datetime
) -> None:
    slot = slot_at(MONTHLY, instant)
    assert (slot.start, slot.end) == (start, end)


@pytest.mark.parametrize(
    ("instant", "due_at"),
    [(utc(2024, 12, 5), utc(2025, 1, 14, 9, 30)), (utc(2024, 6, 5), utc(2024, 7, 14, 8, 30))],
)
def test_a_month_is_due_on_a_day_after_its_end_at_a_time_in_london(
    instant: datetime, due_at: datetime
) -> None:
    slot = slot_at(MONTHLY, instant)
    assert slot.due_at == due_at
    assert slot.late_after == due_at + timedelta(hours=1)


def test_months_follow_each_other_over_the_years() -> None:
    slots = list(slots_between(MONTHLY, utc(2023, 11, 2), utc(2025, 2, 1)))
    assert [f"{one.start:%Y-%m}" for one in slots][:3] == ["2023-12", "2024-01", "2024-02"]
    assert len(slots) == 14
    assert all(one.end == later.start for one, later in pairwise(slots))


def test_the_kind_of_a_slot_is_known_of_each_cadence() -> None:
    cadences = [one.cadence for one in (PATIENTS_OF_A_SLOT, BEDS_OF_A_DAY, CALLS_OF_A_MONTH)]
    assert [one.kind for one in cadences] == [SlotKind.MINUTES, SlotKind.DAY, SlotKind.MONTH]
    assert [one.is_dated for one in cadences] == [False, True, True]
    assert [one.is_daily for one in cadences] == [False, True, False]


def test_a_day_can_be_said_as_a_day() -> None:
    said = Cadence.model_validate({**SAID, "slot": "day", "due": "11:00"})
    assert (said.is_daily, said.slot_minutes) == (True, 1440)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"due": "11:00"}, "says no slot"),
        ({"slot": "week", "due": "11:00"}, "'day' or 'month'"),
        ({"slot": "month", "slot_minutes": 15, "due": "11:00"}, "either slot"),
        ({"slot_minutes": 44640, "due": "11:00"}, "slot: month"),
        ({"slot_minutes": 15, "due_minutes": 3, "due_days": 3}, "due_days belongs to due"),
        ({"slot": "month", "due": "11:00", "due_days": 0}, "greater than or equal to 1"),
    ],
)
def test_what_a_cadence_cannot_say(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Cadence.model_validate({**SAID, **said})


@pytest.mark.parametrize("kind", ["date", "slot"])
def test_the_key_of_a_monthly_collection_has_a_month(kind: str) -> None:
    content = CALLS_OF_A_MONTH.model_dump(by_alias=True)
    content["columns"][1]["type"] = kind
    with pytest.raises(ValidationError, match="of a monthly one a month"):
        type(CALLS_OF_A_MONTH).model_validate(content)


def test_first_days_of_months() -> None:
    assert month_start(date(2024, 2, 29)) == date(2024, 2, 1)
    assert next_month(date(2024, 1, 31)) == date(2024, 2, 1)
    assert next_month(date(2024, 12, 1)) == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("bit", "place"), [(0, (0, 1)), (62, (0, 2**62)), (63, (1, 1)), (147, (2, 2**21))]
)
def test_a_bit_stands_in_a_word_that_a_bigint_holds(bit: int, place: tuple[int, int]) -> None:
    assert place_of(bit) == place
    assert place[1] < 2**63


def test_words_are_columns_of_their_own() -> None:
    assert [words_for(count) for count in (0, 1, 63, 64, 126, 127, 148)] == [1, 1, 1, 2, 2, 3, 3]
    assert [word_name("carried", word) for word in range(3)] == [
        "carried", "carried_2", "carried_3",
    ]  # fmt: skip
