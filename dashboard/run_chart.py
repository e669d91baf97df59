"""XmR limits and the rules of NHS England's "Making Data Count" for a series of days.

Limits are the mean of a baseline and 2.66 times its mean moving range to either side (Shewhart's
constant for individual values). The baseline is stated and frozen: points after it do not move it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

_LIMITS = 2.66
"""3 / 1.128: three sigma of individual values from the mean of moving ranges of two."""
_FEWEST = 12
"""Points of a baseline below which limits say little."""
_BASELINE = 28
"""Four weeks: each weekday counts as often."""
_RUN = 7
"""Points in a row on one side of the mean, or in one direction, that are no chance."""


@dataclass(frozen=True)
class ProcessLimits:
    """The mean of a baseline and its process limits."""

    mean: float
    lower: float
    upper: float
    points: int
    """Points of the baseline that it was made of."""

    @property
    def is_provisional(self) -> bool:
        """Whether the baseline is too short to lean on."""
        return self.points < _FEWEST


@dataclass(frozen=True)
class Signal:
    """What is special about some points: a rule, and the numbers of the points from 0."""

    rule: str
    points: tuple[int, ...]
    days: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class RunChart:
    """A series with the limits of its baseline, and what in it is special."""

    limits: ProcessLimits
    signals: tuple[Signal, ...]
    first: datetime
    last: datetime
    """The days of the baseline."""

    @property
    def special(self) -> frozenset[datetime]:
        """The days of all points that a rule holds for."""
        return frozenset(day for signal in self.signals for day in signal.days)


def run_chart_of(days: Sequence[datetime], values: Sequence[float | None]) -> RunChart | None:
    """The run chart of daily values; its baseline are the first 28 days that have one.

    None where fewer than 12 have.
    """
    known = [(day, value) for day, value in zip(days, values, strict=True) if value is not None]
    baseline = known[:_BASELINE]
    limits = limits_of([value for _, value in baseline])
    if limits is None or limits.is_provisional:
        return None
    signals = tuple(
        Signal(one.rule, one.points, tuple(known[number][0] for number in one.points))
        for one in signals_of([value for _, value in known], limits)
    )
    return RunChart(limits, signals, baseline[0][0], baseline[-1][0])


def limits_of(baseline: Sequence[float]) -> ProcessLimits | None:
    """The limits that a baseline gives; None of fewer than two points."""
    if len(baseline) < 2:
        return None
    mean = sum(baseline) / len(baseline)
    ranges = [abs(later - earlier) for earlier, later in pairwise(baseline)]
    reach = _LIMITS * sum(ranges) / len(ranges)
    return ProcessLimits(mean, mean - reach, mean + reach, len(baseline))


def signals_of(values: Sequence[float], limits: ProcessLimits) -> list[Signal]:
    """What in the values is special: each rule once for each run of points that it holds for."""
    return [
        *_outside(values, limits),
        *_one_side(values, limits),
        *_one_direction(values),
        *_near_a_limit(values, limits),
    ]


def _outside(values: Sequence[float], limits: ProcessLimits) -> Iterator[Signal]:
    for number, value in enumerate(values):
        if not limits.lower <= value <= limits.upper:
            yield Signal("a point outside the limits", (number,))


def _one_side(values: Sequence[float], limits: ProcessLimits) -> Iterator[Signal]:
    sides = [(value > limits.mean) - (value < limits.mean) for value in values]
    for first, last, side in _runs(sides):
        if side and last - first + 1 >= _RUN:
            told = "above" if side > 0 else "below"
            yield Signal(f"{_RUN} points in a row {told} the mean", tuple(range(first, last + 1)))


def _one_direction(values: Sequence[float]) -> Iterator[Signal]:
    steps = [(later > earlier) - (later < earlier) for earlier, later in pairwise(values)]
    for first, last, step in _runs(steps):
        # Seven points have six steps between them.
        if step and last - first + 2 >= _RUN:
            told = "rising" if step > 0 else "falling"
            yield Signal(f"{_RUN} points in a row {told}", tuple(range(first, last + 2)))


def _near_a_limit(values: Sequence[float], limits: ProcessLimits) -> Iterator[Signal]:
    """Two of three points in a row in the outer third of one side, and within the limits."""
    third = (limits.upper - limits.mean) / 3
    for side in (1, -1):
        near = [2 * third < side * (value - limits.mean) <= 3 * third for value in values]
        last_told = -1
        for number in range(2, len(values)):
            points = [one for one in range(number - 2, number + 1) if near[one]]
            if len(points) >= 2 and points[-1] > last_told:
                last_told = points[-1]
                yield Signal("2 of 3 points near a limit", tuple(points))


def _runs(values: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """First and last number of each run of equal values, and the value."""
    first = 0
    for number in range(1, len(values) + 1):
        if number == len(values) or values[number] != values[first]:
            yield first, number - 1, values[first]
            first = number
