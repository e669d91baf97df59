"""The base of our own Great Expectations types, made so that a rule costs little.

A map expectation of Great Expectations asks for five metrics, each configured, copied, hashed
and resolved by itself: 9 ms a rule, whatever the number of rows. A `RowExpectation` asks for
one, the ids of the failing rows, and that metric has one kwarg, which is a string.

All types share what this means: a missing value never fails, and nothing fails by comparison
with one; `unexpected_index_list` holds the index of every failing row, whatever the result
format. `mostly` and row conditions are not taken.

Importing a module with types registers them with Great Expectations, and imports that: 3-9 s.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

from expectations.frame_columns import Rows

METRIC = "table.failing_rows"


@dataclass(frozen=True, eq=False)
class Found:
    """The value of the metric."""

    failing: "pd.Index[Any]"
    """The failing rows' part of the frame's index."""
    row_count: int


class RowCheck(str):
    """A rule ready to run that is, to Great Expectations, the text of its type and kwargs.

    Metrics are told apart by the text of their kwargs, so equal checks have equal texts.
    """

    expectation: "RowExpectation"

    @classmethod
    def of(cls, expectation: "RowExpectation") -> "RowCheck":
        """The check of that expectation."""
        check = cls(f"{expectation.expectation_type}({expectation.own_kwargs()})")
        check.expectation = expectation
        return check


class FailingRowsMetric(TableMetricProvider):
    """Which rows of the whole frame break a check."""

    metric_name = METRIC
    value_keys = ("check",)

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **kwargs: Any,
    ) -> Found:
        frame = execution_engine.get_domain_records(metric_domain_kwargs)
        failing = metric_value_kwargs["check"].expectation.find_failing_rows(frame)
        return Found(frame.index[failing], len(frame))


class RowExpectation(BatchExpectation, ABC):
    """Expects every row of a batch to meet a rule; a type says which rows do not."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)

    @abstractmethod
    def find_failing_rows(self, frame: pd.DataFrame) -> Rows:
        """True for each row of the frame that breaks the rule."""

    def own_kwargs(self) -> dict[str, Any]:
        """The kwargs of the type itself, without those that all expectations have."""
        common = BatchExpectation.__fields__
        return {name: getattr(self, name) for name in self.__fields__ if name not in common}

    def get_validation_dependencies(
        self,
        execution_engine: ExecutionEngine[Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> ValidationDependencies:
        """The one metric. The base class makes the same of kwargs that it looks up 20 times."""
        result_format = (runtime_configuration or {}).get("result_format", self.result_format)
        metric = MetricConfiguration(
            METRIC, {"batch_id": self.batch_id}, {"check": RowCheck.of(self)}
        )
        return ValidationDependencies({METRIC: metric}, parse_result_format(result_format))

    def _validate(
        self,
        metrics: Mapping[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        found: Found = metrics[METRIC]
        return {
            "success": found.failing.empty,
            "result": {
                "element_count": found.row_count,
                "unexpected_count": len(found.failing),
                "unexpected_index_list": found.failing.tolist(),
            },
        }
