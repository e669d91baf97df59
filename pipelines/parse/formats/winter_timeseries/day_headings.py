"""Reads the days that a heading of a winter workbook stands for."""

import re
from datetime import date, datetime, timedelta

from pipelines.parse.files.workbook import Cell

_EXCEL_EPOCH = date(1899, 12, 30)
_SERIAL_DAYS = range(36526, 73051)
"""Day numbers that Excel gives to the years 2000 to 2099."""

_LONGEST_RANGE_DAYS = 14
"""A heading that covers more than two weeks is a slip and not a holiday weekend."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_WEEKDAY = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b,?")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_TO = r"\s*(?:-|\u2013|\u2014|to|and|&)\s*"
_MONTH = r"[\s./-]*(?P<{0}month>[a-z]{{3,9}}|\d{{1,2}}(?=[./-]))"
_YEAR = r"[\s./'-]*(?P<{0}year>\d{{4}}|\d{{2}})"
_DAY = r"(?P<{0}day>\d{{1,2}})"

_ONE_DAY = re.compile((_DAY + _MONTH + _YEAR).format(""))
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[t ]00:00(?::00)?)?")
_RANGE = re.compile(
    _DAY.format("first_")
    + f"(?:{_MONTH.format('first_')}(?:{_YEAR.format('first_')})?)?"
    + _TO
    + (_DAY + _MONTH + _YEAR).format("")
)


def read_days(cell: Cell) -> tuple[date, ...]:
    """The days of a heading in their order, or none where it is not a date.

    Understands Excel dates and day numbers, '3 Dec 2018', '03/12/18', '2018-12-03', and
    ranges such as '02-04 Dec 16', '10-11 Dec-16' and '31 Dec 16 - 02 Jan 17'.
    """
    if isinstance(cell, datetime):
        return (cell.date(),)
    if isinstance(cell, date):
        return (cell,)
    if isinstance(cell, float) and cell.is_integer() and int(cell) in _SERIAL_DAYS:
        return (_EXCEL_EPOCH + timedelta(days=int(cell)),)
    return _read_text(cell) if isinstance(cell, str) else ()


def _read_text(text: str) -> tuple[date, ...]:
    plain = _ORDINAL.sub("", _WEEKDAY.sub("", text.casefold())).strip()
    single = _ISO_DAY.fullmatch(plain) or _ONE_DAY.fullmatch(plain)
    try:
        if single:
            return (_date(single["day"], single["month"], single["year"]),)
        several = _RANGE.fullmatch(plain)
        return _read_range(several) if several else ()
    except ValueError:
        return ()


def _read_range(match: re.Match[str]) -> tuple[date, ...]:
    last = _date(match["day"], match["month"], match["year"])
    month = match["first_month"] or match["month"]
    first = _date(match["first_day"], month, match["first_year"] or match["year"])
    if first > last and not match["first_year"]:
        # '31 Dec - 02 Jan 17' gives its year once, at the end.
        first = first.replace(year=first.year - 1)
    days = (last - first).days + 1
    if not 1 <= days <= _LONGEST_RANGE_DAYS:
        return ()
    return tuple(first + timedelta(days=offset) for offset in range(days))


def _date(day: str, month: str, year: str) -> date:
    """The date; raises `ValueError` where there is no such day or month."""
    number = int(month) if month.isdigit() else _month_number(month)
    return date(int(year) + (2000 if len(year) == 2 else 0), number, int(day))


def _month_number(word: str) -> int:
    """The month that the word, of three letters or more, begins to spell."""
    for number, name in enumerate(_MONTHS, start=1):
        if name.startswith(word):
            return number
    raise ValueError(f"no month: {word}")
