"""The two invented winters and their calendars."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from pipelines.base.errors import UsageError

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

BANK_HOLIDAYS = frozenset(
    date(year, month, day)
    for year in (2023, 2024, 2025)
    for month, day in ((1, 1), (12, 25), (12, 26))
)

# The publisher gave up weekend columns in January: that many days after the first.
DAYS_WITH_WEEKENDS = 39


@dataclass(frozen=True)
class Winter:
    """So many consecutive days from `first`, published some days after the last."""

    first: date
    length: int
    published_after_days: int

    @property
    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first + timedelta(days=n) for n in range(self.length)]

    @property
    def last(self) -> date:
        """The last day that has figures."""
        return self.first + timedelta(days=self.length - 1)

    @property
    def published(self) -> date:
        """The day in the workbook's file name."""
        return self.last + timedelta(days=self.published_after_days)

    def cut(self, length: int | None) -> "Winter":
        """This winter, ended after at most `length` days."""
        if length is not None and length < 1:
            raise UsageError(f"A winter of {length} days has no figures: ask for 1.")
        return self if length is None else replace(self, length=min(length, self.length))


FIRST_WINTER = Winter(date(2023, 12, 1), 101, published_after_days=5)
SECOND_WINTER = Winter(date(2024, 12, 2), 91, published_after_days=4)


@dataclass(frozen=True)
class Span:
    """Consecutive days that share one column, by their index in the winter."""

    first: int
    last: int
    label: date | str


def pressure_spans(winter: Winter) -> list[Span]:
    """One span per working day and, until early January, one per run of days off.

    A run of one day keeps its date as a label, a longer one is labelled as the
    publisher does, in three ways: `02-04 Dec 23` (the first), `10-11 Dec-23`, and
    `30 Dec 23 - 01 Jan 24` over a month's end.
    """
    spans: list[Span] = []
    ranges = 0
    for run in _runs(winter.days):
        working = not _is_day_off(winter.days[run[0]])
        if not working and run[0] >= DAYS_WITH_WEEKENDS:
            continue
        if working or len(run) == 1:
            spans += [Span(index, index, winter.days[index]) for index in run]
            continue
        label = _label_range(winter.days[run[0]], winter.days[run[-1]], ranges == 0)
        spans.append(Span(run[0], run[-1], label))
        ranges += 1
    return spans


def _runs(days: list[date]) -> list[list[int]]:
    """Indexes of `days` in runs of working days and runs of days off."""
    runs: list[list[int]] = []
    for index, day in enumerate(days):
        if runs and _is_day_off(days[index - 1]) == _is_day_off(day):
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _is_day_off(day: date) -> bool:
    return day.weekday() >= 5 or day in BANK_HOLIDAYS


def _label_range(first: date, last: date, first_of_all: bool) -> str:
    if first.month != last.month:
        return f"{shorten(first)} - {shorten(last)}"
    separator = " " if first_of_all else "-"
    return f"{first:%d}-{last:%d} {MONTHS[last.month - 1][:3]}{separator}{last:%y}"


def shorten(day: date) -> str:
    """`31 Dec 23`, whatever the locale."""
    return f"{day:%d} {MONTHS[day.month - 1][:3]} {day:%y}"


def write_out(day: date) -> str:
    """`1st December 2023`, whatever the locale."""
    teens = 11 <= day.day <= 13
    suffix = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day.day}{suffix} {MONTHS[day.month - 1]} {day.year}"
