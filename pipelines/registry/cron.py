"""Cron lines as contracts have them: five fields of numbers, ranges, lists and steps.

A library reads more forms, and takes a tenth of a second to import: more than a light command.
"""

import re

_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("weekday", 0, 7),
)
_PART = re.compile(r"(?:\*|(?P<first>\d{1,2})(?:-(?P<last>\d{1,2}))?)(?:/(?P<step>\d{1,2}))?")
_LONGEST_MONTHS = {4: 30, 6: 30, 9: 30, 11: 30, 2: 29}


def why_no_cron(line: str) -> str | None:
    """Why the line is no cron line, or one that is never due; None where it can be used."""
    fields = line.split()
    if len(fields) != len(_FIELDS):
        return f"needs five fields, as in '5 * * * *'; '{line}' has {len(fields)}"
    for field, (name, least, most) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            if not _fits(part, least, most):
                return f"{name}: '{part}' is no {name} of a cron line ({least} to {most})"
    _, _, day, month, weekday = fields
    is_one_day = day.isdecimal() and month.isdecimal() and weekday == "*"
    if is_one_day and int(day) > _LONGEST_MONTHS.get(int(month), 31):
        return f"month {month} has no day {day}, so that it is never due"
    return None


def _fits(part: str, least: int, most: int) -> bool:
    found = _PART.fullmatch(part)
    if found is None:
        return False
    first, last, step = (
        int(text) if text else None for text in found.group("first", "last", "step")
    )
    if step == 0 or (step and first is not None and last is None):
        return False
    first = least if first is None else first
    return least <= first <= (first if last is None else last) <= most
