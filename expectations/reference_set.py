"""Our Great Expectations type for membership in a set of any size, such as all organisations.

Importing this module registers the type with Great Expectations, and imports that: 3-9 s.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, ClassVar

import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import is_suite_parameter
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)


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
