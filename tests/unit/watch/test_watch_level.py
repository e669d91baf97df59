"""England's level: a drop, a jump, and all that is neither."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from math import sin

import pytest

from pipelines.registry.cadence import Cadence
from pipelines.registry.registry import load_registry
from pipelines.registry.slots import day_start
from pipelines.watch.monitors.level import Total, added_up, find_off_level
from pipelines.watch.usual import all_needed, recent_slots
from pipelines.watch.watch_finding import WatchFinding

COLLECTIONS = load_registry().collections
CADENCE = COLLECTIONS["nhs111"].cadence
DAILY = COLLECTIONS["ambulance_sitrep"].cadence
NEWEST = datetime(2026, 12, 9, 8, 0, tzinfo=UTC)
RECENT = recent_slots(NEWEST, timedelta(hours=6), CADENCE)
ago = partial(lambda count: NEWEST - count * timedelta(minutes=15))

Figures = Callable[[datetime], tuple[float, int] | None]


def usual(slot: datetime) -> tuple[float, int]:
    """About 570 calls of 42 areas, with the wobble of real weeks."""
    return 570 * (1 + 0.1 * sin(slot.timestamp() / 50000)), 42


def find(figures: Figures, cadence: Cadence = CADENCE) -> list[WatchFinding]:
    recent = RECENT if cadence is CADENCE else recent_slots(DAY, timedelta(days=6), DAILY)
    totals = [
        Total("calls_received", slot, *figure, figure[1])
        for slot in all_needed(recent, cadence)
        if (figure := figures(slot)) is not None
    ]
    return find_off_level(totals, recent, "nhs111", cadence)


DAY = day_start(date(2026, 12, 8))


def changed(since: datetime, factor: float, organisations: int = 42) -> Figures:
    def figures(slot: datetime) -> tuple[float, int]:
        value, count = usual(slot)
        return (value * factor, organisations) if slot >= since else (value, count)

    return figures


def test_an_ordinary_day_is_not_accused() -> None:
    assert find(usual) == []


@pytest.mark.parametrize(
    ("factor", "word"), [(0.0, "below"), (0.4, "below"), (2.6, "above"), (10, "above")]
)
def test_a_drop_and_a_jump_are_told_since_they_began(factor: float, word: str) -> None:
    (found,) = find(changed(ago(5), factor))
    assert (found.code, found.subject) == ("WATCH-004", f"calls_received {word}")
    assert found.feed_id is None
    assert found.since == ago(5)
    assert f"far {word} the" in found.message
    assert "in 8 recent weeks" in found.message
    assert "wrong unit" in found.fix


@pytest.mark.parametrize("factor", [0.6, 0.8, 1.3, 1.7])
def test_a_strained_day_is_not_an_error(factor: float) -> None:
    assert find(changed(ago(20), factor)) == []


@pytest.mark.parametrize(("count", "is_found"), [(0, False), (1, True)])
def test_one_slot_is_no_finding_and_two_are(count: int, is_found: bool) -> None:
    assert bool(find(changed(ago(count), 0.2))) == is_found


def test_what_is_usual_again_is_over() -> None:
    def figures(slot: datetime) -> tuple[float, int]:
        value, count = usual(slot)
        return (value / 5, count) if ago(10) <= slot < NEWEST else (value, count)

    assert find(figures) == []


def test_a_slot_without_a_figure_does_not_end_it() -> None:
    before = changed(ago(5), 0.2)
    (found,) = find(lambda slot: None if slot in (NEWEST, ago(3)) else before(slot))
    assert found.since == ago(5)


def test_a_provider_less_is_not_a_drop_and_a_cohort_more_no_jump() -> None:
    for organisations in (24, 80):
        share = organisations / 42
        assert find(changed(ago(20), share, organisations)) == []


def test_a_drop_of_those_who_still_report_is_one() -> None:
    assert len(find(changed(ago(20), 0.2 * 24 / 42, 24))) == 1


def test_a_trust_without_half_of_its_sites_is_not_a_drop() -> None:
    totals = [
        Total("arrivals", slot, 400.0 if slot >= ago(20) else 1000.0, 20, parts)
        for slot in all_needed(RECENT, CADENCE)
        for parts in [20 if slot >= ago(20) else 40]
    ]
    assert find_off_level(totals, RECENT, "acute_realtime", CADENCE) == []


def test_without_enough_organisations_or_weeks_nothing_is_said() -> None:
    assert find(changed(ago(20), 0.02 * 4 / 42, 4)) == []
    two_weeks_old = NEWEST - timedelta(days=20)
    before = changed(ago(20), 0.1)
    assert find(lambda slot: before(slot) if slot > two_weeks_old else None) == []
    three_weeks_old = NEWEST - timedelta(days=22)
    assert len(find(lambda slot: before(slot) if slot > three_weeks_old else None)) == 1


def test_small_counts_may_double() -> None:
    def figures(slot: datetime) -> tuple[float, int]:
        return (13 if slot > ago(9) else 5), 14

    assert find(figures) == []


def test_a_measure_that_swings_by_itself_may_swing() -> None:
    """Ambulances that wait: some weeks none, some weeks hundreds."""

    def figures(slot: datetime) -> tuple[float, int]:
        weeks = (NEWEST - slot).days // 7
        return (400.0 if slot > ago(20) else (10.0, 300.0)[weeks % 2]), 14

    assert find(figures) == []


def test_a_bank_holiday_with_the_rhythm_of_a_sunday_is_not_accused() -> None:
    """NHS 111 has three times the calls at ten when surgeries are closed."""
    day = datetime(2026, 12, 28, 10, 0, tzinfo=UTC)
    recent = recent_slots(day, timedelta(hours=2), CADENCE)

    def totals(on_the_day: float) -> list[Total]:
        return [
            Total("calls_received", slot, on_the_day if slot in recent else figure, 42, 42)
            for slot in all_needed(recent, CADENCE)
            for figure in [1500.0 if slot.weekday() == 6 else 500.0]
        ]

    for fits in (500.0, 1500.0):
        assert find_off_level(totals(fits), recent, "nhs111", CADENCE) == []
    (found,) = find_off_level(totals(50.0), recent, "nhs111", CADENCE)
    assert "below the 500" in found.message


def test_one_day_of_a_daily_collection_is_enough() -> None:
    (found,) = find(changed(DAY, 0.2), DAILY)
    assert found.since == DAY
    assert "for Tue 8 Dec 2026, far" in found.message
    assert find(usual, DAILY) == []


def test_only_what_is_added_up_has_a_level() -> None:
    assert "calls_received" in added_up(COLLECTIONS["nhs111"])
    acute = added_up(COLLECTIONS["acute_realtime"])
    assert "arrivals" in acute
    assert {"opel_level", "longest_wait_minutes"}.isdisjoint(acute)
