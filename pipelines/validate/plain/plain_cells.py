"""Which cells of one row break a rule over many columns, in plain Python.

Each function is the twin of one in `expectations.cell_finders`, with the same arithmetic in the
same order, so that both say the same of every row. A missing value (None) is never at fault, and
nothing can be at fault by comparison with it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

ROUNDING = 1e-9
"""As in `expectations.cell_finders`."""

Numbers = Sequence[float | None]
RowFinder = Callable[[Numbers], list[bool]]
"""The values of one row → True where a cell is at fault."""


def find_outside(columns: Sequence[str], kwargs: Mapping[str, Any]) -> RowFinder:
    """Cells below `min_value` or above `max_value`; `strict_min` and `strict_max` shut them out."""
    lowest, highest = _number(kwargs.get("min_value")), _number(kwargs.get("max_value"))
    is_open_below, is_open_above = bool(kwargs.get("strict_min")), bool(kwargs.get("strict_max"))

    def is_outside(value: float | None) -> bool:
        if value is None:
            return False
        if lowest is not None and (value <= lowest if is_open_below else value < lowest):
            return True
        if highest is None:
            return False
        return value >= highest if is_open_above else value > highest

    return lambda values: [is_outside(value) for value in values]


def find_above(columns: Sequence[str], kwargs: Mapping[str, Any]) -> RowFinder:
    """Cells above their own column's entry in `limits`."""
    limits = [float(kwargs["limits"][column]) for column in columns]
    return lambda values: [
        value is not None and value > limit for value, limit in zip(values, limits, strict=True)
    ]


def find_rising(columns: Sequence[str], kwargs: Mapping[str, Any]) -> RowFinder:
    """Cells larger than the nearest value before them in the row, each with that value's cell."""

    def find(values: Numbers) -> list[bool]:
        cells = [False] * len(values)
        before: int | None = None
        for at, value in enumerate(values):
            if value is None:
                continue
            if before is not None and value > _known(values[before]):
                cells[at] = cells[before] = True
            before = at
        return cells

    return find


def find_excesses(columns: Sequence[str], kwargs: Mapping[str, Any]) -> RowFinder:
    """Both cells of every pair in `pairs` whose first is above its second by more than allowed."""
    pairs = [(columns.index(one), columns.index(other)) for one, other in kwargs["pairs"]]
    allow = _allowance(kwargs)

    def find(values: Numbers) -> list[bool]:
        cells = [False] * len(values)
        for one, other in pairs:
            small, large = values[one], values[other]
            if small is not None and large is not None and small - large > allow(large):
                cells[one] = cells[other] = True
        return cells

    return find


def find_unequal_sum(columns: Sequence[str], kwargs: Mapping[str, Any]) -> RowFinder:
    """Every cell of a row whose `parts` differ from its `total` by more than allowed."""
    return _find_by_sum(columns, kwargs, lambda excess, allowed: abs(excess) > allowed)


def find_excessive_sum(columns: Sequence[str], kwargs: Mapping[str, Any]) -> RowFinder:
    """Every cell of a row whose `parts` add up to more than its `total` by more than allowed."""
    return _find_by_sum(columns, kwargs, lambda excess, allowed: excess > allowed)


def find_disagreeing_waits(columns: Sequence[str], kwargs: Mapping[str, Any]) -> RowFinder:
    """The longest wait `column` and each count of `limits` that cannot both be."""
    at = columns.index(kwargs["column"])
    allowed = float(kwargs.get("tolerance") or 0.0)
    limits = [(columns.index(name), float(limit)) for name, limit in kwargs["limits"].items()]

    def find(values: Numbers) -> list[bool]:
        cells = [False] * len(values)
        wait = values[at]
        for place, limit in limits:
            count = values[place]
            if wait is None or count is None:
                continue
            is_short = count > 0 and wait < limit - allowed
            is_long = count == 0 and wait > limit + allowed
            if is_short or is_long:
                cells[at] = cells[place] = True
        return cells

    return find


def _find_by_sum(
    columns: Sequence[str],
    kwargs: Mapping[str, Any],
    is_at_fault: Callable[[float, float], bool],
) -> RowFinder:
    parts = [columns.index(part) for part in kwargs["parts"]]
    total_at = columns.index(kwargs["total"])
    allow = _allowance(kwargs)

    def find(values: Numbers) -> list[bool]:
        total = values[total_at]
        own = [values[at] for at in parts]
        if total is None or None in own:
            return [False] * len(values)
        added = 0.0
        for value in own:
            added += _known(value)
        return [is_at_fault(added - total, allow(total))] * len(values)

    return find


def _allowance(kwargs: Mapping[str, Any]) -> Callable[[float], float]:
    """The larger of `tolerance` (absolute) and `tolerance_pct` (of the reference), and rounding."""
    share = float(kwargs.get("tolerance_pct") or 0.0) / 100
    least = float(kwargs.get("tolerance") or 0.0)
    return lambda reference: (
        max(least, abs(reference) * share) + ROUNDING * max(1.0, abs(reference))
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _known(value: float | None) -> float:
    assert value is not None
    return value


ROW_FINDERS: Mapping[str, Callable[[Sequence[str], Mapping[str, Any]], RowFinder]] = {
    "expect_multicolumn_values_to_be_between": find_outside,
    "expect_multicolumn_values_to_be_at_most": find_above,
    "expect_columns_to_descend": find_rising,
    "expect_column_to_be_at_most_column": find_excesses,
    "expect_column_sum_to_equal_column": find_unequal_sum,
    "expect_column_sum_to_be_at_most_column": find_excessive_sum,
    "expect_longest_wait_to_fit_counts": find_disagreeing_waits,
}
"""The finder of each type about the numbers of a row, by the name that a contract gives it."""
