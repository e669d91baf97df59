"""What feed files write in a form of its own: times such as '%d/%m/%Y %H:%M', and patterns."""

import re
from datetime import datetime

_ANY_TIME = datetime(2026, 11, 22, 20, 45, 30)


def why_no_time_form(form: str) -> str | None:
    """Why no text could be read by the form, or None where some can."""
    if "%" not in form:
        return f"'{form}' names no part of a time; write one like %Y-%m-%dT%H:%M:%S"
    try:
        datetime.strptime(_ANY_TIME.strftime(form), form)
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
