"""When a file is made, which its name tells, and when it arrives.

Every kind of file of a feed is made in minutes of its own within a quarter of an hour (or within
a day), so that no two files of a feed have the same name:

    minutes 0 to 3   the file of the slot that has just ended
    minutes 6 to 12  corrections of an earlier slot
    minute 14        an earlier file, sent again

Only a feed whose names have London's time could repeat one, in the hour that the clocks repeat.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from pipelines.base.clock import LONDON, london_date
from pipelines.base.errors import UsageError
from pipelines.registry.cadence import Cadence
from pipelines.registry.feed import Feed
from pipelines.simulate.days import at_london, due_at, slot_end

_QUARTER = timedelta(minutes=15)
_STAMP = "%Y%m%dT%H%M%S"
_ANY_TIME = datetime(2026, 11, 1, tzinfo=UTC)
_DAILY_FIRST_BEFORE_DUE = timedelta(hours=4)
_DAILY_WITHIN = timedelta(hours=3, minutes=45)
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
        # Every feed asks for the same slots.
        self._usual = lru_cache(maxsize=1024)(self._when_usual)

    def ordinary(self, slot: datetime, chance: float) -> Sending:
        """On time: between the slot's end and when it is due, a daily file the next morning."""
        first, seconds = self._usual(slot)
        arrives_at = first + timedelta(seconds=int(seconds * chance))
        return Sending(arrives_at - timedelta(seconds=5 + int(40 * chance)), arrives_at)

    def _when_usual(self, slot: datetime) -> tuple[datetime, float]:
        """The first moment at which the slot's file comes, and within how many seconds."""
        due = due_at(slot, self._cadence)
        if self._cadence.is_daily:
            return due - _DAILY_FIRST_BEFORE_DUE, _DAILY_WITHIN.total_seconds()
        end = slot_end(slot, self._cadence)
        return end + (due - end) / 5, (due - end).total_seconds() * 3 / 5

    def late(self, slot: datetime, chance: float) -> Sending:
        """Made on time, and arriving after it was due and the grace was over."""
        over = due_at(slot, self._cadence) + timedelta(minutes=self._cadence.grace_minutes)
        after = _LATE_AFTER_DAILY if self._cadence.is_daily else _LATE_AFTER
        made_at = self.ordinary(slot, chance).made_at
        return Sending(made_at, _between(over + after[0], over + after[1], chance))

    def held_up(self, slot: datetime, chance: float) -> Sending:
        """Made just before the file of `ordinary`, and arriving after it."""
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


class FileNames:
    """The names of a feed's files: its pattern, with the time at which a file is made for '*'.

    Raises `UsageError` where the pattern leaves no place for a time, or more than that.
    """

    def __init__(self, feed: Feed) -> None:
        told = feed.file_time
        self._format = told.format if told else _STAMP
        self._in_london = told is not None and told.zone == "Europe/London"
        self._before, _, self._after = feed.pattern.partition("*")
        if "*" not in feed.pattern or not feed.matches(self.name(_ANY_TIME)):
            raise UsageError(
                f"{feed.feed_id}: the pattern '{feed.pattern}' needs one '*', where the "
                "time goes in the names of its files."
            )

    def name(self, made_at: datetime) -> str:
        """The name of the file that was made then."""
        if self._format == _STAMP and not self._in_london:
            # What `strftime` gives, in a fifth of its time.
            text = made_at.isoformat().replace("-", "").replace(":", "")[:15]
        else:
            local = made_at.astimezone(LONDON) if self._in_london else made_at
            text = local.strftime(self._format)
        return f"{self._before}{text}{self._after}"


def _between(first: datetime, last: datetime, chance: float) -> datetime:
    return (first + (last - first) * chance).replace(microsecond=0)
