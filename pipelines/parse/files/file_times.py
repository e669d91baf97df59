"""Reads from the name of a file when it was made."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from pipelines.base.clock import LONDON
from pipelines.registry.feed import FileTime, NameForm

_LAST_WORD = re.compile(r"(?:[\s_.-]+[^\s_.()-]*|\s*\([^()]*\))$")
"""What people and programs add to a name: ' (1)', ' - Copy', '_v2', '-final'."""

_MOST_WORDS = 4
"""'X - Copy (2) v3' has three of them."""

_COPY = re.compile(r"(?:\(\d{1,2}\)|[\s_-](?:copy|v\d{1,2}))$", re.IGNORECASE)
"""What makes a name that of a copy: nothing says that it is newer than what it is a copy of."""

_BEFORE = timedelta(microseconds=1)
"""A copy counts as made just before its original, so that it never overrules it."""


_SEPT = re.compile("sept(?![a-z])", re.IGNORECASE)
"""The one month that people cut after four letters."""

_HOUR = re.compile("%[HIXTc]")
"""What a form has that tells more than the day."""

_NUMBERS_BEHIND = re.compile(r"(?:[-_][0-9]{1,2})+$")
"""What a publisher's site adds to the name of a file that it had already: '-1', '-1-1'."""

_LATER_BY_WORD, _LATER_BY_NUMBER = timedelta(hours=12), timedelta(minutes=20)
_MOST_REISSUES = 30
"""A re-issue counts as of later that day, after all that its time of receipt adds; a word counts
more than any number: 'July-revised' is later than 'July-1'."""

_SLOWER = 1_000_000
"""The time within a named day goes so many times slower than that of receipt: 2,700 years fit."""


def time_in_name(name: str, form: FileTime, received_at: datetime) -> datetime | None:
    """When the name says that the file was made, in UTC; None where it does not tell.

    It is never after the file came. Files that name the same day count in the order in which they
    came, all within the first hours of that day. Words added at the end are left out where they
    hide the time. A copy has the time of what it is a copy of, less a microsecond.
    """
    path = PurePosixPath(name)
    stem = path.stem
    is_copy = _COPY.search(stem) is not None
    for _ in range(_MOST_WORDS + 1):
        for one in (form, *form.others):
            if told := _time(f"{stem}{path.suffix}", one):
                zone = UTC if form.zone == "UTC" else LONDON
                made_at = told.replace(tzinfo=zone).astimezone(UTC)
                if is_copy:
                    made_at -= _BEFORE
                elif not _HOUR.search(one.format):
                    made_at += (received_at - made_at) / _SLOWER
                if form.reissue is not None:
                    made_at += _later_by(path.stem, form.reissue, one)
                return min(made_at, received_at)
        shorter = _LAST_WORD.sub("", stem)
        if not shorter or shorter == stem:
            break
        stem = shorter
    return None


def _later_by(stem: str, reissue: str, form: NameForm) -> timedelta:
    """How much later than the first issue of its time a file counts as made, by its name."""
    found = re.search(form.pattern, stem)
    numbers = _NUMBERS_BEHIND.search(stem, found.end() if found else 0)
    count = sum(map(int, re.findall("[0-9]+", numbers.group()))) if numbers else 0
    later = min(count, _MOST_REISSUES) * _LATER_BY_NUMBER
    return later + (_LATER_BY_WORD if re.search(reissue, stem) else timedelta())


def need_not_tell(name: str, form: FileTime) -> bool:
    """Whether the feed takes a name like this one without a time: `beds(_[0-9]{8})?` does."""
    found = re.search(form.pattern, name)
    return found is not None and not found.group(1)


def _time(name: str, form: NameForm) -> datetime | None:
    found = re.search(form.pattern, name)
    text = found.group(1) if found else None
    if not text:
        return None
    try:
        # Ten times as fast, for the form that the project's own feeds have.
        is_iso = form.format == "%Y%m%dT%H%M%S"
        if is_iso:
            return datetime.fromisoformat(text)
        return datetime.strptime(_SEPT.sub("Sep", text), form.format)
    except ValueError:
        return None
