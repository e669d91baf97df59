"""Our types of rules without Great Expectations: the same functions, on the columns of the table.

Great Expectations takes two seconds and 200 MB to import, and a person who tries a file waits for
it. What is loaded is judged by Great Expectations; what is only looked at is judged here, and a
rule of a type, or with a kwarg, that is not known here is left to it. A test holds both to the same
outcomes on the same tables.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from expectations.cell_finders import CELL_FINDERS
from expectations.instants import to_instant
from pipelines.registry.rule_columns import columns_named
from pipelines.validate.runnable_rule import RunnableRule

Mask = npt.NDArray[np.bool_]
_MICROSECONDS_PER_MINUTE = 60_000_000


class NotDirect(Exception):
    """The rule, or the column that it names, is not one that is judged here."""


def find_failing(
    table: pa.Table, rule: RunnableRule, kwargs: Mapping[str, Any]
) -> npt.NDArray[np.int64]:
    """The positions of the rows that break the rule, ascending.

    `kwargs` are the rule's with the run's values in them. Raises `NotDirect`.
    """
    known = _KWARGS.get(rule.expectation)
    if known is None or not kwargs.keys() <= known:
        raise NotDirect
    if rule.expectation in CELL_FINDERS:
        mask = _break_numbers(table, rule.expectation, kwargs)
    else:
        mask = _OTHERS[rule.expectation](table, kwargs)
    return np.flatnonzero(mask)


def is_direct(expectation: str) -> bool:
    """Whether rules of that type are judged here; each of them looks at one row, or names rows."""
    return expectation in _KWARGS


def _break_numbers(table: pa.Table, expectation: str, kwargs: Mapping[str, Any]) -> Mask:
    columns = columns_named(kwargs)
    if not columns:
        raise NotDirect
    values = np.array([_numbers(table, name) for name in columns]).T
    cells = CELL_FINDERS[expectation](columns, values, kwargs)
    rows: Mask = np.any(cells, axis=1)
    return rows


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """The numbers of the column, NaN for null."""
    column = table[name]
    if not (pat.is_integer(column.type) or pat.is_floating(column.type)):
        raise NotDirect
    numbers: npt.NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    return numbers


def _times(table: pa.Table, name: str) -> npt.NDArray[np.datetime64]:
    """The days, as their midnight, or times of the column in UTC, NaT for null."""
    column = table[name]
    if not (pat.is_date(column.type) or pat.is_timestamp(column.type)):
        raise NotDirect
    times: npt.NDArray[np.datetime64] = column.cast(pa.timestamp("us")).to_numpy()
    return times


def _outside_times(table: pa.Table, kwargs: Mapping[str, Any]) -> Mask:
    times = _times(table, kwargs["column"])
    failing = np.zeros(len(times), dtype=np.bool_)
    if (first := kwargs.get("min_value")) is not None:
        failing |= times < _moment(first)
    if (last := kwargs.get("max_value")) is not None:
        failing |= times > _moment(last)
    return failing


def _moment(bound: Any) -> np.datetime64:
    return np.datetime64(to_instant(bound).astimezone(UTC).replace(tzinfo=None), "us")


def _off_grid(table: pa.Table, kwargs: Mapping[str, Any]) -> Mask:
    times = _times(table, kwargs["column"])
    off = times.view(np.int64) % (kwargs["minutes"] * _MICROSECONDS_PER_MINUTE) != 0
    failing: Mask = off & ~np.isnat(times)
    return failing


def _no_members(table: pa.Table, kwargs: Mapping[str, Any]) -> Mask:
    members = kwargs["value_set"]
    named = getattr(members, "values", None)
    values = frozenset(members) if named is None or callable(named) else named
    return _wrong_texts(table, kwargs["column"], lambda text: text not in values)


def _other_texts(table: pa.Table, kwargs: Mapping[str, Any]) -> Mask:
    form = re.compile(kwargs["pattern"])
    return _wrong_texts(table, kwargs["column"], lambda text: form.fullmatch(text) is None)


def _without_match(table: pa.Table, kwargs: Mapping[str, Any]) -> Mask:
    form = re.compile(kwargs["regex"])
    return _wrong_texts(table, kwargs["column"], lambda text: form.search(text) is None)


def _wrong_texts(table: pa.Table, name: str, is_wrong: Callable[[str], bool]) -> Mask:
    """The rows with a text that is wrong; each distinct text is asked about once, nulls never."""
    column = table[name].combine_chunks()
    if not pat.is_string(column.type):
        raise NotDirect
    coded = pc.dictionary_encode(column)
    wrong = np.array([*map(is_wrong, coded.dictionary.to_pylist()), False], dtype=np.bool_)
    # A null has the place -1, which is the last.
    rows: Mask = wrong[coded.indices.fill_null(-1).to_numpy()]
    return rows


def _repeated(table: pa.Table, kwargs: Mapping[str, Any]) -> Mask:
    columns = kwargs["column_list"]
    if not columns:
        raise NotDirect
    counted: dict[tuple[Any, ...], int] = {}
    keys = list(zip(*(table[name].to_pylist() for name in columns), strict=True))
    for key in keys:
        counted[key] = counted.get(key, 0) + 1
    return np.array([counted[key] > 1 and None not in key for key in keys], dtype=np.bool_)


_OTHERS: Mapping[str, Callable[[pa.Table, Mapping[str, Any]], Mask]] = {
    "expect_times_to_be_between": _outside_times,
    "expect_times_to_be_on_grid": _off_grid,
    "expect_column_values_to_be_in_reference_set": _no_members,
    "expect_texts_to_match": _other_texts,
    "expect_column_values_to_match_regex": _without_match,
    "expect_rows_to_be_unique_by": _repeated,
}
_TOLERANCES = frozenset({"tolerance", "tolerance_pct"})
_KWARGS: Mapping[str, frozenset[str]] = {
    "expect_multicolumn_values_to_be_between": frozenset(
        {"column_list", "min_value", "max_value", "strict_min", "strict_max"}
    ),
    "expect_multicolumn_values_to_be_at_most": frozenset({"limits"}),
    "expect_columns_to_descend": frozenset({"column_list"}),
    "expect_column_to_be_at_most_column": frozenset({"pairs"}) | _TOLERANCES,
    "expect_column_sum_to_equal_column": frozenset({"parts", "total"}) | _TOLERANCES,
    "expect_column_sum_to_be_at_most_column": frozenset({"parts", "total"}) | _TOLERANCES,
    "expect_longest_wait_to_fit_counts": frozenset({"column", "limits", "tolerance"}),
    "expect_times_to_be_between": frozenset({"column", "min_value", "max_value"}),
    "expect_times_to_be_on_grid": frozenset({"column", "minutes"}),
    "expect_column_values_to_be_in_reference_set": frozenset({"column", "value_set"}),
    "expect_texts_to_match": frozenset({"column", "pattern"}),
    "expect_column_values_to_match_regex": frozenset({"column", "regex"}),
    "expect_rows_to_be_unique_by": frozenset({"column_list"}),
}
"""Type of a rule → the kwargs that are understood here."""
