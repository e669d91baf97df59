"""Weeks of London days from Monday to Sunday, as ISO 8601 counts them; changes of the clocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.base.errors import UsageError
from pipelines.registry.slots import day_start

_NAME = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, order=True)
class LetterWeek:
    """A week by its Monday."""

    first: date

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    @property
    def before(self) -> "LetterWeek":
        """The week before."""
        return LetterWeek(self.first - timedelta(days=7))

    @property
    def end(self) -> datetime:
        """The first moment after it, in UTC."""
        return day_start(self.first + timedelta(days=7))

    @property
    def name(self) -> str:
        """As in 2026-W47; the year is that of its Thursday."""
        year, number, _ = self.first.isocalendar()
        return f"{year}-W{number:02d}"

    @property
    def told(self) -> str:
        """From its Monday to its Sunday, in words."""
        first = f"{self.first:%-d %B}" + (
            f" {self.first:%Y}" if self.first.year != self.last.year else ""
        )
        return f"Monday {first} to Sunday {self.last:%-d %B %Y}"

    def has(self, day: date) -> bool:
        """Whether the London day is in it."""
        return self.first <= day <= self.last


@dataclass(frozen=True)
class ClockChange:
    """A London day that has 23 or 25 hours."""

    day: date
    hours: int

    @property
    def is_back(self) -> bool:
        """Whether the clocks go back on it."""
        return self.hours > 24

    def told(self, *, is_over: bool, has_quarter_hours: bool) -> str:
        """What happens on the day, and what it means for slots."""
        way = "back" if self.is_back else "forward"
        goes, has = ("went", "had") if is_over else ("go", "has")
        hours = (
            f"The clocks {goes} {way} on {self.day:%A %-d %B %Y}: the day {has} {self.hours} hours"
        )
        if not has_quarter_hours:
            return f"{hours}."
        told = f"{hours}, and {self.hours * 4} quarter-hours in place of 96."
        if not is_over:
            how = "come twice" if self.is_back else "do not exist"
            told += (
                f" The times from 01:00 to 02:00 {how} in London: send times with their offset, "
                "or in UTC."
            )
        return told


def week_named(name: str) -> LetterWeek:
    """The week of that name; raises `UsageError` where there is none."""
    told = _NAME.fullmatch(name.strip())
    try:
        if told is None:
            raise ValueError
        return LetterWeek(date.fromisocalendar(int(told[1]), int(told[2]), 1))
    except ValueError as error:
        raise UsageError(
            f"'{name}' is no week. Write it like 2026-W47: the ISO year, and a week from W01 to "
            "W52 (W53 in some years)."
        ) from error


def last_whole_week(today: date) -> LetterWeek:
    """The newest week that is over on that London day."""
    return LetterWeek(today - timedelta(days=today.weekday() + 7))


def clock_changes(first: date, last: date) -> Iterator[ClockChange]:
    """The changes of London's clocks on these days and between."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        hours = (day_start(day + timedelta(days=1)) - day_start(day)) // _HOUR
        if hours != 24:
            yield ClockChange(day, hours)
