"""When a file is made, which its name tells, and when it arrives.

Every kind of file of a feed is made in minutes of its own within a quarter of an hour (or within
a day), so that no two files of a feed have the same name:

    minutes 0 to 3   the file of the slot that has just ended
    minutes 6 to 12  corrections of an earlier slot
    minute 14        an earlier file, sent again

Only a feed whose names have London's time could repeat one, in the hour that the clocks repeat.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from pipelines.clock import LONDON, london_date
from pipelines.contract import Cadence
from pipelines.errors import UsageError
from pipelines.feed import Feed
from pipelines.simulate.days import at_london, due_at, slot_end

_QUARTER = timedelta(minutes=15)
_STAMP = "%Y%m%dT%H%M%S"
_DAILY_FIRST_BEFORE_DUE = timedelta(hours=4)
_DAILY_LAST_BEFORE_DUE = timedelta(minutes=15)
_OLDER_AFTER = (timedelta(minutes=10), timedelta(minutes=90))
_LATE_AFTER = (timedelta(minutes=1), timedelta(minutes=90))
_LATE_AFTER_DAILY = (timedelta(minutes=10), timedelta(hours=6))


@dataclass(frozen=True, slots=True)
class Sending:
    """When a file is made and when it arrives."""

    made_at: datetime
    arrives_at: datetime


class Timing:
    """When the files of one collection's feeds come; chances are numbers from 0 to 1."""

    def __init__(self, cadence: Cadence) -> None:
        self._cadence = cadence

    def ordinary(self, slot: datetime, chance: float) -> Sending:
        """On time: 1 to 4 minutes after a quarter of an hour, a daily file the next morning."""
        if self._cadence.is_daily:
            due = due_at(slot, self._cadence)
            first, last = due - _DAILY_FIRST_BEFORE_DUE, due - _DAILY_LAST_BEFORE_DUE
            arrives_at = _between(first, last, chance)
        else:
            end = slot_end(slot, self._cadence)
            due_in = due_at(slot, self._cadence) - end
            arrives_at = _between(end + due_in / 5, end + due_in * 4 / 5, chance)
        made_at = arrives_at - timedelta(seconds=5 + 40 * chance)
        return Sending(made_at.replace(microsecond=0), arrives_at)

    def late(self, slot: datetime, chance: float) -> Sending:
        """Made on time, and arriving after it was due and the grace was over."""
        over = due_at(slot, self._cadence) + timedelta(minutes=self._cadence.grace_minutes)
        after = _LATE_AFTER_DAILY if self._cadence.is_daily else _LATE_AFTER
        made_at = self.ordinary(slot, chance).made_at
        return Sending(made_at, _between(over + after[0], over + after[1], chance))

    def held_up(self, slot: datetime, chance: float) -> Sending:
        """Made just before the file that `ordinary` tells of, and arriving after it."""
        newer = self.ordinary(slot, chance)
        older = newer.made_at - timedelta(seconds=7)
        return Sending(
            older,
            _between(
                newer.arrives_at + _OLDER_AFTER[0], newer.arrives_at + _OLDER_AFTER[1], chance
            ),
        )

    def correction(self, slot: datetime, number: int, chance: float) -> Sending:
        """Some time after the file of the slot; `number` counts the slots of the day."""
        if self._cadence.is_daily:
            made_at = self._on_the_next_day(slot, 13, chance)
        else:
            quarters = 1 + int(chance * 10)
            seconds = 360 + 7 * (number % 60)
            end = slot_end(slot, self._cadence)
            made_at = end + quarters * _QUARTER + timedelta(seconds=seconds)
        return Sending(made_at, made_at + timedelta(seconds=10 + 30 * chance))

    def repeat(self, slot: datetime, number: int, chance: float) -> Sending:
        """The same file once more, within the hour; a daily one around noon."""
        if self._cadence.is_daily:
            made_at = self._on_the_next_day(slot, 12, chance)
        else:
            seconds = 840 + number % 60
            end = slot_end(slot, self._cadence)
            made_at = end + int(chance * 4) * _QUARTER + timedelta(seconds=seconds)
        return Sending(made_at, made_at + timedelta(seconds=2 + 8 * chance))

    def _on_the_next_day(self, slot: datetime, hour: int, chance: float) -> datetime:
        """Within that hour in London on the day after the slot."""
        day = london_date(slot_end(slot, self._cadence))
        return at_london(day, time(hour)) + timedelta(seconds=int(chance * 3000))


def file_name(feed: Feed, made_at: datetime) -> str:
    """The feed's pattern with that time in place of its first '*'.

    Raises `UsageError` where the pattern leaves no place for a time, or more than that.
    """
    told = feed.file_time
    stamp = made_at
    if told is not None and told.zone == "Europe/London":
        stamp = made_at.astimezone(LONDON)
    name = feed.source.pattern.replace("*", stamp.strftime(told.format if told else _STAMP), 1)
    if name == feed.source.pattern or not feed.matches(name):
        raise UsageError(
            f"{feed.feed_id}: the pattern '{feed.source.pattern}' needs one '*', where the time "
            "goes in the names of its files."
        )
    return name


def _between(first: datetime, last: datetime, chance: float) -> datetime:
    return (first + (last - first) * chance).replace(microsecond=0)
