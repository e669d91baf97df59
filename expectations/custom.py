"""Our own Great Expectations types: rules over many columns of one row, one expectation each.

Great Expectations charges a fixed price for every expectation and next to nothing for a row,
so "no count is negative" over twenty columns has to be one expectation and not twenty. Its
core types compare two columns at most, or add up columns to a constant.

Each type stands on one pure function, a `CellFinder`, that marks the cells at fault in a
matrix of rows by columns. The metric runs it over the whole frame to learn which rows fail;
`CELL_FINDERS` lets the answer run the same function on one failing row to learn which cells.
A missing value (NaN) is never at fault and nothing can be at fault by comparison with it.

Importing this module registers the types with Great Expectations, and imports that: 3-9 s.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.core.id_dict import IDDict
from great_expectations.core.metric_function_types import SummarizationMetricNameSuffixes as _Suffix
from great_expectations.core.suite_parameters import is_suite_parameter
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    Expectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (  # noqa: E501
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (  # noqa: E501
    MulticolumnMapMetricProvider,
)
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

Values = npt.NDArray[np.float64]
Cells = npt.NDArray[np.bool_]
CellFinder = Callable[[Sequence[str], Values, Mapping[str, Any]], Cells]
"""(column names, values as rows by columns, the rule's kwargs) → True where a cell is at fault."""

ROUNDING = 1e-9
"""Share of a value by which floating-point sums of decimals may differ and still be equal."""


def find_outside_range(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Cells:
    """Cells below `min_value` or above `max_value`; `strict_min` and `strict_max` shut them out."""
    cells = np.zeros(values.shape, dtype=np.bool_)
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
    cells = np.zeros(values.shape, dtype=np.bool_)
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
    cells = np.zeros(values.shape, dtype=np.bool_)
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


def _add_up(columns: Sequence[str], values: Values, kwargs: Mapping[str, Any]) -> Values:
    sums: Values = values[:, [columns.index(part) for part in kwargs["parts"]]].sum(axis=1)
    return sums


def _allow(reference: Values, kwargs: Mapping[str, Any]) -> Values:
    """The larger of `tolerance` (absolute) and `tolerance_pct` (of the reference), and rounding."""
    share = (kwargs.get("tolerance_pct") or 0.0) / 100
    allowance = np.maximum(kwargs.get("tolerance") or 0.0, np.abs(reference) * share)
    return allowance + ROUNDING * np.maximum(1.0, np.abs(reference))


def _list_once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _as_pandas_metric(find_cells: CellFinder) -> Any:
    """A metric function for pandas frames: True for each row in which no cell is at fault."""

    def meets_rule(cls: type, frame: pd.DataFrame, **kwargs: Any) -> "pd.Series[bool]":
        columns = [str(column) for column in frame.columns]
        cells = find_cells(columns, frame.to_numpy(dtype=np.float64), kwargs)
        return pd.Series(~cells.any(axis=1), index=frame.index)

    return multicolumn_condition_partial(engine=PandasExecutionEngine)(meets_rule)


class MulticolumnValuesBetween(MulticolumnMapMetricProvider):
    """Rows in which every value of every column lies between two bounds."""

    condition_metric_name = "multicolumn_values.between"
    condition_value_keys = ("min_value", "max_value", "strict_min", "strict_max")
    _pandas = _as_pandas_metric(find_outside_range)


class MulticolumnValuesAtMost(MulticolumnMapMetricProvider):
    """Rows in which no value is above its own column's limit."""

    condition_metric_name = "multicolumn_values.at_most"
    condition_value_keys = ("limits",)
    _pandas = _as_pandas_metric(find_above_limits)


class ColumnsDescend(MulticolumnMapMetricProvider):
    """Rows whose values never rise from one column to the next."""

    condition_metric_name = "multicolumn_values.descend"
    _pandas = _as_pandas_metric(find_rises)


class ColumnAtMostColumn(MulticolumnMapMetricProvider):
    """Rows in which the first of every pair is at most its second."""

    condition_metric_name = "multicolumn_values.column_at_most_column"
    condition_value_keys = ("pairs", "tolerance", "tolerance_pct")
    _pandas = _as_pandas_metric(find_excess)


class ColumnSumEqualsColumn(MulticolumnMapMetricProvider):
    """Rows whose parts add up to their total."""

    condition_metric_name = "multicolumn_values.sum_equals_column"
    condition_value_keys = ("parts", "total", "tolerance", "tolerance_pct")
    _pandas = _as_pandas_metric(find_sum_unequal)


class ColumnSumAtMostColumn(MulticolumnMapMetricProvider):
    """Rows whose parts add up to no more than their total."""

    condition_metric_name = "multicolumn_values.sum_at_most_column"
    condition_value_keys = ("parts", "total", "tolerance", "tolerance_pct")
    _pandas = _as_pandas_metric(find_sum_excess)


def _without(kwargs: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in kwargs.items() if key != name}


Bound = float | dict[str, Any] | None
"""A number, or the name of a suite parameter as {'$PARAMETER': name}."""


class _RowExpectation(MulticolumnMapExpectation):
    """What all our row types share: nulls pass by themselves, so no row is filtered beforehand.

    Objects are not changed once made, which lets `configuration` be worked out once.
    """

    # Great Expectations would copy the frame once for each metric to drop rows of nulls only.
    ignore_row_if: Any = "never"
    _kwargs: dict[str, Any] | None = pydantic.PrivateAttr(default=None)

    @property
    def configuration(self) -> ExpectationConfiguration:
        """What the base class returns; it reads this about 150 times a rule, a copy each time."""
        if self._kwargs is None:
            self._kwargs = super().configuration.kwargs
        return ExpectationConfiguration(
            type=self.expectation_type,
            kwargs=dict(self._kwargs),
            meta=self.meta,
            notes=self.notes,
            description=self.description,
            severity=self.severity,
            id=self.id,
        )

    def get_validation_dependencies(
        self,
        execution_engine: ExecutionEngine[Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> ValidationDependencies:
        """The counts and the failing row ids, whatever the result format: nothing else is read."""
        needed = Expectation.get_validation_dependencies(
            self, execution_engine, runtime_configuration
        )
        index_list = f"{self.map_metric}.{_Suffix.UNEXPECTED_INDEX_LIST.value}"
        with_format = self._metric_kwargs(index_list, runtime_configuration)
        count = f"{self.map_metric}.{_Suffix.UNEXPECTED_COUNT.value}"
        rows = f"{self.map_metric}.{_Suffix.FILTERED_ROW_COUNT.value}"
        for metric, (domain, values) in {
            index_list: with_format,
            rows: with_format,
            count: (with_format[0], _without(with_format[1], "result_format")),
            "table.row_count": self._metric_kwargs("table.row_count", runtime_configuration),
        }.items():
            needed.set_metric_configuration(
                metric, MetricConfiguration(metric, IDDict(domain), IDDict(values))
            )
        return needed

    def _metric_kwargs(
        self, metric: str, runtime_configuration: dict[str, Any] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        kwargs = get_metric_kwargs(metric, self.configuration, runtime_configuration)
        return kwargs["metric_domain_kwargs"], kwargs["metric_value_kwargs"]


class NamedSet(str):
    """A set of values that shows itself as a digest of them.

    Great Expectations copies, serialises and hashes the kwargs of a rule some 150 times: 300 ms
    for a list of 2,000 organisation codes, and nothing for this.
    """

    values: frozenset[Any]

    @classmethod
    def of(cls, values: Iterable[Any]) -> "NamedSet":
        """The set of these values; equal sets have equal names."""
        members = frozenset(values)
        listing = "\n".join(sorted(map(repr, members)))
        named = cls(hashlib.sha256(listing.encode()).hexdigest())
        named.values = members
        return named

    def __deepcopy__(self, memo: dict[int, Any]) -> "NamedSet":
        return self


def _in_reference_set(
    cls: type, column: "pd.Series[Any]", value_set: NamedSet, **kwargs: Any
) -> "pd.Series[bool]":
    return column.isin(list(value_set.values))


class ColumnValuesInReferenceSet(ColumnMapMetricProvider):
    """Rows whose value is a member of a set of any size."""

    condition_metric_name = "column_values.in_reference_set"
    condition_value_keys = ("value_set",)
    _pandas = column_condition_partial(engine=PandasExecutionEngine)(_in_reference_set)


class ExpectColumnValuesToBeInReferenceSet(ColumnMapExpectation):
    """Expect every value of `column` in `value_set`, as the core type does, at any size of it."""

    map_metric: ClassVar[str | None] = "column_values.in_reference_set"
    success_keys: ClassVar[tuple[str, ...]] = ("value_set", "mostly")
    value_set: Any

    @pydantic.validator("value_set")
    def _give_name(cls, value_set: Any) -> Any:
        """A list, set or tuple becomes a `NamedSet`; the name of a suite parameter stays."""
        if isinstance(value_set, NamedSet) or is_suite_parameter(value_set):
            return value_set
        if isinstance(value_set, list | tuple | set | frozenset):
            return NamedSet.of(value_set)
        raise ValueError("value_set is not a list of values")


class ExpectMulticolumnValuesToBeBetween(_RowExpectation):
    """Expect every value of `column_list` between `min_value` and `max_value`; nulls pass."""

    map_metric: ClassVar[str | None] = "multicolumn_values.between"
    success_keys: ClassVar[tuple[str, ...]] = (
        "min_value",
        "max_value",
        "strict_min",
        "strict_max",
        "mostly",
    )
    min_value: Bound = None
    max_value: Bound = None
    strict_min: bool = False
    strict_max: bool = False

    @pydantic.root_validator(skip_on_failure=True)
    def _has_a_bound(cls, fields: dict[str, Any]) -> dict[str, Any]:
        if fields["min_value"] is None and fields["max_value"] is None:
            raise ValueError("min_value and max_value cannot both be missing")
        return fields


class _DerivedColumnsExpectation(_RowExpectation):
    """A type whose columns follow from another kwarg: `column_list` is filled, never given."""

    @pydantic.root_validator(pre=True)
    def _derive_column_list(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, "column_list": cls._columns_of(fields)}

    @classmethod
    def _columns_of(cls, fields: Mapping[str, Any]) -> list[str]:
        raise NotImplementedError


class ExpectMulticolumnValuesToBeAtMost(_DerivedColumnsExpectation):
    """Expect every value of the columns in `limits` at most that column's limit; nulls pass."""

    map_metric: ClassVar[str | None] = "multicolumn_values.at_most"
    success_keys: ClassVar[tuple[str, ...]] = ("limits", "mostly")
    limits: dict[str, float]

    @classmethod
    def _columns_of(cls, fields: Mapping[str, Any]) -> list[str]:
        return list(fields.get("limits", {}))


class ExpectColumnsToDescend(_RowExpectation):
    """Expect no value above the nearest value before it in `column_list`; nulls are skipped."""

    map_metric: ClassVar[str | None] = "multicolumn_values.descend"
    success_keys: ClassVar[tuple[str, ...]] = ("mostly",)


class ExpectColumnToBeAtMostColumn(_DerivedColumnsExpectation):
    """Expect the first of each of `pairs` at most its second; a pair with a null passes.

    The first may exceed the second by `tolerance` or by `tolerance_pct` per cent of the second,
    whichever is larger.
    """

    map_metric: ClassVar[str | None] = "multicolumn_values.column_at_most_column"
    success_keys: ClassVar[tuple[str, ...]] = ("pairs", "tolerance", "tolerance_pct", "mostly")
    pairs: list[tuple[str, str]]
    tolerance: Bound = None
    tolerance_pct: Bound = None

    @classmethod
    def _columns_of(cls, fields: Mapping[str, Any]) -> list[str]:
        return _list_once(column for pair in fields.get("pairs", ()) for column in pair)


class _SumExpectation(_DerivedColumnsExpectation):
    """A comparison of the sum of `parts` with the column `total`."""

    success_keys: ClassVar[tuple[str, ...]] = (
        "parts",
        "total",
        "tolerance",
        "tolerance_pct",
        "mostly",
    )
    parts: list[str]
    total: str
    tolerance: Bound = None
    tolerance_pct: Bound = None

    @classmethod
    def _columns_of(cls, fields: Mapping[str, Any]) -> list[str]:
        return _list_once([*fields.get("parts", ()), fields.get("total", "")])


class ExpectColumnSumToEqualColumn(_SumExpectation):
    """Expect `parts` to add up to `total`; a row with any null among them passes.

    They may differ by `tolerance` or by `tolerance_pct` per cent of the total, whichever is larger.
    """

    map_metric: ClassVar[str | None] = "multicolumn_values.sum_equals_column"


class ExpectColumnSumToBeAtMostColumn(_SumExpectation):
    """Expect `parts` to add up to no more than `total`; a row with any null among them passes.

    The sum may exceed the total by `tolerance` or by `tolerance_pct` per cent of the total,
    whichever is larger.
    """

    map_metric: ClassVar[str | None] = "multicolumn_values.sum_at_most_column"


CELL_FINDERS: Mapping[str, CellFinder] = {
    "expect_multicolumn_values_to_be_between": find_outside_range,
    "expect_multicolumn_values_to_be_at_most": find_above_limits,
    "expect_columns_to_descend": find_rises,
    "expect_column_to_be_at_most_column": find_excess,
    "expect_column_sum_to_equal_column": find_sum_unequal,
    "expect_column_sum_to_be_at_most_column": find_sum_excess,
}
"""The finder of each of our types, by the name that a contract gives it."""
