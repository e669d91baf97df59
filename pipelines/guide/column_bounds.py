"""What values of a column are taken: its bounds and its lists, as columns and rules state them."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.registry.column import Column
from pipelines.registry.contract import PARAMETER, Collection, Rule
from pipelines.registry.severity import Severity

_MOST_LEVELS = 20
"""A level with more values is told by its bounds."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the largest value that is taken."""

    least: int | float
    most: int | float


def bounds_of(collection: Collection, column: Column) -> Bounds:
    """Beyond these a value is kept out, alone or with its row; of a column that is a number."""
    least: int | float = -column.most
    most: int | float = column.most
    for rule in _rejecting(collection):
        kwargs = rule.kwargs
        if column.name in _listed(rule):
            least = max(least, _number(kwargs.get("min_value"), least))
            most = min(most, _number(kwargs.get("max_value"), most))
        limit = kwargs.get("limits", {}).get(column.name) if _is_at_most(rule) else None
        most = min(most, _number(limit, most))
    return Bounds(least, most)


def levels_of(collection: Collection, column: Column) -> tuple[int, ...]:
    """The values of a level, where rules bound it on both sides; none for other columns."""
    bounds = bounds_of(collection, column) if column.type == "level" else None
    if bounds is None or bounds.most - bounds.least > _MOST_LEVELS:
        return ()
    return tuple(range(int(bounds.least), int(bounds.most) + 1))


def plausible_of(collection: Collection, column: Column) -> int | float | None:
    """Beyond this a value is loaded with a warning; None where no rule says so."""
    for rule in collection.rules:
        if rule.on_failure is Severity.WARN and _is_at_most(rule):
            limit = rule.kwargs["limits"].get(column.name)
            if isinstance(limit, int | float):
                return limit
    return None


def code_list_of(collection: Collection, column: Column, *, or_warned: bool = False) -> str | None:
    """The name of the list that its codes have to be of, as rules name it; None for any code.

    With `or_warned` also of a rule that warns of other codes.
    """
    for rule in collection.rules if or_warned else _rejecting(collection):
        values = rule.kwargs.get("value_set")
        if rule.kwargs.get("column") == column.name and isinstance(values, dict):
            return str(values.get(PARAMETER))
    return None


def pattern_of(collection: Collection, column: Column) -> str | None:
    """The regular expression that finds its whole text; None where no rule says so."""
    for rule in _rejecting(collection):
        if rule.kwargs.get("column") != column.name:
            continue
        if isinstance(pattern := rule.kwargs.get("pattern"), str):
            return f"^(?:{pattern})$"
        if isinstance(regex := rule.kwargs.get("regex"), str):
            return regex
    return None


def _rejecting(collection: Collection) -> Iterator[Rule]:
    return (rule for rule in collection.rules if rule.on_failure is not Severity.WARN)


def _listed(rule: Rule) -> tuple[str, ...]:
    """The columns that a rule bounds one by one."""
    if "multicolumn_values_to_be_between" in rule.expectation:
        return tuple(rule.kwargs.get("column_list", ()))
    is_one = rule.expectation == "expect_column_values_to_be_between"
    return (rule.kwargs["column"],) if is_one and "column" in rule.kwargs else ()


def _is_at_most(rule: Rule) -> bool:
    """Whether its limits are the largest values of its columns."""
    return rule.expectation == "expect_multicolumn_values_to_be_at_most"


def _number(value: object, otherwise: int | float) -> int | float:
    return value if isinstance(value, int | float) else otherwise
