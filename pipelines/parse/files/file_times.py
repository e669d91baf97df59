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


def time_in_name(name: str, form: FileTime) -> datetime | None:
    """When the name says that the file was made, in UTC; None where it does not tell.

    Words added at the end are left out where they hide it. A copy has the time of what it is a
    copy of, less a microsecond.
    """
    path = PurePosixPath(name)
    stem = path.stem
    is_copy = _COPY.search(stem) is not None
    for _ in range(_MOST_WORDS + 1):
        for one in (form, *form.others):
            if told := _time(f"{stem}{path.suffix}", one):
                zone = UTC if form.zone == "UTC" else LONDON
                made_at = told.replace(tzinfo=zone).astimezone(UTC)
                return made_at - _BEFORE if is_copy else made_at
        shorter = _LAST_WORD.sub("", stem)
        if not shorter or shorter == stem:
            break
        stem = shorter
    return None


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
        return datetime.fromisoformat(text) if is_iso else datetime.strptime(text, form.format)
    except ValueError:
        return None
