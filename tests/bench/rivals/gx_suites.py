"""The rules of a contract as core expectations of Great Expectations, one column or pair at a time.

What the core types cannot say gets a helper column: whether all cells could be read, whether a row
is of its feed, whether a time is on the grid, and what sums and carry-overs leave. A helper column
that has to be True is a rule's whole verdict, worked out beforehand with pandas.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import great_expectations.expectations as core
import pandas as pd

from pipelines.reference import codes as reference
from pipelines.registry.column import NUMERIC_TYPES
from pipelines.registry.contract import Collection, Rule

gxe: Any = core
"""Its types are exported in a way that a type checker does not see."""

FILE, CODE = "file_name", "code"
_UNREAD, _OTHERS = "CELL-001", "ROW-002"


@dataclass(frozen=True)
class Check:
    """One core expectation, with the code of the rule that it is a part of."""

    code: str
    rejects: bool
    expectation: Any


def type_columns(frame: pd.DataFrame, collection: Collection) -> None:
    """The texts of the frame become numbers and times; `CELL-001` tells rows that could be read."""
    could_be_read = pd.Series(True, index=frame.index)
    for column in collection.columns:
        if column.type in NUMERIC_TYPES:
            typed = pd.to_numeric(frame[column.name], errors="coerce")
        elif column.type in ("date", "slot"):
            typed = pd.to_datetime(frame[column.name], errors="coerce", utc=True)
        else:
            continue
        could_be_read &= typed.notna() | frame[column.name].eq("")
        frame[column.name] = typed
    frame[_UNREAD] = could_be_read


def add_helpers(frame: pd.DataFrame, collection: Collection, restricted: bool) -> None:
    """The columns that the expectations of `build_checks` need beside the contract's own."""
    if restricted:
        frame[_OTHERS] = frame[collection.organisation_column] == frame[CODE]
    for rule in collection.rules:
        if rule.expectation == "expect_times_to_be_on_grid":
            frame[rule.code] = frame[rule.kwargs["column"]].dt.minute % rule.kwargs["minutes"]
        elif rule.expectation == "expect_longest_wait_to_fit_counts":
            wait, allowed = frame[rule.kwargs["column"]], rule.kwargs["tolerance"]
            frame[rule.code] = 0
            for name, limit in rule.kwargs["limits"].items():
                is_short = (frame[name] > 0) & (wait < limit - allowed)
                frame[rule.code] += is_short | ((frame[name] == 0) & (wait > limit + allowed))
        elif rule.expectation.startswith("expect_column_sum_to_"):
            parts = frame[rule.kwargs["parts"]].sum(axis=1, skipna=False)
            frame[rule.code] = parts - frame[rule.kwargs["total"]]
            if share := rule.kwargs.get("tolerance_pct"):
                allowed = frame[rule.kwargs["total"]] * share / 100
                frame[rule.code] = frame[rule.code].abs() - allowed
        elif "tolerance" in rule.kwargs:
            for number, (part, whole) in enumerate(rule.kwargs["pairs"]):
                share = frame[whole] * rule.kwargs["tolerance_pct"] / 100
                allowed = share.clip(lower=rule.kwargs["tolerance"])
                frame[f"{rule.code}.{number}"] = frame[part] - frame[whole] - allowed


def build_checks(collection: Collection, restricted: bool) -> list[Check]:
    """Every rule of the contract, and what its columns' types ask for; `now` is a parameter."""
    readable = gxe.ExpectColumnValuesToBeInSet(column=_UNREAD, value_set=[True])
    checks = [Check(_UNREAD, True, readable)]
    if restricted:
        own = gxe.ExpectColumnValuesToBeInSet(column=_OTHERS, value_set=[True])
        checks.append(Check(_OTHERS, True, own))
    for column in collection.columns:
        if not column.nullable:
            filled = gxe.ExpectColumnValuesToNotBeNull(column=column.name)
            checks.append(Check("CELL-003", True, filled))
    for rule in collection.rules:
        rejects = rule.on_failure == "reject_row"
        checks += [Check(rule.code, rejects, one) for one in _expand(rule)]
    return checks


def _expand(rule: Rule) -> Iterator[Any]:
    """The rule as core expectations."""
    kwargs = rule.kwargs
    match rule.expectation:
        case "expect_multicolumn_values_to_be_between":
            bounds = {name: kwargs[name] for name in ("min_value", "max_value") if name in kwargs}
            for column in kwargs["column_list"]:
                yield gxe.ExpectColumnValuesToBeBetween(column=column, **bounds)
        case "expect_multicolumn_values_to_be_at_most":
            for column, limit in kwargs["limits"].items():
                yield gxe.ExpectColumnValuesToBeBetween(column=column, max_value=limit)
        case "expect_column_values_to_be_in_reference_set":
            known = _reference_set(kwargs["value_set"]["$PARAMETER"])
            yield gxe.ExpectColumnValuesToBeInSet(column=kwargs["column"], value_set=known)
        case "expect_texts_to_match":
            form = f"^(?:{kwargs['pattern']})$"
            yield gxe.ExpectColumnValuesToMatchRegex(column=kwargs["column"], regex=form)
        case "expect_times_to_be_between":
            latest = {"$PARAMETER": "now"}
            yield gxe.ExpectColumnValuesToBeBetween(column=kwargs["column"], max_value=latest)
        case "expect_times_to_be_on_grid":
            yield gxe.ExpectColumnValuesToBeInSet(column=rule.code, value_set=[0])
        case "expect_rows_to_be_unique_by":
            columns = [FILE if one == "submission_number" else one for one in kwargs["column_list"]]
            yield gxe.ExpectCompoundColumnsToBeUnique(
                column_list=columns, ignore_row_if="any_value_is_missing"
            )
        case "expect_columns_to_descend":
            columns = kwargs["column_list"]
            for larger, smaller in pairwise(columns):
                yield _at_most(smaller, larger)
        case "expect_column_to_be_at_most_column" if "tolerance" in kwargs:
            for number in range(len(kwargs["pairs"])):
                name = f"{rule.code}.{number}"
                yield gxe.ExpectColumnValuesToBeBetween(column=name, max_value=0)
        case "expect_column_to_be_at_most_column":
            for smaller, larger in kwargs["pairs"]:
                yield _at_most(smaller, larger)
        case _:
            yield gxe.ExpectColumnValuesToBeBetween(column=rule.code, max_value=0)


def _at_most(smaller: str, larger: str) -> Any:
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=larger,
        column_B=smaller,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    )


def _reference_set(name: str) -> list[str]:
    codes: frozenset[str] = getattr(reference, name)()
    return sorted(codes)
