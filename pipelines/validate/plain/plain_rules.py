"""Runs the rules of a contract on the rows of one submission, in plain Python.

The twin of `validate.suite` and `validate.batch_rules`. Every type that the contracts use is
judged here; a rule of any other type is named as one that is judged at the centre only.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.base.errors import ContractFault
from pipelines.registry.contract import PARAMETER
from pipelines.registry.rule_columns import columns_named
from pipelines.validate.plain.plain_cells import ROW_FINDERS, RowFinder
from pipelines.validate.plain.plain_values import KWARGS_KNOWN, ROWS_FINDERS, Columns
from pipelines.validate.runnable_rule import RunnableRule


def is_judged_here(rule: RunnableRule) -> bool:
    """Whether the rule's type and all of its kwargs are known here."""
    known = KWARGS_KNOWN.get(rule.expectation)
    if known is not None:
        return set(rule.kwargs) <= known
    return is_type_known(rule.expectation)


def is_type_known(expectation: str) -> bool:
    """Whether rules of that type are known here; each of them looks at one row, or names rows."""
    return expectation in ROW_FINDERS or expectation in ROWS_FINDERS


def find_failing_rows(
    rule: RunnableRule, columns: Columns, parameters: Mapping[str, Any]
) -> list[int]:
    """The rows that break the rule, ascending.

    Raises `ContractFault` where the rule cannot be evaluated: wrong kwargs, a column of another
    type, a parameter that was not given.
    """
    try:
        kwargs = with_parameters(rule.kwargs, parameters)
        if (find_rows := ROWS_FINDERS.get(rule.expectation)) is not None:
            return list(find_rows(columns, kwargs))
        names = columns_named(kwargs)
        find = ROW_FINDERS[rule.expectation](names, kwargs)
        return [row for row, values in enumerate(_numbers(names, columns)) if any(find(values))]
    except Exception as error:
        told = f"Rule {rule.code} could not be evaluated: {error}"
        raise ContractFault(told, rule.code) from error


def columns_at_fault(
    rule: RunnableRule, row: Mapping[str, Any], parameters: Mapping[str, Any]
) -> list[str]:
    """The columns at fault in one failing row, in the order in which the rule names them."""
    names = columns_named(rule.kwargs)
    if rule.expectation not in ROW_FINDERS:
        return list(names)
    find = _finder(rule, names, parameters)
    (values,) = _numbers(names, {name: [row.get(name)] for name in names})
    return [name for name, at_fault in zip(names, find(values), strict=True) if at_fault]


def cells_at_fault(
    rule: RunnableRule,
    columns: Columns,
    rows: Sequence[int],
    parameters: Mapping[str, Any],
) -> dict[str, list[int]]:
    """For each column that the rule names, those of the failing rows in which it is at fault."""
    names = columns_named(rule.kwargs)
    if rule.expectation not in ROW_FINDERS:
        return {name: list(rows) for name in names}
    find = _finder(rule, names, parameters)
    found: dict[str, list[int]] = {name: [] for name in names}
    chosen = {name: [columns[name][row] for row in rows] for name in names}
    for row, values in zip(rows, _numbers(names, chosen), strict=True):
        for name, at_fault in zip(names, find(values), strict=True):
            if at_fault:
                found[name].append(row)
    return found


def with_parameters(kwargs: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The kwargs with the run's values in place of {'$PARAMETER': name}."""
    resolved = dict(kwargs)
    for name, value in kwargs.items():
        if isinstance(value, Mapping) and PARAMETER in value:
            if value[PARAMETER] not in parameters:
                raise KeyError(f"the run gives no parameter {value[PARAMETER]}")
            resolved[name] = parameters[value[PARAMETER]]
    return resolved


def _finder(rule: RunnableRule, names: Sequence[str], parameters: Mapping[str, Any]) -> RowFinder:
    return ROW_FINDERS[rule.expectation](names, with_parameters(rule.kwargs, parameters))


def _numbers(names: Sequence[str], columns: Columns) -> Iterator[Sequence[float | None]]:
    """The values of each row as numbers; raises `TypeError` where a column holds anything else."""
    return zip(*([_number(name, value) for value in columns[name]] for name in names), strict=True)


def _number(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise TypeError(f"column {name} holds {type(value).__name__}, not numbers")
    return float(value)
