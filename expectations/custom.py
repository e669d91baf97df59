"""Our own Great Expectations types about numbers: rules over many columns of one row.

Great Expectations charges a fixed price for every expectation and next to nothing for a row,
so "no count is negative" over twenty columns has to be one expectation and not twenty. Its
core types compare two columns at most, or add up columns to a constant.

Each type stands on one pure function of `expectations.cell_finders` that marks the cells at fault.
"""

from abc import ABC
from typing import Any

import numpy as np
import pandas as pd
from great_expectations.compatibility import pydantic

from expectations.cell_finders import CELL_FINDERS
from expectations.frame_columns import Rows, read_numbers
from expectations.row_expectation import RowExpectation
from pipelines.registry.rule_columns import columns_named


class NumbersExpectation(RowExpectation, ABC):
    """A rule about the numbers of a row. The kwargs name the columns, the type its cell finder."""

    @pydantic.root_validator(skip_on_failure=True)
    def _names_a_column(cls, fields: dict[str, Any]) -> dict[str, Any]:
        if not columns_named(fields):
            raise ValueError("no column is named")
        return fields

    def find_failing_rows(self, frame: pd.DataFrame) -> Rows:
        """The rows in which any cell is at fault."""
        kwargs = self.own_kwargs()
        columns = columns_named(kwargs)
        # One column after the other: pandas takes longer to select several.
        values = np.array([read_numbers(frame[column]) for column in columns]).T
        cells = CELL_FINDERS[self.expectation_type](columns, values, kwargs)
        rows: Rows = np.any(cells, axis=1)
        return rows


class ExpectMulticolumnValuesToBeBetween(NumbersExpectation):
    """Expect every value of `column_list` between `min_value` and `max_value`; nulls pass."""

    column_list: list[str]
    min_value: float | None = None
    max_value: float | None = None
    strict_min: bool = False
    strict_max: bool = False

    @pydantic.root_validator(skip_on_failure=True)
    def _has_a_bound(cls, fields: dict[str, Any]) -> dict[str, Any]:
        if fields["min_value"] is None and fields["max_value"] is None:
            raise ValueError("min_value and max_value cannot both be missing")
        return fields


class ExpectMulticolumnValuesToBeAtMost(NumbersExpectation):
    """Expect every value of the columns in `limits` at most that column's limit; nulls pass."""

    limits: dict[str, float]


class ExpectColumnsToDescend(NumbersExpectation):
    """Expect no value above the nearest value before it in `column_list`; nulls are skipped."""

    column_list: list[str] = pydantic.Field(min_items=2)


class ExpectColumnToBeAtMostColumn(NumbersExpectation):
    """Expect the first of each of `pairs` at most its second; a pair with a null passes.

    The first may exceed the second by `tolerance` or by `tolerance_pct` per cent of the second,
    whichever is larger.
    """

    pairs: list[tuple[str, str]]
    tolerance: float | None = None
    tolerance_pct: float | None = None


class SumExpectation(NumbersExpectation, ABC):
    """A comparison of the sum of `parts` with the column `total`."""

    parts: list[str] = pydantic.Field(min_items=1)
    total: str
    tolerance: float | None = None
    tolerance_pct: float | None = None


class ExpectColumnSumToEqualColumn(SumExpectation):
    """Expect `parts` to add up to `total`; a row with any null among them passes.

    They may differ by `tolerance` or by `tolerance_pct` per cent of the total, whichever is larger.
    """


class ExpectColumnSumToBeAtMostColumn(SumExpectation):
    """Expect `parts` to add up to no more than `total`; a row with any null among them passes.

    The sum may exceed the total by `tolerance` or by `tolerance_pct` per cent of the total,
    whichever is larger.
    """


class ExpectLongestWaitToFitCounts(NumbersExpectation):
    """Expect the longest wait `column` to fit how many wait longer than each limit; nulls pass.

    `limits` has the limit of each count, in the unit of the wait: where the count is above 0 the
    wait is at least the limit, where it is 0 at most. Either may differ by `tolerance`.
    """

    column: str
    limits: dict[str, float]
    tolerance: float | None = None
