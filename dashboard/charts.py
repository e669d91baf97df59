"""Charts as SVG: a line before what is usual, gaps left as gaps, and the same in words.

Colours and widths are attributes of the elements, so that they hold under a strict content policy
and in print. Times on the axis are those of clocks in London.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from math import ceil, floor, log10
from zoneinfo import ZoneInfo

from markupsafe import Markup

from dashboard.picture import Series
from dashboard.run_chart import RunChart
from dashboard.words import number, slot_told

_LONDON = ZoneInfo("Europe/London")
_LINE, _BAND, _MEDIAN, _GRID, _TEXT, _STANDARD, _SPECIAL = (
    "#005eb8", "#d2e2f1", "#768692", "#d8dde0", "#4c6272", "#d5281b", "#7c2855",
)  # fmt: skip
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 10, 26
SIZE = (720, 240)
"""Width and height of a chart; its text is 12 high."""
_MOST_MARKS = 12
"""Marks on an axis of days; more would run into each other."""


@dataclass(frozen=True)
class _Scale:
    first: datetime
    last: datetime
    low: float
    high: float
    width: int
    height: int

    def x(self, time: datetime) -> float:
        whole = (self.last - self.first).total_seconds() or 1
        part = (time - self.first).total_seconds() / whole
        return round(_LEFT + part * (self.width - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        part = (value - self.low) / ((self.high - self.low) or 1)
        return round(self.height - _BOTTOM - part * (self.height - _TOP - _BOTTOM), 1)


def line_chart(
    series: Series,
    title: str,
    unit: str,
    standard: float | None = None,
    chart_id: str = "chart",
    run: RunChart | None = None,
    size: tuple[int, int] = SIZE,
    span: tuple[float, ...] = (),
) -> Markup:
    """The chart as an SVG element that shrinks with the page; its scale reaches `span` too."""
    width, height = size
    limits = (run.limits.lower, run.limits.upper) if run else ()
    shown = [
        one
        for one in (*series.values, *series.highest, standard, *limits, *span)
        if one is not None
    ]
    if not series.times or not shown:
        return Markup("")
    scale = _scale(series, shown, width, height)
    parts = [
        f'<svg class="chart" role="img" aria-labelledby="{chart_id}-t {chart_id}-d" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="Arial, Liberation Sans, sans-serif" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{chart_id}-t">{escape(title)}</title>',
        f'<desc id="{chart_id}-d">{escape(describe(series, unit))}</desc>',
        *_grid(scale, is_daily=series.is_daily),
        *_band(series, scale),
        *_lines(
            series.times, series.median, scale, _MEDIAN, 'stroke-dasharray="4 3" ', series.step
        ),
        *_standard(standard, scale),
        *_lines(series.times, series.values, scale, _LINE, "", series.step, stroke=2),
        *_incomplete(series, scale),
        *_run(series, run, scale),
        "</svg>",
    ]
    return Markup("".join(parts))


def spark_line(series: Series) -> Markup:
    """A small line of 120 × 28 beside a figure; what it says stands beside it in words."""
    known = [one for one in series.values if one is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(known), max(known)
    whole = (series.times[-1] - series.times[0]).total_seconds() or 1

    def at(time: datetime, value: float) -> str:
        x = 2 + 116 * (time - series.times[0]).total_seconds() / whole
        y = 25 - 22 * ((value - low) / ((high - low) or 1))
        return f"{x:.1f} {y:.1f}"

    paths = "".join(
        f'<path fill="none" stroke="{_LINE}" stroke-width="1.5" d="M{" L".join(run)}"/>'
        for run in _runs(series.times, series.values, at, series.step)
    )
    return Markup(
        '<svg class="spark" aria-hidden="true" focusable="false" viewBox="0 0 120 28" width="120" '
        f'height="28" xmlns="http://www.w3.org/2000/svg">{paths}</svg>'
    )


def describe(series: Series, unit: str) -> str:
    """The chart in words: from when to when, lowest, highest, newest, and what is missing."""
    known = [
        (time, one)
        for time, one in zip(series.times, series.values, strict=True)
        if one is not None
    ]
    if not known:
        return "No values."
    lowest = min(known, key=lambda one: one[1])
    highest = max(known, key=lambda one: one[1])

    def told(point: tuple[datetime, float]) -> str:
        return slot_told(point[0], is_day=series.is_daily)

    words = (
        f"From {told(known[0])} to {told(known[-1])}, {unit}: lowest {number(lowest[1])} "
        f"at {told(lowest)}, highest {number(highest[1])} at {told(highest)}, newest "
        f"{number(known[-1][1])}."
    )
    partial = sum(not one for one in series.is_whole)
    if partial:
        words += f" {partial} of {len(series.times)} points lack somebody who was expected."
    return words


def _scale(series: Series, shown: Sequence[float], width: int, height: int) -> _Scale:
    low, high = min(shown), max(shown)
    low = min([low, *(one for one in series.lowest if one is not None)])
    if low >= 0 and low < high * 0.6:
        low = 0.0
    step = _nice((high - low) / 4 or 1)
    low, high = floor(low / step) * step, ceil(high / step) * step
    if low == high:
        high += step
    return _Scale(series.times[0], series.times[-1], low, high, width, height)


def _nice(step: float) -> float:
    power = 10.0 ** floor(log10(step))
    return float(next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= step))


def _grid(scale: _Scale, *, is_daily: bool) -> Iterator[str]:
    gap = _nice((scale.high - scale.low) / 4)
    value = scale.low
    while value <= scale.high + gap / 100:
        y = scale.y(value)
        yield (
            f'<line x1="{_LEFT}" y1="{y}" x2="{scale.width - _RIGHT}" y2="{y}" stroke="{_GRID}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4}" font-size="12" text-anchor="end" fill="{_TEXT}">'
            f"{number(value)}</text>"
        )
        value += gap
    for time, told in _marks(scale, is_daily=is_daily):
        x, foot = scale.x(time), scale.height - _BOTTOM
        yield (
            f'<line x1="{x}" y1="{foot}" x2="{x}" y2="{foot + 4}" stroke="{_TEXT}"/>'
            f'<text x="{x}" y="{scale.height - 8}" font-size="12" '
            f'text-anchor="middle" fill="{_TEXT}">{told}</text>'
        )


def _marks(scale: _Scale, *, is_daily: bool) -> Iterator[tuple[datetime, str]]:
    """Where the axis of time has words: every twelve hours in London, or every week or so."""
    if is_daily:
        day = scale.first
        weeks = max(1, ceil((scale.last - scale.first) / timedelta(days=7) / _MOST_MARKS))
        while day <= scale.last:
            yield day, f"{day:%-d %b}"
            day += timedelta(days=7 * weeks)
        return
    local = scale.first.replace(tzinfo=UTC).astimezone(_LONDON)
    hour = (local + timedelta(hours=1)).replace(minute=0, second=0)
    for _ in range(24 * 8):
        moment = hour.astimezone(UTC).replace(tzinfo=None)
        if moment > scale.last:
            return
        shown = moment.replace(tzinfo=UTC).astimezone(_LONDON)
        if shown.hour % 12 == 0:
            yield moment, f"{shown:%a %H:%M}"
        hour = (moment.replace(tzinfo=UTC) + timedelta(hours=1)).astimezone(_LONDON)


def _band(series: Series, scale: _Scale) -> Iterator[str]:
    """What is usual, from the lowest to the highest of the weeks before."""
    run: list[tuple[datetime, float, float]] = []
    ended = [*zip(series.times, series.lowest, series.highest, strict=False), (None, None, None)]
    for time, low, high in ended:
        if time is not None and low is not None and high is not None:
            run.append((time, low, high))
            continue
        if len(run) > 1:
            upper = [f"{scale.x(one)} {scale.y(most)}" for one, _, most in run]
            lower = [f"{scale.x(one)} {scale.y(least)}" for one, least, _ in reversed(run)]
            yield f'<path fill="{_BAND}" stroke="none" d="M{" L".join([*upper, *lower])} Z"/>'
        run = []


def _lines(
    times: Sequence[datetime],
    values: Sequence[float | None],
    scale: _Scale,
    colour: str,
    dash: str,
    step: timedelta,
    stroke: int = 1,
) -> Iterator[str]:
    def at(time: datetime, value: float) -> str:
        return f"{scale.x(time)} {scale.y(value)}"

    for run in _runs(times, values, at, step):
        if len(run) == 1:
            x, y = run[0].split()
            yield f'<circle cx="{x}" cy="{y}" r="{stroke}" fill="{colour}"/>'
        else:
            yield (
                f'<path fill="none" stroke="{colour}" stroke-width="{stroke}" {dash}'
                f'd="M{" L".join(run)}"/>'
            )


def _runs(
    times: Sequence[datetime],
    values: Sequence[float | None],
    at: Callable[[datetime, float], str],
    step: timedelta,
) -> Iterator[list[str]]:
    """The points that follow each other without a gap."""
    run: list[str] = []
    before: datetime | None = None
    for time, value in zip(times, values, strict=False):
        if run and (value is None or (before is not None and time - before > step)):
            yield run
            run = []
        if value is not None:
            run.append(at(time, value))
            before = time
    if run:
        yield run


def _standard(standard: float | None, scale: _Scale) -> Iterator[str]:
    if standard is not None and scale.low <= standard <= scale.high:
        y = scale.y(standard)
        yield (
            f'<line x1="{_LEFT}" y1="{y}" x2="{scale.width - _RIGHT}" y2="{y}" '
            f'stroke="{_STANDARD}" stroke-dasharray="8 4"/>'
            f'<text x="{scale.width - _RIGHT}" y="{y - 4}" font-size="12" '
            f'text-anchor="end" fill="{_STANDARD}">standard {number(standard)}</text>'
        )


def _run(series: Series, run: RunChart | None, scale: _Scale) -> Iterator[str]:
    """The mean and the limits as lines, and a diamond where a rule holds."""
    if run is None:
        return
    limits = run.limits
    for level, dash in ((limits.mean, ""), (limits.lower, "2 4"), (limits.upper, "2 4")):
        y = scale.y(level)
        yield (
            f'<line x1="{_LEFT}" y1="{y}" x2="{scale.width - _RIGHT}" y2="{y}" '
            f'stroke="{_MEDIAN}" stroke-dasharray="{dash}"/>'
        )
    for time, value in zip(series.times, series.values, strict=True):
        if value is not None and time in run.special:
            x, y = scale.x(time), scale.y(value)
            yield (
                f'<path fill="{_SPECIAL}" stroke="#ffffff" '
                f'd="M{x} {y - 6} L{x + 6} {y} L{x} {y + 6} L{x - 6} {y} Z"/>'
            )


def _incomplete(series: Series, scale: _Scale) -> Iterator[str]:
    """Hollow points where somebody was missing, at most the newest twelve."""
    partial = [
        (time, value)
        for time, value, whole in zip(series.times, series.values, series.is_whole, strict=True)
        if value is not None and not whole
    ]
    for time, value in partial[-12:]:
        yield (
            f'<circle cx="{scale.x(time)}" cy="{scale.y(value)}" r="3" fill="#ffffff" '
            f'stroke="{_LINE}" stroke-width="1.5"/>'
        )
