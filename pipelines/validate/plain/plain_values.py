"""Which rows break a rule about the values of one column, or about keys, in plain Python.

A missing value (None) never fails, but where a rule is about missing values.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from expectations.instants import to_instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Columns = Mapping[str, Sequence[Any]]
"""Values by column, as `PlainRows` has them."""
RowsFinder = Callable[[Columns, Mapping[str, Any]], Iterator[int]]
"""(columns, the rule's kwargs) → the failing rows, ascending."""


def find_repeated_keys(columns: Columns, kwargs: Mapping[str, Any]) -> Iterator[int]:
    """The rows whose combination of values another row has too; a row with a None has none."""
    keys = list(zip(*(columns[name] for name in kwargs["column_list"]), strict=True))
    counts = Counter(key for key in keys if None not in key)
    return (row for row, key in enumerate(keys) if counts.get(key, 0) > 1)


def find_not_in_set(columns: Columns, kwargs: Mapping[str, Any]) -> Iterator[int]:
    """The rows whose value is not in `value_set`; days are compared as their midnight in UTC."""
    members = frozenset(map(_comparable, kwargs["value_set"]))
    return _find(columns, kwargs, lambda value: _comparable(value) not in members)


def find_misfitting_texts(columns: Columns, kwargs: Mapping[str, Any]) -> Iterator[int]:
    """The rows whose whole text does not match `pattern`."""
    form = re.compile(kwargs["pattern"])
    return _find(columns, kwargs, lambda text: form.fullmatch(_text(text)) is None)


def find_without_match(columns: Columns, kwargs: Mapping[str, Any]) -> Iterator[int]:
    """The rows in whose text `regex` is not found."""
    form = re.compile(kwargs["regex"])
    return _find(columns, kwargs, lambda text: form.search(_text(text)) is None)


def find_missing(columns: Columns, kwargs: Mapping[str, Any]) -> Iterator[int]:
    """The rows without a value."""
    return (row for row, value in enumerate(columns[kwargs["column"]]) if value is None)


def find_times_outside(columns: Columns, kwargs: Mapping[str, Any]) -> Iterator[int]:
    """The rows whose day or time is before `min_value` or after `max_value`."""
    lowest, highest = (
        None if kwargs.get(name) is None else to_instant(_time(kwargs[name]))
        for name in ("min_value", "max_value")
    )

    def is_outside(value: Any) -> bool:
        moment = to_instant(_time(value))
        return (lowest is not None and moment < lowest) or (
            highest is not None and moment > highest
        )

    return _find(columns, kwargs, is_outside)


def find_times_off_grid(columns: Columns, kwargs: Mapping[str, Any]) -> Iterator[int]:
    """The rows whose time is no whole multiple of `minutes` after the epoch."""
    step = timedelta(minutes=int(kwargs["minutes"]))
    none = timedelta()
    return _find(columns, kwargs, lambda value: (to_instant(_time(value)) - _EPOCH) % step != none)


def _find(
    columns: Columns, kwargs: Mapping[str, Any], is_wrong: Callable[[Any], bool]
) -> Iterator[int]:
    """The rows with a value that is wrong; each distinct value is asked about once."""
    values = columns[kwargs["column"]]
    wrong = {value for value in set(values) - {None} if is_wrong(value)}
    return (row for row, value in enumerate(values) if value in wrong) if wrong else iter(())


def _comparable(value: Any) -> Any:
    return to_instant(value) if isinstance(value, date) else value


def _time(value: Any) -> date:
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is neither a day nor a time")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


ROWS_FINDERS: Mapping[str, RowsFinder] = {
    "expect_rows_to_be_unique_by": find_repeated_keys,
    "expect_column_values_to_be_in_reference_set": find_not_in_set,
    "expect_texts_to_match": find_misfitting_texts,
    "expect_column_values_to_match_regex": find_without_match,
    "expect_column_values_to_not_be_null": find_missing,
    "expect_times_to_be_between": find_times_outside,
    "expect_times_to_be_on_grid": find_times_off_grid,
}
"""The finder of each type about values or keys, by the name that a contract gives it."""
KWARGS_KNOWN: Mapping[str, frozenset[str]] = {
    "expect_column_values_to_match_regex": frozenset({"column", "regex"}),
    "expect_column_values_to_not_be_null": frozenset({"column"}),
}
"""The kwargs of types of Great Expectations itself that are judged here: `mostly` is not."""
