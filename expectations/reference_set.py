"""Our Great Expectations type for membership in a set of any size, such as all organisations."""

import hashlib
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd
from great_expectations.compatibility import pydantic

from expectations.frame_columns import Rows, mark_by_value
from expectations.instants import to_instant
from expectations.row_expectation import RowExpectation


class NamedSet(str):
    """A set of values that shows itself as a digest of them.

    Great Expectations copies and validates the kwargs of a rule again and again: 300 ms for a
    list of 2,000 organisation codes, and nothing for this.
    """

    values: frozenset[Any]

    @classmethod
    def of(cls, values: Iterable[Any]) -> "NamedSet":
        """The set of these values, days as their midnight in UTC; equal sets have equal names."""
        return _name_set(frozenset(values))

    def __deepcopy__(self, memo: dict[int, Any]) -> "NamedSet":
        return self


@lru_cache(maxsize=16)
def _name_set(values: frozenset[Any]) -> NamedSet:
    """Remembered because the same few sets come with every batch."""
    members = frozenset(to_instant(one) if isinstance(one, date) else one for one in values)
    listing = "\n".join(sorted(map(repr, members)))
    named = NamedSet(hashlib.sha256(listing.encode()).hexdigest())
    named.values = members
    return named


class ExpectColumnValuesToBeInReferenceSet(RowExpectation):
    """Expect every value of `column` in `value_set`, as the core type does; nulls pass."""

    column: str
    value_set: NamedSet

    @pydantic.validator("value_set", pre=True)
    def _give_name(cls, value_set: Any) -> NamedSet:
        if isinstance(value_set, NamedSet):
            return value_set
        if isinstance(value_set, list | tuple | set | frozenset):
            return NamedSet.of(value_set)
        raise ValueError("value_set is not a list of values")

    def find_failing_rows(self, frame: pd.DataFrame) -> Rows:
        """The rows whose value is not a member."""
        members = self.value_set.values
        return mark_by_value(frame[self.column], lambda value: value not in members)
