"""Reads the days that a heading of a winter workbook stands for."""

import re
from datetime import date, datetime, timedelta

from pipelines.base.clock import london_date, now
from pipelines.findings.finding import finding
from pipelines.parse.files.date_system import EXCEL_EPOCH, MAC_EPOCH
from pipelines.parse.files.refusal import Refusal
from pipelines.parse.files.workbook import Cell

_EPOCHS = (EXCEL_EPOCH, MAC_EPOCH)
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""A number that gives a day of other years is no day."""

_LONGEST_RANGE_DAYS = 14
"""A heading that covers more than two weeks is a slip and not a holiday weekend."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_WEEKDAY = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b,?")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_TO = r"\s*(?:-|\u2013|\u2014|/|to|and|&)\s*"
_MONTH = r"[\s./-]*(?P<{0}month>[a-z]{{3,9}}|(?:0?[1-9]|1[0-2])(?=\s?[./-]))"
_YEAR = r"[\s./'-]*(?P<{0}year>\d{{4}}|\d{{2}})"
_DAY = r"(?P<{0}day>0?[1-9]|[12]\d|3[01])(?!\d)"

_ONE_DAY = re.compile((_DAY + _MONTH + _YEAR).format(""))
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[t ]00:00(?::00)?)?")
_RANGE = re.compile(
    _DAY.format("first_")
    + f"(?:{_MONTH.format('first_')}(?:{_YEAR.format('first_')})?)?"
    + _TO
    + (_DAY + _MONTH + _YEAR).format("")
)


def read_days(cell: Cell, epoch: date | None = EXCEL_EPOCH) -> tuple[date, ...]:
    """The days of a heading in their order, or none where it is not a date.

    Understands Excel dates and day numbers, '3 Dec 2018', '03/12/18', '2018-12-03', and ranges
    such as '02-04 Dec 16', '10-11 Dec-16', '15-17-02-13' and '31 Dec 16 - 02 Jan 17'.
    Raises `Refusal` at a number that may be one of two days.
    """
    if isinstance(cell, datetime):
        return (cell.date(),)
    if isinstance(cell, date):
        return (cell,)
    if isinstance(cell, float) and cell.is_integer():
        return _read_number(int(cell), epoch)
    return _read_text(cell) if isinstance(cell, str) else ()


def _read_number(number: int, epoch: date | None) -> tuple[date, ...]:
    """The day with that number, counted from day 0.

    Where the workbook does not tell its day 0, or that gives a day to come and the other one a day
    gone by, nobody can say which is meant.
    """
    day = _numbered(number, epoch or EXCEL_EPOCH)
    other = _numbered(number, MAC_EPOCH if epoch == EXCEL_EPOCH else EXCEL_EPOCH)
    today = london_date(now())
    is_doubtful = day is not None and other is not None and other <= today < day
    if (epoch is None and (day or _numbered(number, MAC_EPOCH))) or is_doubtful:
        counted = [str(_numbered(number, first) or "no day") for first in (EXCEL_EPOCH, MAC_EPOCH)]
        raise Refusal(
            finding("FILE-021", value=str(number), by_1900=counted[0], by_1904=counted[1])
        )
    return () if day is None else (day,)


def _numbered(number: int, epoch: date) -> date | None:
    within = (_FIRST_DAY - epoch).days <= number <= (_LAST_DAY - epoch).days
    return epoch + timedelta(days=number) if within else None


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
    if not match["first_month"] and int(match["first_day"]) > last.day:
        # '30-02-01-17' and '30 - 02 Jan 17' begin in the month before.
        before = last.replace(day=1) - timedelta(days=1)
        first = before.replace(day=int(match["first_day"]))
    else:
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
