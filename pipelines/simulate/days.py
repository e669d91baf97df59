"""London days and their slots: a day has 96 quarter-hours, 92 or 100 when the clocks change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from pipelines.base.clock import LONDON, london_date
from pipelines.registry.cadence import Cadence

_DAY = timedelta(days=1)


def london_midnight(day: date) -> datetime:
    """The instant at which that day begins in London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def at_london(day: date, moment: time) -> datetime:
    """The instant of that time of day in London; of a repeated hour the first."""
    return datetime.combine(day, moment, LONDON).astimezone(UTC)


@lru_cache(maxsize=64)
def slots_of_day(day: date, slot_minutes: int) -> tuple[datetime, ...]:
    """The starts in UTC of the slots of a London day, in order; a daily slot starts at midnight."""
    start, end = london_midnight(day), london_midnight(day + _DAY)
    length = timedelta(minutes=slot_minutes)
    count = max(1, (end - start) // length)
    return tuple(start + number * length for number in range(count))


def days_between(start: datetime, end: datetime | None) -> Iterator[date]:
    """The London days that begin before `end` and end after `start`; without `end`, all on."""
    day = london_date(start)
    while end is None or london_midnight(day) < end:
        yield day
        day += _DAY


def slot_end(slot: datetime, cadence: Cadence) -> datetime:
    """The end in UTC of the slot that begins then."""
    if cadence.is_daily:
        return london_midnight(london_date(slot) + _DAY)
    return slot + timedelta(minutes=cadence.slot_minutes)


def due_at(slot: datetime, cadence: Cadence) -> datetime:
    """When the data of that slot is due, grace not counted."""
    if cadence.due is not None:
        return at_london(london_date(slot) + _DAY, cadence.due)
    assert cadence.due_minutes is not None
    return slot_end(slot, cadence) + timedelta(minutes=cadence.due_minutes)
