"""What feed files write in a form of its own: times such as '%d/%m/%Y %H:%M', and patterns."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

_ANY_TIME = datetime(2026, 11, 22, 20, 45, 30)


EPOCHS: Mapping[str, int] = {"epoch_seconds": 1, "epoch_milliseconds": 1000}
"""Forms of times that are counted from 1970 in UTC → how many of their units a second has."""

EXCEL_DAYS = "excel_days"
"""Form of times that a spreadsheet counts in days, 46347 for 21 November 2026."""
_EXCEL_FIRST = datetime(1899, 12, 30)
_EXCEL_TEXT = re.compile(r"[1-9]\d{4}(?:\.\d{1,12})?")
COUNTED = frozenset({*EPOCHS, EXCEL_DAYS})
"""Forms of times that are counts."""

_LONGEST_COUNT = 15


def read_excel_days(text: str) -> datetime | None:
    """The time without a zone, to the second, of a spreadsheet's count of days; or None."""
    if not (text.isascii() and _EXCEL_TEXT.fullmatch(text)):
        return None
    return _EXCEL_FIRST + timedelta(seconds=round(float(text) * 86_400))


def excel_days(moment: datetime) -> str:
    """A spreadsheet's count of days for the time on its clock."""
    count = (moment.replace(tzinfo=None) - _EXCEL_FIRST) / timedelta(days=1)
    return f"{count:.10f}".rstrip("0").rstrip(".")


def read_epoch(text: str, form: str) -> datetime | None:
    """The instant in UTC that is so many seconds or milliseconds after 1970 began, or None."""
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_COUNT:
        return None
    try:
        return datetime.fromtimestamp(int(text) / EPOCHS[form], UTC)
    except (ValueError, OverflowError, OSError):
        return None


def why_no_time_form(form: str, may_count: bool = False) -> str | None:
    """Why no text could be read by the form, or None where some can.

    `may_count` is for cells: their times may have an offset, or be counted from 1970.
    """
    if form in COUNTED and may_count:
        return None
    if "%" not in form:
        return f"'{form}' names no part of a time; write one like %Y-%m-%dT%H:%M:%S"
    any_time = _ANY_TIME.replace(tzinfo=UTC) if may_count else _ANY_TIME
    try:
        datetime.strptime(any_time.strftime(form), form)
    except (ValueError, OverflowError, re.error) as error:
        return f"'{form}' is no form of a time: {error}"
    return None


def why_no_pattern(pattern: str, groups: int | None = None) -> str | None:
    """Why that is no regular expression, or not one with so many groups; None where it is one."""
    try:
        found = re.compile(pattern).groups
    except (re.error, RecursionError, OverflowError) as error:
        return f"'{pattern}' is no regular expression: {error}"
    if groups is not None and found != groups:
        return f"'{pattern}' has {found} groups (…) and needs {groups}: the part that is read"
    return None
