"""Ways in which people and programs write a time that no form of Python's has."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

_ZERO_SECONDS = re.compile(r"(?<![0-9:])([0-9]{1,2}:[0-9]{2}):00(\.0+)?(?![0-9:])")
_CLOCK = r"[0-9]{1,2}[:.][0-9]{2}(?::[0-9]{2})?(?:\s?[AaPp][Mm])?"
_START_AND_END = re.compile(
    rf"(?P<before>(?:.*[T\s,])?)(?P<start>{_CLOCK})\s*(?:-|–|—|\bto\b)\s*(?P<end>{_CLOCK})"
)
_DAY, _HALF_A_DAY = 24 * 60, 12 * 60
_END_OF_DAY = re.compile(r"(?<![0-9:.-])24(:?)00((?:\1)00(\.0+)?)?(?![0-9:])")


def without_seconds(text: str) -> str:
    """The text without seconds of 00 behind hours and minutes."""
    return _ZERO_SECONDS.sub(r"\1", text)


def without_end(text: str, length: timedelta) -> str | None:
    """The text without the end of a slot: '20/11 09:00' of '20/11 09:00-09:15'.

    None where it has no end, or one that is not the end of a slot of that length.
    """
    found = _START_AND_END.fullmatch(text.strip())
    if found is None:
        return None
    start, end = (_minutes_of_clock(found[name]) for name in ("start", "end"))
    if start is None or end is None:
        return None
    day = _HALF_A_DAY if _has_half(found["start"]) and not _has_half(found["end"]) else _DAY
    minutes = length.total_seconds() / 60
    return found["before"] + found["start"] if (end - start - minutes) % day == 0 else None


def _has_half(clock: str) -> bool:
    return clock[-1:].casefold() == "m"


def _minutes_of_clock(text: str) -> float | None:
    """Minutes since midnight of 09:15, 9.15 or 09:15 PM; None beyond the day's hours."""
    hours, minutes, seconds = (int(one) for one in (*re.findall("[0-9]+", text), 0)[:3])
    half = text.strip()[-2:].casefold()
    if half in ("am", "pm"):
        hours = hours % 12 + (12 if half == "pm" else 0)
    return hours * 60 + minutes + seconds / 60 if hours <= 24 and minutes < 60 else None


def read_midnight(text: str, read: Callable[[str], datetime | None]) -> datetime | None:
    """The midnight that 24:00 of a day is; None where the text is no such time."""
    found = _END_OF_DAY.search(text)
    if found is None:
        return None
    start = found.start()
    day = read(f"{text[:start]}00{text[start + 2 :]}")
    try:
        return None if day is None else day + timedelta(days=1)
    except OverflowError:
        return None
