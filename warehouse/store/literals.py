"""Values written into SQL as literals.

DuckDB imports pandas as soon as a statement has a parameter, which takes longer than the whole
of a small command. Statements that every command runs therefore carry their values as text.
"""

from collections.abc import Iterable
from datetime import date, datetime
from math import isfinite

from warehouse.store.stored_time import as_stored


def text(value: str | None) -> str:
    """The SQL literal of a string."""
    if value is None:
        return "NULL"
    quoted = "'" + value.replace("'", "''") + "'"
    # The parser takes a zero character for the end of the statement.
    return "(" + quoted.replace("\0", "' || chr(0) || '") + ")" if "\0" in value else quoted


def literal(value: object) -> str:
    """The SQL literal of a string, a number, a day, a stored time or nothing."""
    if value is None or isinstance(value, str):
        return text(value)
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(value) if isfinite(value) else f"DOUBLE '{value}'"
    raise TypeError(f"no literal for {type(value).__name__}")


def texts(values: Iterable[str]) -> str:
    """The strings as the right side of `IN`; no value at all matches nothing."""
    return f"({', '.join(text(value) for value in values) or 'NULL'})"


def many_ids(ids: Iterable[str]) -> str:
    """Thousands of ids, none of which has a space, as the right side of `IN`.

    One long text is read far sooner than a list.
    """
    return f"(SELECT unnest(string_split({text(' '.join(ids))}, ' ')))"


def timestamp(value: datetime | None) -> str:
    """The SQL literal of a stored time (UTC without a zone); one with a zone is refused."""
    if value is not None and value.tzinfo is not None:
        raise ValueError("a stored time has no zone: convert it with as_stored")
    return "NULL" if value is None else f"TIMESTAMP '{value.isoformat(sep=' ')}'"


def instant(moment: datetime) -> str:
    """The SQL literal of a moment that has a zone, as a stored time."""
    return timestamp(as_stored(moment))
