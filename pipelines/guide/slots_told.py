"""Slots and due times in words, with one slot worked through: the one place that tells them.

Everything is taken from the slots themselves, so a cadence of another length is told too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipelines.base.clock import LONDON, london_date
from pipelines.registry.cadence import Cadence
from pipelines.registry.slots import Slot, day_start, slot_at, slots_between

_DAY = timedelta(days=1)
_CLOCKS_CHANGE = (date(2026, 10, 25), date(2027, 3, 28))
"""The days of a winter on which London's clocks go back and forward."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a slot that is worked through."""

    what: str
    london: str
    utc: str


@dataclass(frozen=True, slots=True)
class SlotsTold:
    """What a slot of the collection is, when its figures are due, and one of them in full."""

    noun: str
    """'day', 'month' or 'quarter of an hour'."""
    grid: str
    due: str
    moments: tuple[Moment, ...]
    clock_changes: tuple[str, ...]


def tell_slots(cadence: Cadence, moment: datetime) -> SlotsTold:
    """The slots of that cadence; the one that contains the moment is worked through."""
    slot = slot_at(cadence, moment)
    return SlotsTold(
        slot_noun(cadence, moment),
        _grid(cadence, slot),
        _due(cadence, slot),
        tuple(_moments(slot)),
        tuple(_clock_changes(cadence, slot)),
    )


def slot_noun(cadence: Cadence, moment: datetime) -> str:
    """What a slot of that cadence is called."""
    if cadence.is_dated:
        return "month" if cadence.is_monthly else "day"
    slot = slot_at(cadence, moment)
    return _minutes(slot.end - slot.start)


def last_slot(cadence: Cadence, moment: datetime) -> Slot:
    """The newest slot that had ended at that moment."""
    return slot_at(cadence, slot_at(cadence, moment).start - timedelta(seconds=1))


def london_text(moment: datetime) -> str:
    """The moment as London's clock shows it: 'Tue 24 Nov 2026, 11:00'."""
    return f"{moment.astimezone(LONDON):%a %-d %b %Y, %H:%M}"


def utc_text(moment: datetime) -> str:
    """The moment in UTC, ISO 8601 with a Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _grid(cadence: Cadence, slot: Slot) -> str:
    if cadence.is_monthly:
        return (
            "A slot is a calendar month in London. It begins at midnight on its first day and ends "
            "at midnight after its last day."
        )
    if cadence.is_daily:
        return "A slot is a day in London. It begins at midnight and ends at the next midnight."
    length = slot.end - slot.start
    minutes = int(length / timedelta(minutes=1))
    starts = [f"{minute:02d}" for minute in range(0, 60, minutes)]
    told = f"{', '.join(starts[:-1])} and {starts[-1]}" if len(starts) > 1 else starts[0]
    return (
        f"A slot is {_with_article(_minutes(length))}. Slots begin at minute {told} of each hour. "
        "A slot is named by its start, in UTC. In winter UTC is the time on London's clocks; in "
        "summer UTC is one hour behind them."
    )


def _due(cadence: Cadence, slot: Slot) -> str:
    grace = _duration(slot.late_after - slot.due_at)
    late = (
        f"It is late when it comes more than {grace} after that"
        if grace
        else "It is late after that"
    )
    after = slot.due_at - slot.end
    if cadence.due is None:
        due = f"The file of a slot is due {_duration(after) or 'at once'} after the slot ends."
    else:
        days = (london_date(slot.due_at) - london_date(slot.end - timedelta(seconds=1))).days
        day = "the day after the slot" if days == 1 else f"day {days} after the slot's last day"
        due = f"The file of a slot is due at {cadence.due:%H:%M} in London, on {day}."
    return f"{due} {late}, and missing until it comes."


def _moments(slot: Slot) -> Iterator[Moment]:
    for what, moment in (
        ("The slot begins", slot.start),
        ("The slot ends", slot.end),
        ("Its file is due", slot.due_at),
        ("Its file is late after", slot.late_after),
    ):
        yield Moment(what, london_text(moment), utc_text(moment))


def _clock_changes(cadence: Cadence, slot: Slot) -> Iterator[str]:
    """What is different when the clocks go back, and when they go forward."""
    length = slot.end - slot.start
    for day in _CLOCKS_CHANGE:
        start, end = day_start(day), day_start(day + _DAY)
        hours = (end - start) // timedelta(hours=1)
        way = "back" if hours > 24 else "forward"
        when = f"{day:%A %-d %B %Y}, when the clocks go {way},"
        if cadence.is_monthly:
            month = slot_at(cadence, start)
            all_hours = (month.end - month.start) // timedelta(hours=1)
            yield f"The month of {when} has {all_hours} hours: count all of them."
        elif cadence.is_daily:
            yield f"{when} is a day of {hours} hours: count all of them. Due times do not move."
        else:
            number = sum(1 for _ in slots_between(cadence, start, end))
            usual = timedelta(hours=24) // length
            yield f"{when} has {number} slots, where another day has {usual}."
    if not cadence.is_dated:
        yield (
            "When the clocks go back, the hour from 01:00 to 02:00 comes twice in London. A time "
            "of that hour without an offset is refused (CELL-008). Send times in UTC with a Z, or "
            "with their offset."
        )


def _minutes(length: timedelta) -> str:
    minutes = int(length / timedelta(minutes=1))
    names = {15: "quarter of an hour", 30: "half hour", 60: "hour"}
    return names.get(minutes, f"{minutes} minutes")


def _with_article(noun: str) -> str:
    if noun[0].isdigit():
        return noun
    return f"an {noun}" if noun == "hour" else f"a {noun}"


def _duration(length: timedelta) -> str:
    """'1 hour', '90 minutes'; empty for no time at all."""
    minutes = int(length / timedelta(minutes=1))
    if minutes == 0:
        return ""
    for unit, size in (("day", 1440), ("hour", 60)):
        if minutes % size == 0:
            number = minutes // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
