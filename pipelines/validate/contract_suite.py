"""The rules of a contract as an expectation suite, with the values of the run in place."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from expectations.instants import to_instant
from pipelines.base.errors import ContractFault
from pipelines.registry.contract import PARAMETER
from pipelines.validate.runnable_rule import RunnableRule

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

SKIP_ROWS_WITH_NULLS: Mapping[str, str] = {
    "both_values_are_missing": "either_value_is_missing",
    "all_values_are_missing": "any_value_is_missing",
}
"""The default `ignore_row_if` of Great Expectations, which fails a half-empty pair, and ours."""


def build_suite(rules: Sequence[RunnableRule], parameters: Mapping[str, Any]) -> "ExpectationSuite":
    """The rules as a suite; raises `ContractFault` where one does not fit its type."""
    from great_expectations.core import ExpectationSuite

    expectations = [_expectation_of(rule, parameters) for rule in rules]
    return ExpectationSuite("contract", expectations=expectations)


_known: dict[tuple[str, str, str], "Expectation"] = {}
"""Expectations of rules that say the same in every run, by type, code and kwargs."""
_MOST_KNOWN = 10_000


def _expectation_of(rule: RunnableRule, parameters: Mapping[str, Any]) -> "Expectation":
    """The rule as an expectation: one that needs nothing of the run is built once."""
    if any(isinstance(value, Mapping) for value in rule.kwargs.values()):
        return _build_expectation(rule, parameters)
    key = rule.expectation, rule.code, repr(rule.kwargs)
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = _build_expectation(rule, parameters)
    return _known[key]


def _build_expectation(rule: RunnableRule, parameters: Mapping[str, Any]) -> "Expectation":
    from great_expectations.expectations.registry import get_expectation_impl

    try:
        implementation = get_expectation_impl(rule.expectation)
        if _is_ours(implementation):
            kwargs = resolve(rule.kwargs, parameters)
        else:
            kwargs = _adapt_to_core(implementation, rule.kwargs)
        return implementation(**kwargs, meta={"code": rule.code})
    except Exception as error:
        told = f"Rule {rule.code} does not fit {rule.expectation}: {error}"
        raise ContractFault(told, rule.code) from error


def _is_ours(implementation: "type[Expectation]") -> bool:
    from expectations.row_expectation import RowExpectation

    return issubclass(implementation, RowExpectation)


def _adapt_to_core(
    implementation: "type[Expectation]", kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """The kwargs as a type of Great Expectations itself takes them, which skips half-empty rows."""
    adapted = {name: _to_comparable(value) for name, value in kwargs.items()}
    rows = implementation.__fields__.get("ignore_row_if")
    if rows is not None and rows.default in SKIP_ROWS_WITH_NULLS:
        adapted.setdefault("ignore_row_if", SKIP_ROWS_WITH_NULLS[rows.default])
    return adapted


def parameters_for_core(suite: "ExpectationSuite", parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What Great Expectations is to put in place itself: its own types may calculate with it."""
    asks = any(
        isinstance(value, Mapping) and PARAMETER in value
        for expectation in suite.expectations
        for _, value in expectation
    )
    if not asks:
        return {}
    return {name: _to_comparable(value) for name, value in parameters.items()}


def resolve(kwargs: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The kwargs with the run's values in place of {'$PARAMETER': name}, NumPy's as Python's."""
    resolved = dict(kwargs)
    for name, value in kwargs.items():
        if isinstance(value, Mapping) and PARAMETER in value:
            if value[PARAMETER] not in parameters:
                raise KeyError(f"the run gives no parameter {value[PARAMETER]}")
            given = parameters[value[PARAMETER]]
            resolved[name] = given.tolist() if isinstance(given, np.generic | np.ndarray) else given
    return resolved


def _to_comparable(value: Any) -> Any:
    """The value as Great Expectations compares it with the frame: plain Python, times in UTC.

    A day becomes its midnight in UTC, as `to_frame` makes it of a column of days: pandas does not
    compare its own times with `datetime.date`.
    """
    if isinstance(value, np.generic | np.ndarray):
        return _to_comparable(value.tolist())
    if isinstance(value, date):
        return to_instant(value)
    if isinstance(value, Mapping):
        return {name: _to_comparable(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_to_comparable(part) for part in value]
    return value
