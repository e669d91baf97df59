"""XmR limits and the rules of Making Data Count, on series that were worked out by hand."""

from datetime import datetime, timedelta

import pytest

from dashboard.run_chart import ProcessLimits, limits_of, run_chart_of, signals_of

FLAT = ProcessLimits(mean=10, lower=4, upper=16, points=20)


def told(*values: float) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.rule, one.points) for one in signals_of(values, FLAT)]


def test_the_limits_follow_from_the_mean_moving_range() -> None:
    # Ranges 2, 4, 3, 1: their mean is 2.5, and 2.66 times that is 6.65.
    limits = limits_of([10, 12, 8, 11, 10])
    assert limits is not None
    assert (limits.mean, limits.points, limits.is_provisional) == (10.2, 5, True)
    assert (round(limits.lower, 2), round(limits.upper, 2)) == (3.55, 16.85)
    assert not ProcessLimits(0, 0, 0, 12).is_provisional


@pytest.mark.parametrize("baseline", [[], [5.0]])
def test_one_point_has_no_limits(baseline: list[float]) -> None:
    assert limits_of(baseline) is None


def test_chance_is_no_signal() -> None:
    assert told(10, 9, 11, 10, 8, 12, 9, 11) == []
    assert told() == []


def test_a_point_outside() -> None:
    assert told(10, 16.1, 10) == [("a point outside the limits", (1,))]
    assert told(10, 3.9, 10) == [("a point outside the limits", (1,))]
    assert ("a point outside the limits", (1,)) not in told(10, 16, 10)


def test_seven_in_a_row_on_one_side() -> None:
    six = (11, 12, 11, 12, 11, 12)
    assert told(9, *six, 9) == []
    assert told(9, *six, 11, 9) == [("7 points in a row above the mean", tuple(range(1, 8)))]
    assert told(9, 8, 9, 8, 9, 8, 9, 8) == [("7 points in a row below the mean", tuple(range(8)))]
    assert told(*six[:3], 10, *six[:3], 10) == [], "a point on the mean ends the run"


def test_seven_in_one_direction() -> None:
    assert told(8, 8.5, 9, 9.5, 10.5, 11) == []
    assert told(8, 8.5, 9, 9.5, 10.5, 11, 11.5) == [("7 points in a row rising", tuple(range(7)))]
    assert told(12, 11.5, 11, 9.5, 9, 8.5, 8) == [("7 points in a row falling", tuple(range(7)))]
    assert told(8, 8.5, 9, 9, 9.5, 10.5, 11) == [], "an equal point ends it"


def test_two_of_three_near_a_limit() -> None:
    rule = "2 of 3 points near a limit"
    assert told(15, 10, 9) == []
    assert told(15, 9, 15) == [(rule, (0, 2))]
    assert told(15, 9, 10, 15) == []
    assert told(5, 5, 11) == [(rule, (0, 1))]
    assert told(15, 10, 5) == [], "on one side of the mean"
    assert told(9, 14, 14, 9) == [], "the outer third begins beyond 14"


def test_the_baseline_is_stated_and_what_comes_after_does_not_move_it() -> None:
    days = [datetime(2026, 10, 1) + timedelta(days=number) for number in range(40)]
    values: list[float | None] = [10.0, 11.0] * 20
    before = run_chart_of(days, values)
    values[3], values[35] = None, 100.0
    run = run_chart_of(days, values)
    assert run is not None and before is not None
    assert (run.first, run.last) == (days[0], days[28])
    assert (run.limits.points, run.limits.upper < 15) == (28, True)
    assert [(one.rule, one.days) for one in run.signals] == [
        ("a point outside the limits", (days[35],))
    ]
    assert run.special == {days[35]}
    assert before.signals == ()
    assert run_chart_of(days[:11], values[:11]) is None
