"""What the text of a month means: 2024-12, 12/2024, Dec-24, December 2024, 2024-12-01.

A day stands for its month where it is the first or the last one, as programs export months. Where
a text can be read as two months, it is nobody's guess: the feed's `format` has to say which.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

NO_MONTH = "CELL-016"
OPEN_MONTH = "CELL-017"
"""Codes of a text that is no month, and of one that may be two."""

_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_SHORTEST_NAME = 3
_FIRST_YEAR, _LAST_YEAR = 1990, 2099
"""Years of four digits that a month of a report can have."""
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:00)?$")
_PARTS = re.compile(r"[0-9]+|[^\W\d_]+")
_BETWEEN = re.compile(r"[\s/.,_'’‐‑‒–-]*")
_TOGETHER = re.compile(r"[0-9]{6}")
_MOST_SIGNS = 40

Found = tuple[date | None, str | None]
"""The first day of the month, or None and the code of what is wrong with the text."""


def read_month(text: str) -> Found:
    """The month that the text names by itself, without a format that says how it is written."""
    plain = _MIDNIGHT.sub("", text.strip())
    if len(plain) > _MOST_SIGNS:
        return None, NO_MONTH
    parts = _PARTS.findall(plain)
    if any(_BETWEEN.fullmatch(gap) is None for gap in _PARTS.split(plain)):
        return None, NO_MONTH
    found = set(_readings(parts))
    months = {month_of(day) for day in found}
    if len(months) > 1:
        return None, OPEN_MONTH
    return month_with_edges(found.pop()) if found else (None, NO_MONTH)


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def month_with_edges(day: date) -> Found:
    """The month of a day that is its first or its last; any other day names a day."""
    is_edge = day.day == 1 or (day + timedelta(days=1)).day == 1
    return (month_of(day), None) if is_edge else (None, NO_MONTH)


def _readings(parts: list[str]) -> Iterator[date]:
    """Every day, or first day of a month, that the parts can mean."""
    if len(parts) == 1 and _TOGETHER.fullmatch(parts[0]):
        whole = parts[0]
        yield from _month(whole[:4], whole[4:])
        yield from _month(whole[2:], whole[:2])
    elif len(parts) == 2:
        yield from _of_two(*parts)
    elif len(parts) == 3:
        yield from _of_three(*parts)


def _of_two(first: str, second: str) -> Iterator[date]:
    """A month and a year; with a year of two digits the name of the month comes first."""
    yield from _month(second, first)
    if first.isdecimal() and not second.isdecimal() and len(first) <= 2:
        # 24-Dec is a day to most people, and Excel writes it so.
        if named := _named(second):
            yield from (date(2000 + int(first), named, 1), date(1990, named, 1))
        return
    yield from _month(first, second)


def _of_three(first: str, second: str, third: str) -> Iterator[date]:
    """A day with its month and year, in any order that people use."""
    if len(first) == 4:
        yield from _day(first, second, third)
        return
    yield from _day(third, second, first)
    yield from _day(third, first, second)


def _month(year: str, month: str) -> Iterator[date]:
    yield from _day(year, month, "1")


def _day(year: str, month: str, day: str) -> Iterator[date]:
    number = int(month) if _is_number(month, 2) else _named(month)
    whole_year = _year(year)
    if number is None or whole_year is None or not _is_number(day, 2):
        return
    try:
        yield date(whole_year, number, int(day))
    except ValueError:
        return


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= digits


def _year(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()):
        return None
    if len(text) == 2:
        return 2000 + int(text)
    year = int(text) if len(text) == 4 else 0
    return year if _FIRST_YEAR <= year <= _LAST_YEAR else None


def _named(text: str) -> int | None:
    """The number of the month with that name, which may be cut after three letters."""
    word = text.casefold()
    if len(word) < _SHORTEST_NAME:
        return None
    found = [number for number, name in enumerate(_NAMES, start=1) if name.startswith(word)]
    return found[0] if len(found) == 1 else None
