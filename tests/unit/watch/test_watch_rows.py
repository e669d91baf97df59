"""Rows that are gone, rows that are too many, and a nation that is not all there."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.base.clock import LONDON
from pipelines.registry.registry import load_registry
from pipelines.registry.slots import day_start
from pipelines.watch.monitors.row_count import SlotRows, find_row_changes
from pipelines.watch.usual import all_needed, recent_slots
from pipelines.watch.watch_finding import WatchFinding

CADENCE = load_registry().collections["nhs111"].cadence
DAILY = load_registry().collections["ambulance_sitrep"].cadence
NEWEST = datetime(2026, 12, 9, 8, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
RECENT = recent_slots(NEWEST, timedelta(hours=6), CADENCE)
AREAS = frozenset(f"111A{number:02d}" for number in range(42))

Keys = Callable[[datetime], frozenset[str]]


def find(**feeds: Keys) -> list[WatchFinding]:
    rows = [
        SlotRows(feed_id, slot, keys)
        for slot in all_needed(RECENT, CADENCE)
        for feed_id, keys_of in feeds.items()
        if (keys := keys_of(slot))
    ]
    return find_row_changes(rows, RECENT, "nhs111", CADENCE)


def always(keys: frozenset[str]) -> Keys:
    return lambda slot: keys


def since(count: int, keys: frozenset[str], before: frozenset[str] = AREAS) -> Keys:
    """Other keys in so many of the newest slots."""
    return lambda slot: keys if slot > NEWEST - count * QUARTER else before


def without(*areas: str) -> frozenset[str]:
    return AREAS - set(areas)


def test_the_same_rows_as_ever_are_no_finding() -> None:
    assert find(national=always(AREAS)) == []


@pytest.mark.parametrize(("slots", "is_found"), [(3, False), (4, True), (20, True)])
def test_an_area_that_is_left_out_for_an_hour_is_named(slots: int, is_found: bool) -> None:
    found = find(national=since(slots, without("111A07")))
    assert bool(found) == is_found
    for one in found:
        assert (one.code, one.feed_id, one.subject) == ("WATCH-005", "national", "fewer rows")
        assert one.since == NEWEST - (slots - 1) * QUARTER
        assert "41 rows in each slot where 42 are usual" in one.message
        assert "Missing: 111A07." in one.message


def test_rows_that_are_refused_now_and_then_are_not_accused() -> None:
    """One slot in four has lost one of its areas, another one each time."""

    def keys(slot: datetime) -> frozenset[str]:
        number = int(slot.timestamp()) // 900
        return without(f"111A{number % 42:02d}") if number % 4 == 0 else AREAS

    assert find(national=keys) == []


def test_a_feed_that_always_loses_some_rows_is_told_of_when_it_loses_more() -> None:
    def flaky(slot: datetime) -> frozenset[str]:
        number = int(slot.timestamp()) // 900
        return without(*(f"111A{(number + step) % 42:02d}" for step in range(number % 3)))

    assert find(national=flaky) == []
    gone = without(*(f"111A{number:02d}" for number in range(6)))
    (found,) = find(national=lambda slot: gone if slot > NEWEST - 4 * QUARTER else flaky(slot))
    assert "Missing: 111A00, 111A01, 111A02, 111A03, 111A04 and 1 more." in found.message


def test_a_site_that_is_closed_at_this_hour_every_week_is_not_missing() -> None:
    def keys(slot: datetime) -> frozenset[str]:
        is_open = slot.astimezone(LONDON).hour >= 8
        return frozenset({"R0A01", "R0A02"} if is_open else {"R0A01"})

    assert find(r0a=keys) == []


@pytest.mark.parametrize(("count", "is_found"), [(2, False), (3, False), (4, False), (5, True)])
def test_more_than_twice_the_rows_are_told_of_and_a_new_site_is_not(
    count: int, is_found: bool
) -> None:
    two = frozenset({"R0A01", "R0A02"})
    more = two | {f"WARD{number}" for number in range(count - 2)}
    found = find(r0a=since(4, more, two))
    assert bool(found) == is_found
    for one in found:
        assert one.subject == "more rows"
        assert "New: WARD0, WARD1, WARD2." in one.message


def test_a_silence_is_not_a_loss_of_rows() -> None:
    assert find(national=since(8, frozenset())) == []


def test_a_loss_just_before_a_silence_is_still_told() -> None:
    def keys(slot: datetime) -> frozenset[str]:
        if slot > NEWEST - 2 * QUARTER:
            return frozenset()
        return without("111A01") if slot > NEWEST - 8 * QUARTER else AREAS

    assert len(find(national=keys)) == 1


def test_two_weeks_are_too_few_to_know() -> None:
    def keys(slot: datetime) -> frozenset[str]:
        if slot > NEWEST - 4 * QUARTER:
            return without("111A01")
        return AREAS if slot > NEWEST - timedelta(days=20) else frozenset()

    assert find(national=keys) == []


def trusts(count: int) -> dict[str, Keys]:
    """Trusts of one site, of which so many have fallen silent an hour ago."""
    return {
        f"r{number:02d}": since(4 if number < count else 0, frozenset(), frozenset({f"R{number}"}))
        for number in range(20)
    }


@pytest.mark.parametrize(("silent", "is_found"), [(0, False), (5, False), (6, True), (20, True)])
def test_a_nation_without_a_quarter_of_its_organisations_is_told_of(
    silent: int, is_found: bool
) -> None:
    found = find(**trusts(silent))
    assert [(one.feed_id, one.subject) for one in found] == (
        [(None, "fewer organisations")] if is_found else []
    )
    for one in found:
        assert f"Only {20 - silent} organisations" in one.message
        assert "where 20 are usual" in one.message
        assert one.since == NEWEST - 3 * QUARTER


def test_two_days_of_a_daily_feed_are_needed() -> None:
    newest = day_start(date(2026, 12, 8))
    recent = recent_slots(newest, timedelta(days=6), DAILY)

    def found(days: int) -> list[WatchFinding]:
        rows = [
            SlotRows("all", slot, without("111A01") if slot in recent[-days:] else AREAS)
            for slot in all_needed(recent, DAILY)
        ]
        return find_row_changes(rows, recent, "acute_sitrep", DAILY)

    assert found(1) == []
    assert found(2)[0].since == recent[-2]
