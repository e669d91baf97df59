"""The rules in plain Python are those of Great Expectations: the same rows, cells and columns."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, seed, strategies
from hypothesis import settings as hypothesis_settings

from pipelines.base.errors import ContractFault
from pipelines.conform.conformed_rows import row_schema
from pipelines.reference import codes
from pipelines.registry.column import Column
from pipelines.registry.contract import SUBMISSION_NUMBER, Collection
from pipelines.registry.registry import load_registry
from pipelines.validate.decide import rule_parameters
from pipelines.validate.plain import plain_cells
from pipelines.validate.plain.plain_rules import (
    cells_at_fault,
    columns_at_fault,
    find_failing_rows,
    is_judged_here,
)
from pipelines.validate.suite import (
    ROW_ID,
    RuleOutcome,
    offending_cells,
    offending_columns,
    rules_run_directly,
    run_rules,
)
from tests.support.rules import ARule

CONTRACTS = load_registry().collections
ROWS = 120
NUMBERS = (0, 0, 1, 1, 2, 3, 4, 5, 10, 14, 15, 30, 59, 60, 61, 96, 100, 1440, -1, 2**31 - 1)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-25T12:00:00Z")


def _value(random: Random, column: Column, bounds: Sequence[float]) -> Any:
    """A value of the column's type, often at a bound of a rule, often one that others have too."""
    if random.random() < 0.15:
        return None
    if column.type in ("count", "level"):
        near = int(random.choice(bounds)) + random.choice((-1, 0, 0, 1))
        return max(min(near, 2**31 - 1), -(2**31))
    if column.type == "decimal":
        return float(random.choice(bounds)) + random.choice(
            (0.0, 0.0, 0.1, -0.1, 1e-9, -1e-9, 1e-12, 0.30000000000000004)
        )
    if column.type in ("date", "month"):
        day = date(2026, 11, 25) + timedelta(random.choice((-800, -30, -1, 0, 0, 1, 2, 400)))
        day = random.choice((day, date.min, date.max, date(2026, 10, 1), date(2026, 11, 1)))
        return day.replace(day=1) if column.type == "month" else day
    if column.type == "slot":
        minutes = random.choice((-100000, -15, -1, 0, 0, 1, 14, 15, 100000))
        return datetime(2026, 11, 25, 12) + timedelta(minutes=minutes, microseconds=minutes % 2)
    known = sorted(codes.organisation_codes())[:3] + sorted(codes.contract_area_codes())[:2]
    return random.choice([*known, "R1F", "RX6", "RX6", "", "rx6", "A\n", "É", "ZZZ99", "NaN"])


def _bounds(collection: Collection) -> list[float]:
    found: list[float] = [*NUMBERS]
    for form in collection.rule_forms:
        for name in ("min_value", "max_value", "tolerance"):
            value = form.kwargs.get(name)
            found += [value] if isinstance(value, int | float) else []
        limits = form.kwargs.get("limits")
        found += limits.values() if isinstance(limits, dict) else []
    return found


def _columns(collection: Collection, number: int) -> dict[str, list[Any]]:
    random, bounds = Random(number), _bounds(collection)
    columns = {
        one.name: [_value(random, one, bounds) for _ in range(ROWS)] for one in collection.columns
    }
    # Rows that repeat the keys of others.
    for row in range(ROWS - 20, ROWS):
        for name in collection.key:
            columns[name][row] = columns[name][row - 60]
    # Totals that are what their parts make, or nearly.
    for form in collection.rule_forms:
        if "parts" in form.kwargs:
            for row in range(0, ROWS, 2):
                parts = [columns[name][row] for name in form.kwargs["parts"]]
                if None not in parts:
                    off = random.choice((0, 0, 1, -1, form.kwargs.get("tolerance") or 0))
                    columns[form.kwargs["total"]][row] = min(int(sum(parts)) + int(off), 2**31 - 1)
    columns[SUBMISSION_NUMBER] = [0] * ROWS
    return columns


def _table(collection: Collection, columns: dict[str, list[Any]]) -> pa.Table:
    kinds = {one.name: one.type for one in row_schema(collection)}
    arrays = {name: pa.array(values, kinds[name]) for name, values in columns.items()}
    return pa.table(arrays).append_column(ROW_ID, pa.array(range(ROWS), pa.int64()))


