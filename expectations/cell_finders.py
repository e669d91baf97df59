"""Which cells of a row break a rule over many columns: one pure function for each kind of rule.

The types of `expectations.custom` run them over a whole frame to learn which rows fail; the
answer runs the same function on one failing row to learn which cells. A missing value (NaN) is
never at fault, and nothing can be at fault by comparison with it. No engine is imported here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Cells = npt.NDArray[np.bool_]
CellFinder = Callable[[Sequence[str], Values, Mapping[str, Any]], Cells]
"""(column names, values as rows by columns, the rule's kwargs) → True where a cell is at fault."""

ROUNDING = 1e-9
"""Share of a value by which floating-point sums of decimals may differ and still be equal."""


def find_outside_range(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Cells:
    """Cells below `min_value` or above `max_value`; `strict_min` and `strict_max` shut them out."""
    cells = _none_of(values)
    if (lowest := kwargs.get("min_value")) is not None:
        cells |= values <= lowest if kwargs.get("strict_min") else values < lowest
    if (highest := kwargs.get("max_value")) is not None:
        cells |= values >= highest if kwargs.get("strict_max") else values > highest
    return cells


def find_above_limits(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Cells:
    """Cells above their own column's entry in `limits`."""
    return values > np.array([kwargs["limits"][column] for column in columns], dtype=np.float64)


def find_rises(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Cells:
    """Cells larger than the nearest value before them in the row, each with that value's cell."""
    cells = _none_of(values)
    rows = np.arange(len(values))
    before = np.zeros(len(values), dtype=np.intp)
    for column in range(1, values.shape[1]):
        rises = values[:, column] > values[rows, before]
        cells[rises, column] = True
        cells[rows[rises], before[rises]] = True
        before = np.where(np.isnan(values[:, column]), before, column)
    return cells


def find_excess(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Cells:
    """Both cells of every pair in `pairs` whose first is above its second by more than allowed."""
    cells = _none_of(values)
    for smaller, larger in kwargs["pairs"]:
        pair = [columns.index(smaller), columns.index(larger)]
        small, large = values[:, pair[0]], values[:, pair[1]]
        excess = small - large > _allow(large, kwargs)
        cells[:, pair] |= excess[:, np.newaxis]
    return cells


def find_sum_unequal(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Cells:
    """Every cell of a row whose `parts` differ from its `total` by more than allowed."""
    total = values[:, columns.index(kwargs["total"])]
    at_fault = np.abs(_add_up(columns, values, kwargs) - total) > _allow(total, kwargs)
    return np.broadcast_to(at_fault[:, np.newaxis], values.shape)


def find_sum_excess(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Cells:
    """Every cell of a row whose `parts` add up to more than its `total` by more than allowed."""
    total = values[:, columns.index(kwargs["total"])]
    at_fault = _add_up(columns, values, kwargs) - total > _allow(total, kwargs)
    return np.broadcast_to(at_fault[:, np.newaxis], values.shape)


def find_waits_that_disagree(
    columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]
) -> Cells:
    """The longest wait `column` and each count of `limits` that cannot both be.

    Somebody is counted who waits longer than the limit, and the longest wait is shorter; or nobody
    is, and it is longer. They may differ by `tolerance`.
    """
    cells = _none_of(values)
    at = columns.index(kwargs["column"])
    allowed = kwargs.get("tolerance") or 0.0
    for name, limit in kwargs["limits"].items():
        pair = [at, columns.index(name)]
        wait, count = values[:, pair[0]], values[:, pair[1]]
        is_short = (count > 0) & (wait < limit - allowed)
        is_long = (count == 0) & (wait > limit + allowed)
        cells[:, pair] |= (is_short | is_long)[:, np.newaxis]
    return cells


def _none_of(values: Values) -> Cells:
    """False for every cell, laid out in memory as the values are: 60,000 rows take 1 ms, not 5."""
    return np.zeros_like(values, dtype=np.bool_)


def _add_up(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Values:
    """One part after the other, so that decimals give the same sum whoever adds them."""
    sums: Values = np.zeros(len(values))
    for part in kwargs["parts"]:
        sums += values[:, columns.index(part)]
    return sums


def _allow(reference: Values, kwargs: Mapping[str, Any]) -> Values:
    """The larger of `tolerance` (absolute) and `tolerance_pct` (of the reference), and rounding."""
    share = (kwargs.get("tolerance_pct") or 0.0) / 100
    allowance = np.maximum(kwargs.get("tolerance") or 0.0, np.abs(reference) * share)
    return allowance + ROUNDING * np.maximum(1.0, np.abs(reference))


CELL_FINDERS: Mapping[str, CellFinder] = {
    "expect_multicolumn_values_to_be_between": find_outside_range,
    "expect_multicolumn_values_to_be_at_most": find_above_limits,
    "expect_columns_to_descend": find_rises,
    "expect_column_to_be_at_most_column": find_excess,
    "expect_column_sum_to_equal_column": find_sum_unequal,
    "expect_column_sum_to_be_at_most_column": find_sum_excess,
    "expect_longest_wait_to_fit_counts": find_waits_that_disagree,
}
"""The finder of each of our types, by the name that a contract gives it."""
