"""Our own Great Expectations types: rules over many columns of one row, one expectation each.

Great Expectations charges a fixed price for every expectation and next to nothing for a row,
so "no count is negative" over twenty columns has to be one expectation and not twenty. Its
core types compare two columns at most, or add up columns to a constant.

Each type stands on one pure function of `expectations.cells` that marks the cells at fault.

Importing this module registers the types with Great Expectations, and imports that: 3-9 s.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.core.id_dict import IDDict
from great_expectations.core.metric_function_types import SummarizationMetricNameSuffixes as _Suffix
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import (
    Expectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (  # noqa: E501
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (  # noqa: E501
    MulticolumnMapMetricProvider,
)
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

from expectations.cells import (
    CellFinder,
    find_above_limits,
    find_excess,
    find_outside_range,
    find_rises,
    find_sum_excess,
    find_sum_unequal,
)


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
