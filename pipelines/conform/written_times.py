"""Ways in which people and programs write a time that no form of Python's has."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

_ZERO_SECONDS = re.compile(r"(?<![0-9:])([0-9]{1,2}:[0-9]{2}):00(\.0+)?(?![0-9:])")
_END_OF_DAY = re.compile(r"(?<![0-9:.-])24(:?)00((?:\1)00(\.0+)?)?(?![0-9:])")


def without_seconds(text: str) -> str:
    """The text without seconds of 00 behind hours and minutes."""
    return _ZERO_SECONDS.sub(r"\1", text)


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
