"""Running a contract's rules with Great Expectations: outcomes, faults, nulls, times."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.base.errors import ContractFault
from pipelines.registry.rule_columns import columns_named
from pipelines.validate.suite import offending_columns, run_rules
from tests.support.rules import ARule

BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
UNIQUE = "expect_compound_columns_to_be_unique"


DAYS = [date(2018, 12, day) for day in (1, 2, 2, 3)]
TABLE = pa.table(
    {
        "row_id": pa.array([70, 50, 30, 10], pa.int64()),
        "org_code": ["RA1", "RA2", "RA2", None],
        "report_date": pa.array(DAYS, pa.date32()),
        "slot_start": pa.array([datetime(2018, 12, 1, hour, tzinfo=UTC) for hour in range(4)]),
        "beds": pa.array([5, None, -3, 9], pa.int32()),
        "arrivals": pa.array([7, 1, None, 4], pa.int64()),
    }
)

# (type, kwargs, parameters, ids of the rows that fail)
CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[int]]] = [
    (BETWEEN, {"column": "beds", "min_value": 0}, {}, [30]),
    (BETWEEN, {"column": "beds", "min_value": 0, "max_value": 5}, {}, [10, 30]),
    (
        BETWEEN,
        {"column": "beds", "max_value": {"$PARAMETER": "most_beds"}},
        {"most_beds": np.int64(5)},
        [10],
    ),
    (
        BETWEEN,
        {"column": "report_date", "max_value": {"$PARAMETER": "today"}},
        {"today": date(2018, 12, 2)},
        [10],
    ),
    (BETWEEN, {"column": "report_date", "min_value": date(2018, 12, 2)}, {}, [70]),
    (
        BETWEEN,
        {"column": "slot_start", "max_value": {"$PARAMETER": "now"}},
        {"now": datetime(2018, 12, 1, 2, tzinfo=UTC)},
        [10],
    ),
    (IN_SET, {"column": "org_code", "value_set": ["RA1"]}, {}, [30, 50]),
    (
        IN_SET,
        {"column": "org_code", "value_set": {"$PARAMETER": "codes"}},
        {"codes": frozenset({"RA2"})},
        [70],
    ),
    (IN_SET, {"column": "beds", "value_set": [5, 9]}, {}, [30]),
    ("expect_column_values_to_not_be_null", {"column": "beds"}, {}, [50]),
    ("expect_column_values_to_match_regex", {"column": "org_code", "regex": "1$"}, {}, [30, 50]),
    (UNIQUE, {"column_list": ["org_code", "report_date"]}, {}, [30, 50]),
    (UNIQUE, {"column_list": ["org_code", "slot_start"]}, {}, []),
    (UNIQUE, {"column_list": ["org_code", "beds"]}, {}, []),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "arrivals", "column_B": "beds", "or_equal": True},
        {},
        [10],
    ),
    (
        "expect_multicolumn_sum_to_equal",
        {"column_list": ["arrivals", "beds"], "sum_total": 12},
        {},
        [10],
    ),
    (BETWEEN, {"column": "beds", "min_value": 0, "mostly": 0.5}, {}, []),
]


@pytest.mark.parametrize(("expectation", "kwargs", "parameters", "failing"), CASES)
def test_core_types_fail_the_right_rows_and_skip_nulls(
    expectation: str, kwargs: dict[str, Any], parameters: dict[str, Any], failing: list[int]
) -> None:
    (outcome,) = run_rules(TABLE, [ARule(expectation, kwargs)], parameters)

    assert outcome.failing_rows.tolist() == failing
    assert outcome.failing_rows.dtype == np.int64
    assert not outcome.table_level_failure
    assert not outcome.missing_columns


def test_a_day_far_in_the_future_is_compared_and_does_not_stop_the_batch() -> None:
    days = pa.array([date(9999, 12, 31), date(2018, 12, 1), None], pa.date32())
    table = pa.table({"row_id": pa.array([1, 2, 3], pa.int64()), "report_date": days})
    rule = ARule(BETWEEN, {"column": "report_date", "max_value": {"$PARAMETER": "today"}})

    (outcome,) = run_rules(table, [rule], {"today": date(2018, 12, 2)})

    assert outcome.failing_rows.tolist() == [1]


def test_outcomes_stand_in_the_order_of_the_rules() -> None:
    rules = [
        ARule(BETWEEN, {"column": "beds", "min_value": 0}, "TST-003"),
        ARule(UNIQUE, {"column_list": ["org_code", "report_date"]}, "TST-001"),
        ARule(BETWEEN, {"column": "absent", "min_value": 0}, "TST-009"),
        ARule(BETWEEN, {"column": "arrivals", "min_value": 5}, "TST-002"),
        ARule(BETWEEN, {"column": "beds", "max_value": 5}, "TST-004"),
    ]

    outcomes = run_rules(TABLE, rules, {})

    assert [outcome.code for outcome in outcomes] == [rule.code for rule in rules]
    assert [outcome.failing_rows.tolist() for outcome in outcomes] == [
        [30],
        [30, 50],
        [],
        [10, 50],
        [10],
    ]


@pytest.mark.parametrize(
    ("kwargs", "missing"),
    [
        ({"column": "absent", "min_value": 0}, ("absent",)),
        ({"column_list": ["beds", "absent", "gone"]}, ("absent", "gone")),
        ({"parts": ["beds", "absent"], "total": "gone"}, ("absent", "gone")),
        ({"pairs": [["absent", "beds"]]}, ("absent",)),
        ({"limits": {"beds": 1, "gone": 2}}, ("gone",)),
    ],
)
def test_a_rule_without_its_columns_is_skipped_and_says_so(
    kwargs: dict[str, Any], missing: tuple[str, ...]
) -> None:
    for table in (TABLE, TABLE.slice(0, 0)):
        (outcome,) = run_rules(table, [ARule("expect_anything", kwargs)], {})

        assert outcome.missing_columns
        assert outcome.missing_columns == missing
        assert outcome.failing_rows.size == 0


@pytest.mark.parametrize(("least", "fails"), [(4, False), (5, True)])
def test_a_rule_about_the_table_fails_as_a_whole(least: int, fails: bool) -> None:
    rule = ARule("expect_table_row_count_to_be_between", {"min_value": least})

    (outcome,) = run_rules(TABLE, [rule], {})

    assert outcome.table_level_failure is fails
    assert outcome.failing_rows.size == 0
    assert (outcome.observed, type(outcome.observed)) == (4, int)


@pytest.mark.parametrize(
    ("expectation", "kwargs", "observed"),
    [
        ("expect_column_max_to_be_between", {"column": "beds", "max_value": 8}, 9.0),
        (
            "expect_column_max_to_be_between",
            {"column": "report_date", "max_value": date(2018, 12, 2)},
            datetime(2018, 12, 3, tzinfo=UTC),
        ),
        (
            "expect_column_most_common_value_to_be_in_set",
            {"column": "beds", "value_set": [5]},
            [-3.0, 5.0, 9.0],
        ),
    ],
)
def test_what_a_rule_about_a_column_observed_is_plain_python(
    expectation: str, kwargs: dict[str, Any], observed: Any
) -> None:
    (outcome,) = run_rules(TABLE, [ARule(expectation, kwargs)], {})

    assert outcome.table_level_failure
    assert outcome.observed == observed
    assert type(outcome.observed) is type(observed)
    if isinstance(observed, list):
        assert [type(value) for value in outcome.observed] == [type(value) for value in observed]


@pytest.mark.parametrize(
    ("expectation", "kwargs", "said"),
    [
        # An exception while the rule runs, of a core type and of ours.
        (BETWEEN, {"column": "org_code", "min_value": 0}, "TST-001 could not be evaluated"),
        (
            "expect_columns_to_descend",
            {"column_list": ["beds", "org_code"]},
            "TST-001 could not be evaluated: .*org_code",
        ),
        # A rule that cannot be built.
        ("expect_the_unexpected", {"column": "beds"}, "TST-001 does not fit expect_the_unexpected"),
        (BETWEEN, {"column": "beds", "least": 0}, "least"),
        (BETWEEN, {"column": "beds"}, "TST-001"),
        ("expect_multicolumn_values_to_be_between", {"column_list": ["beds"]}, "TST-001"),
        # A parameter that the run did not give.
        (BETWEEN, {"column": "beds", "min_value": {"$PARAMETER": "missing"}}, "missing"),
        (
            "expect_multicolumn_values_to_be_between",
            {"column_list": ["beds"], "min_value": {"$PARAMETER": "missing"}},
            "TST-001 .* no parameter missing",
        ),
    ],
)
def test_a_rule_that_cannot_be_evaluated_is_our_fault(
    expectation: str, kwargs: dict[str, Any], said: str
) -> None:
    with pytest.raises(ContractFault, match=said):
        run_rules(TABLE, [ARule(expectation, kwargs)], {})

    (after,) = run_rules(TABLE, [ARule(BETWEEN, {"column": "beds", "min_value": 0})], {})
    assert after.failing_rows.tolist() == [30]


def test_a_fault_of_one_rule_is_not_hidden_by_the_others() -> None:
    rules = [
        ARule(BETWEEN, {"column": "beds", "min_value": 0}, "TST-001"),
        ARule(BETWEEN, {"column": "org_code", "min_value": 0}, "TST-002"),
    ]

    with pytest.raises(ContractFault, match="TST-002"):
        run_rules(TABLE, rules, {})


def test_a_result_that_great_expectations_leaves_out_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from great_expectations.validator.validator import Validator

    monkeypatch.setattr(Validator, "graph_validate", lambda *_, **__: [])

    with pytest.raises(ContractFault, match="did not run TST-001"):
        run_rules(TABLE, [ARule(BETWEEN, {"column": "beds", "min_value": 0})], {})


def test_it_runs_in_silence_and_leaves_warnings_alone() -> None:
    program = """
