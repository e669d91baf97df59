"""The one place that knows what time it is.

Tests and reruns set `SITREP_NOW`; nothing else in the project calls the system clock
for a time that is stored or compared. What is replayed has the clock of its own time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pipelines.base.errors import UsageError
from pipelines.base.switches import fixed_time

LONDON = ZoneInfo("Europe/London")
"""Zone of schedules and labels; what is stored is UTC."""


_replayed: ContextVar[datetime | None] = ContextVar("replayed", default=None)


def now() -> datetime:
    """The current time in UTC, to the microsecond, or the one that `SITREP_NOW` fixes."""
    if (replayed := _replayed.get()) is not None:
        return replayed
    fixed = fixed_time()
    return parse_instant(fixed) if fixed else datetime.now(UTC)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """It is that moment (with a zone) inside: what happened then is being done again."""
    before = _replayed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _replayed.reset(before)


def london_date(instant: datetime) -> date:
    """The calendar day in London at that instant."""
    return instant.astimezone(LONDON).date()


def parse_instant(text: str) -> datetime:
    """The instant in UTC that `text` (ISO 8601) names; without an offset it is London time.

    Raises `UsageError` for text that is not a time, and for a London time that the clock
    change repeats or skips, because a guess could be an hour wrong.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"'{text}' is not a time. Write it like 2026-11-17T08:00 (London) or 2026-11-17T08:00Z."
        ) from error
    if instant.tzinfo is not None:
        return instant.astimezone(UTC)
    earlier = instant.replace(tzinfo=LONDON, fold=0)
    later = instant.replace(tzinfo=LONDON, fold=1)
    if earlier.utcoffset() != later.utcoffset():
        raise UsageError(
            f"'{text}' is ambiguous or missing in London because the clocks change then. "
            "Give the offset, for instance +00:00 or +01:00."
        )
    return earlier.astimezone(UTC)
