"""What an answer about one heading says of others that differ from it by a number only.

Where 'Cat 1' was answered with `incidents_c1`, 'Cat 2' is `incidents_c2`.
"""

import re
from collections.abc import Collection as Several
from collections.abc import Mapping
from dataclasses import dataclass

_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Alike:
    """The column that a heading means, and the heading of the answer that tells so."""

    column: str
    answered: str


def find_alike(heading: str, answered: Mapping[str, str], columns: Several[str]) -> Alike | None:
    """The one of `columns` that the heading means by the answers (heading → column).

    None where no answer tells, or two of them tell different columns.
    """
    found: dict[str, str] = {}
    for other, column in answered.items():
        change = _number_changed(other, heading)
        alike = change and _with_number(column, *change)
        if alike and alike in columns:
            found.setdefault(alike, other)
    return Alike(*next(iter(found.items()))) if len(found) == 1 else None


def _number_changed(before: str, after: str) -> tuple[str, str] | None:
    """The number of the one text that is another in the other, where nothing else differs."""
    parts, others = _NUMBER.split(before), _NUMBER.split(after)
    if len(parts) != len(others):
        return None
    changed = [at for at, pair in enumerate(zip(parts, others, strict=True)) if len({*pair}) > 1]
    if len(changed) != 1 or changed[0] % 2 == 0:
        return None
    return parts[changed[0]], others[changed[0]]


def _with_number(column: str, before: str, after: str) -> str | None:
    """The column's name with the other number; None where it has that number not just once."""
    parts = _NUMBER.split(column)
    if parts[1::2].count(before) != 1:
        return None
    return "".join(after if part == before else part for part in parts)
