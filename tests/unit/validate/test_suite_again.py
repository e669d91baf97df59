"""One process runs many batches: nothing of one shows in another, and none is kept."""

import gc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from pipelines.base.errors import ContractFault
from pipelines.validate.suite import run_rules
from tests.support.rules import ARule, run

CORE = ARule("expect_column_values_to_be_between", {"column": "beds", "min_value": 0}, "TST-009")

RULES = [
    ARule(
        "expect_multicolumn_values_to_be_between",
        {"column_list": ["beds"], "max_value": {"$PARAMETER": "most"}},
        "TST-001",
    ),
    ARule(
        "expect_times_to_be_between",
        {"column": "report_date", "max_value": {"$PARAMETER": "today"}},
        "TST-002",
    ),
    ARule(
        "expect_column_values_to_be_in_reference_set",
        {"column": "org_code", "value_set": {"$PARAMETER": "codes"}},
        "TST-003",
    ),
    ARule("expect_texts_to_match", {"column": "org_code", "pattern": "R.."}, "TST-004"),
    ARule("expect_rows_to_be_unique_by", {"column_list": ["org_code"]}, "TST-005"),
    CORE,
]
GIVEN = {"most": 9, "today": date(2026, 1, 2), "codes": ["RA1", "RA2", "X1"]}


def a_table(ids: Sequence[int], beds: Sequence[float], codes: Sequence[str]) -> pa.Table:
    """Rows with these ids, of the first days of January 2026."""
    days = [date(2026, 1, 1 + place) for place in range(len(ids))]
    return pa.table(
        {
            "row_id": pa.array(ids, pa.int64()),
            "beds": pa.array(beds, pa.float64()),
            "org_code": pa.array(codes, pa.string()),
            "report_date": pa.array(days, pa.date32()),
        }
    )


TABLE = a_table([7, 5, 3], [1, 20, -1], ["RA1", "RA9", "RA1"])


def found(table: pa.Table = TABLE, **given: Any) -> list[list[int]]:
    outcomes = run_rules(table, RULES, {**GIVEN, **given})
    return [outcome.failing_rows.tolist() for outcome in outcomes]


def test_parameters_are_read_anew_on_every_call() -> None:
    first = [[5], [3], [5], [], [3, 7], [3]]

    assert found() == first
    assert found(most=0) == [[5, 7], *first[1:]]
    assert found(today=date(2026, 1, 1)) == [first[0], [3, 5], *first[2:]]
    assert found(codes=["RA9"]) == [*first[:2], [3, 7], *first[3:]]
    assert found() == first


def test_a_list_that_was_changed_after_a_call_is_read_anew() -> None:
    codes = ["RA1"]

    before = found(codes=codes)[2]
    codes.append("RA9")

    assert (before, found(codes=codes)[2]) == ([5], [])


def test_the_same_rules_on_another_table_find_what_is_there() -> None:
    other = a_table([70, 50], [99, -5], ["X1", "X1"])

    assert found() == [[5], [3], [5], [], [3, 7], [3]]
    assert found(other) == [[70], [], [], [50, 70], [50, 70], [50]]
    assert found() == [[5], [3], [5], [], [3, 7], [3]]


def test_equal_rules_with_two_codes_are_both_told() -> None:
    rules = [ARule(RULES[3].expectation, RULES[3].kwargs, code) for code in ("TST-001", "TST-002")]
    table = a_table([1, 2], [0, 0], ["RA1", "X1"])

    outcomes = run_rules(table, rules, {})

    assert [(one.code, one.failing_rows.tolist()) for one in outcomes] == [
        ("TST-001", [2]),
        ("TST-002", [2]),
    ]


def test_a_fault_leaves_nothing_behind() -> None:
    texts = TABLE.set_column(1, "beds", pa.array(["many", "few", "none"]))

    with pytest.raises(ContractFault, match="TST-001"):
        found(texts)

    assert found() == [[5], [3], [5], [], [3, 7], [3]]


def test_great_expectations_calculates_with_parameters_in_its_own_types() -> None:
    kwargs = {"column": "beds", "max_value": {"$PARAMETER": "most - 1"}}

    assert run(CORE.expectation, kwargs, TABLE, most=20).failing_rows.tolist() == [5]
    assert run(CORE.expectation, kwargs, TABLE, most=21).failing_rows.tolist() == []


def test_threads_do_not_take_each_others_rows() -> None:
    tables = [a_table([10 * one], [99], ["RA1"]) for one in range(1, 21)]
    run_rules(TABLE, RULES, GIVEN)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(found, tables))

    assert [outcome[0] for outcome in outcomes] == [[10 * one] for one in range(1, 21)]


@pytest.mark.parametrize("rules", [[CORE], RULES])
def test_the_engine_lets_go_of_the_frame(rules: list[ARule]) -> None:
    import pandas as pd

    table = TABLE.append_column("released", pa.array([1.0, 2.0, 3.0]))

    run_rules(table, rules, GIVEN)
    gc.collect()

    # Not isinstance: it would wake the lazy modules among all objects.
    frames = [one for one in gc.get_objects() if type(one) is pd.DataFrame]
    assert not [frame for frame in frames if "released" in frame.columns]
