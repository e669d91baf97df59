"""The slots that a slot is compared with: the same weekday and time in London, weeks before.

Demand has the rhythm of the weekday and the hour, so that yesterday says little about today and
08:00 little about 09:00. Bank holidays have the rhythm of Sundays: one is compared with its own
weekday and with Sundays, and passes when either fits; nothing is compared with it later.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache

from pipelines.base.clock import LONDON
from pipelines.registry.cadence import Cadence
from pipelines.registry.slots import day_start, slot_at

WEEKS = 8
"""Long enough for a spread that means something, short enough to follow the season."""
LEAST_WEEKS = 3
"""Of two weeks that differ, nobody knows which is the odd one."""
_EACH_SIDE = timedelta(minutes=30)
"""The same hour, not the same minute: five slots of a week say more than one."""
_DAY = timedelta(days=1)
_SUNDAY = 6

_LOOK_BACK = timedelta(hours=6)
"""How far back the beginning of a change is looked for; one seen before keeps its own."""
_LOOK_BACK_DAILY = timedelta(days=6)

Weeks = tuple[tuple[datetime, ...], ...]
"""The slots of each week before, in UTC, the newest week first."""


def usual_slots(slot: datetime, cadence: Cadence) -> list[Weeks]:
    """The weeks that a slot is compared with; one of the two sets of a bank holiday must fit."""
    local = slot.astimezone(LONDON).replace(tzinfo=None)
    same_weekday = [local - week * 7 * _DAY for week in range(1, WEEKS + 1)]
    sets = [same_weekday]
    if is_bank_holiday(local.date()) and local.weekday() != _SUNDAY:
        last_sunday = local - (local.weekday() + 1) * _DAY
        sets.append([last_sunday - week * 7 * _DAY for week in range(WEEKS)])
    return [
        tuple(_around(time, cadence) for time in one if not is_bank_holiday(time.date()))
        for one in sets
    ]


def slots_in_question(moment: datetime, cadence: Cadence) -> list[datetime]:
    """The complete slots that a change is looked for in, the oldest first."""
    back = _LOOK_BACK_DAILY if cadence.is_daily else _LOOK_BACK
    return recent_slots(newest_complete(moment, cadence), back, cadence)


def recent_slots(newest: datetime, back: timedelta, cadence: Cadence) -> list[datetime]:
    """The newest slot and those of that time before it, the oldest first."""
    if cadence.is_daily:
        day = newest.astimezone(LONDON).date()
        return [day_start(day - count * _DAY) for count in range(back // _DAY, -1, -1)]
    length = timedelta(minutes=cadence.slot_minutes)
    return [newest - count * length for count in range(back // length, -1, -1)]


def newest_complete(moment: datetime, cadence: Cadence) -> datetime:
    """Start of the newest slot whose grace is over at the moment."""
    slot = slot_at(cadence, moment)
    while slot.late_after >= moment:
        slot = slot_at(cadence, slot.start - timedelta(seconds=1))
    return slot.start


def all_needed(slots: Sequence[datetime], cadence: Cadence) -> list[datetime]:
    """The slots and all that they are compared with, each once, in order."""
    needed = set(slots)
    for slot in slots:
        for weeks in usual_slots(slot, cadence):
            needed.update(*weeks)
    return sorted(needed)


def is_bank_holiday(day: date) -> bool:
    """Whether the day is one in England, or the Christmas or New Year's Day that another replaces.

    Holidays that are proclaimed for one year are known once the library `holidays` has them.
    """
    return day in _bank_holidays(day.year)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    from holidays import country_holidays

    return frozenset(country_holidays("GB", subdiv="ENG", years=year))


def _around(local: datetime, cadence: Cadence) -> tuple[datetime, ...]:
    """The slots around that time of day in London; of a daily collection the day."""
    if cadence.is_daily:
        return (day_start(local.date()),)
    length = timedelta(minutes=cadence.slot_minutes)
    middle = slot_at(cadence, local.replace(tzinfo=LONDON)).start
    count = _EACH_SIDE // length
    return tuple(middle + step * length for step in range(-count, count + 1))