def differences(collection: Collection, number: int) -> list[str]:
    """What the two say differently of a random table; the findings that they share are counted."""
    columns, parameters = _columns(collection, number), rule_parameters()
    table = _table(collection, columns)
    told = []
    forms = collection.rule_forms
    for form, outcome in zip(forms, run_rules(table, forms, parameters), strict=True):
        own = find_failing_rows(form, columns, parameters)
        if own != outcome.failing_rows.tolist():
            told.append(f"{form.code}: {own} and {outcome.failing_rows.tolist()}")
            continue
        rows = table.take(outcome.failing_rows)
        names = list(columns)
        for row in own:
            values = {name: columns[name][row] for name in names}
            at_fault = columns_at_fault(form, values, parameters)
            if at_fault != offending_columns(form.expectation, form.kwargs, values, parameters):
                told.append(f"{form.code}: the columns at fault in row {row}")
        if form.rule.on_failure == "reject_value":
            cells = offending_cells(form.expectation, form.kwargs, rows, parameters)
            theirs = {name: [own[at] for at in np.flatnonzero(m)] for name, m in cells.items()}
            if theirs != cells_at_fault(form, columns, own, parameters):
                told.append(f"{form.code}: the cells at fault")
    return told


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_every_rule_of_the_contracts_is_judged_in_plain_python(name: str) -> None:
    forms = CONTRACTS[name].rule_forms
    assert [form.code for form in forms if not is_judged_here(form)] == []


@pytest.mark.parametrize("name", sorted(CONTRACTS))
@hypothesis_settings(
    max_examples=3,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@seed(12)
@given(number=strategies.integers(0, 2**32))
def test_both_find_the_same(name: str, number: int) -> None:
    assert differences(CONTRACTS[name], number) == []


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_both_find_the_same_in_many_tables(name: str) -> None:
    for number in range(150):
        assert differences(CONTRACTS[name], number) == []


def test_a_rule_that_is_another_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that is shut out, which is a difference at the bound only."""
    really = plain_cells.ROW_FINDERS["expect_multicolumn_values_to_be_between"]
    other = {
        **plain_cells.ROW_FINDERS,
        "expect_multicolumn_values_to_be_between": lambda names, kwargs: really(
            names, {**kwargs, "strict_min": True}
        ),
    }
    monkeypatch.setattr("pipelines.validate.plain.plain_rules.ROW_FINDERS", other)
    assert any("ART-001" in one for one in differences(CONTRACTS["acute_realtime"], 1))


@pytest.mark.parametrize(
    ("expectation", "kwargs"),
    [
        ("expect_column_values_to_be_unique", {"column": "a"}),
        ("expect_column_values_to_match_regex", {"column": "a", "regex": "x", "mostly": 0.5}),
        ("expect_table_row_count_to_be_between", {"min_value": 1}),
    ],
)
def test_a_rule_that_is_not_judged_here_is_known(expectation: str, kwargs: dict[str, Any]) -> None:
    assert not is_judged_here(ARule(expectation, kwargs))


@pytest.mark.parametrize(
    ("expectation", "kwargs", "value"),
    [
        ("expect_multicolumn_values_to_be_between", {"column_list": ["a"], "min_value": 0}, "7"),
        ("expect_times_to_be_on_grid", {"column": "a", "minutes": 15}, 7),
        (
            "expect_texts_to_match",
            {"column": "a", "pattern": "x"},
            date(2026, 1, 1),
        ),
        ("expect_times_to_be_between", {"column": "a", "max_value": {"$PARAMETER": "no"}}, None),
    ],
)
def test_a_rule_that_does_not_fit_is_the_contracts_fault(
    expectation: str, kwargs: dict[str, Any], value: Any
) -> None:
    with pytest.raises(ContractFault, match="TST-001"):
        find_failing_rows(ARule(expectation, kwargs), {"a": [value]}, {})


def failing(outcomes: Sequence[RuleOutcome]) -> dict[str, list[int]]:
    return {one.code: one.failing_rows.tolist() for one in outcomes}


def test_a_run_without_the_engine_leaves_to_it_what_is_not_known() -> None:
    table = pa.table({"a": pa.array([1, None, 7], pa.int32()), ROW_ID: pa.array([4, 5, 9])})
    own = ARule("expect_multicolumn_values_to_be_between", {"column_list": ["a"], "max_value": 5})
    core = ARule("expect_column_values_to_be_between", {"column": "a", "max_value": 5}, "TST-002")
    told = failing(run_rules(table, [own, core], {}))
    with rules_run_directly():
        directly = failing(run_rules(table, [own, core], {}))
    assert directly == told == {"TST-001": [9], "TST-002": [9]}


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_a_run_without_the_engine_has_the_same_outcomes(name: str) -> None:
    collection, parameters = CONTRACTS[name], rule_parameters()
    table = _table(collection, _columns(collection, 7))
    told = failing(run_rules(table, collection.rule_forms, parameters))
    with rules_run_directly():
        directly = failing(run_rules(table, collection.rule_forms, parameters))
    assert directly == told
    assert any(told.values())