import logging, sys, warnings
sys.path.insert(0, "tests/unit/validate")
from test_suite import BETWEEN, TABLE, ARule, run_rules

logging.basicConfig(level=logging.INFO)
show_warning = warnings.showwarning
run_rules(TABLE, [ARule(BETWEEN, {"column": "beds", "min_value": 0})], {})
assert warnings.showwarning is show_warning
"""
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", program],
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_the_module_and_an_empty_table_import_no_engine() -> None:
    program = """
import sys
import pyarrow as pa
from types import SimpleNamespace
from pipelines.validate.suite import run_rules

assert not {"great_expectations", "pandas"} & set(sys.modules)
rule = SimpleNamespace(code="TST-001", expectation="expect_x", kwargs={"column": "beds"})
table = pa.schema([("row_id", pa.int64()), ("beds", pa.int32())]).empty_table()
(outcome,) = run_rules(table, [rule], {})
assert not outcome.missing_columns and outcome.failing_rows.size == 0
assert "great_expectations" not in sys.modules
"""
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd=root)


@pytest.mark.parametrize(
    ("kwargs", "columns"),
    [
        ({"column": "a", "min_value": 0}, ("a",)),
        ({"column_A": "a", "column_B": "b"}, ("a", "b")),
        ({"column_list": ["b", "a"]}, ("b", "a")),
        ({"parts": ["b", "a"], "total": "c"}, ("b", "a", "c")),
        ({"pairs": [["b", "a"], ["c", "a"]]}, ("b", "a", "c")),
        ({"limits": {"c": 1, "a": 2}}, ("c", "a")),
        ({"min_value": 1}, ()),
    ],
)
def test_columns_named_and_blamed_for_core_types(
    kwargs: dict[str, Any], columns: tuple[str, ...]
) -> None:
    assert columns_named(kwargs) == columns
    assert offending_columns("expect_a_core_type", kwargs, {}) == list(columns)
