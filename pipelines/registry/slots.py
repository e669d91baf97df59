"""The slot grid: which reporting intervals a collection has, and by when their data is due.

A slot is half-open, `[start, end)`, in UTC. A day is a day in London, from midnight to midnight,
so that it has 23 or 25 hours when the clocks change, and a month is one of such days; a quarter of
an hour is one in UTC, so that such a day has 92 or 100 of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pipelines.base.clock import LONDON, london_date
from pipelines.registry.cadence import Cadence

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """One expected reporting interval; its data is late when it comes after `late_after`."""

    start: datetime
    end: datetime
    due_at: datetime
    late_after: datetime


def slots_between(cadence: Cadence, first: datetime, last: datetime) -> Iterator[Slot]:
    """The slots that start at or after `first` and before `last`, in their order."""
    slot = slot_at(cadence, first)
    if slot.start < first:
        slot = slot_at(cadence, slot.end)
    while slot.start < last:
        yield slot
        slot = slot_at(cadence, slot.end)


def slot_at(cadence: Cadence, instant: datetime) -> Slot:
    """The slot that contains the instant."""
    if cadence.is_daily:
        day = london_date(instant)
        start, end = day_start(day), day_start(day + _DAY)
    elif cadence.is_monthly:
        first = month_start(london_date(instant))
        start, end = day_start(first), day_start(next_month(first))
    else:
        length = timedelta(minutes=cadence.slot_minutes)
        moment = instant.astimezone(UTC)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        start = midnight + (moment - midnight) // length * length
        end = start + length
    due_at = _due_at(cadence, end)
    return Slot(start, end, due_at, due_at + timedelta(minutes=cadence.grace_minutes))


def day_start(day: date) -> datetime:
    """The first moment of the day in London, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def month_start(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after that of the day."""
    return (day.replace(day=28) + 4 * _DAY).replace(day=1)


def _due_at(cadence: Cadence, end: datetime) -> datetime:
    if cadence.due is None:
        return end + timedelta(minutes=cadence.due_minutes or 0)
    due_on = london_date(end) + (cadence.due_days - 1) * _DAY
    return datetime.combine(due_on, cadence.due, LONDON).astimezone(UTC)
