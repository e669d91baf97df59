"""Rules on many submissions at once: each is judged by its own rows."""

from typing import Any

import pyarrow as pa
import pytest

from pipelines.base.errors import ContractFault
from pipelines.validate import batch_rules, suite
from pipelines.validate.batch_rules import run_on_batch
from pipelines.validate.rule_scope import RuleScope
from tests.support.rules import ARule

COUNT = "expect_table_row_count_to_be_between"
BETWEEN = "expect_column_values_to_be_between"

# Submission 4 has rows 0 to 2, submission 2 has rows 3 and 4, submission 7 has row 5.
STARTS = {4: 0, 2: 3, 7: 5}
TABLE = pa.table(
    {
        "row_id": pa.array(range(6), pa.int64()),
        "submission_number": pa.array([4, 4, 4, 2, 2, 7], pa.int32()),
        "org_code": ["RA1", "RA2", "RA3", "RA1", "RA1", "RA2"],
        "beds": pa.array([1.0, 2.0, 9.0, 9.0, 8.0, None]),
        "wards": pa.array([1.0, None, 3.0, 4.0, 5.0, 6.0]),
    }
)

Seen = list[tuple[int | None, bool, list[int]]]
"""(submission, whether it failed as a whole, rows that failed) of each outcome."""


def seen(*rules: ARule, **given: Any) -> Seen:
    return [
        (number, outcome.table_level_failure, outcome.failing_rows.tolist())
        for number, outcome in run_on_batch(TABLE, STARTS, rules, given)
    ]


@pytest.mark.parametrize(
    ("least", "failing"), [(0, []), (2, [7]), (3, [2, 7]), (4, [4, 2, 7]), (6, [4, 2, 7])]
)
def test_the_rows_of_each_submission_are_counted(least: int, failing: list[int]) -> None:
    outcomes = seen(ARule(COUNT, {"min_value": least}))

    assert outcomes == [(number, number in failing, []) for number in STARTS]


def test_what_is_observed_is_the_submissions_own() -> None:
    rule = ARule("expect_column_sum_to_be_between", {"column": "wards", "max_value": 4})

    outcomes = run_on_batch(TABLE, STARTS, [rule], {})

    assert [(number, one.observed) for number, one in outcomes] == [(4, 4.0), (2, 9.0), (7, 6.0)]


@pytest.mark.parametrize(
    ("expectation", "kwargs", "observed"),
    [
        ("expect_column_distinct_values_to_contain_set", {"column": "org_code", "value_set": ["X"]},
         ["RA1", "RA2", "RA3"]),
        ("expect_column_distinct_values_to_equal_set", {"column": "beds", "value_set": [1.0]},
         [1.0, 2.0, 9.0]),
        ("expect_column_distinct_values_to_be_in_set", {"column": "org_code", "value_set": ["X"]},
         ["RA1", "RA2", "RA3"]),
        ("expect_table_column_count_to_equal", {"value": 9}, 3),
        ("expect_table_column_count_to_be_between", {"min_value": 9}, 3),
        ("expect_table_columns_to_match_set", {"column_set": ["beds"]},
         ["beds", "org_code", "wards"]),
    ],
)  # fmt: skip
def test_what_is_observed_is_the_values_and_the_columns_of_the_contract(
    expectation: str, kwargs: dict[str, Any], observed: object
) -> None:
    outcomes = list(run_on_batch(TABLE, STARTS, [ARule(expectation, kwargs)], {}))

    number, first = outcomes[0]
    assert (number, first.table_level_failure) == (4, True)
    found = first.observed
    assert (sorted(found) if isinstance(found, list) else found) == observed


@pytest.mark.parametrize(
    ("expectation", "kwargs", "failing"),
    [
        ("expect_column_mean_to_be_between", {"column": "beds", "max_value": 5}, [2]),
        ("expect_column_max_to_be_between", {"column": "wards", "max_value": 5}, [7]),
        ("expect_column_unique_value_count_to_be_between", {"column": "org_code", "min_value": 3},
         [2, 7]),
        ("expect_column_distinct_values_to_contain_set", {"column": "org_code",
         "value_set": ["RA2"]}, [2]),
        ("expect_table_row_count_to_equal", {"value": 2}, [4, 7]),
    ],
)  # fmt: skip
def test_rules_that_sum_up_a_table_fail_for_the_submission(
    expectation: str, kwargs: dict[str, Any], failing: list[int]
) -> None:
    outcomes = seen(ARule(expectation, kwargs))

    assert [number for number, has_failed, _ in outcomes if has_failed] == failing


def test_a_column_without_values_fails_only_rules_about_missing_values() -> None:
    """Submission 7 has no beds: it may not report them."""
    least = {"column": "beds", "min_value": 1}
    total = ARule("expect_column_sum_to_be_between", least, "TST-001")
    given = ARule("expect_column_proportion_of_non_null_values_to_be_between", least, "TST-002")
    not_null = {"column": "beds", "mostly": 0.5}
    mostly = ARule("expect_column_values_to_not_be_null", not_null, "TST-003")

    assert seen(total, given, mostly) == [
        (4, False, []),
        (2, False, []),
        (4, False, []),
        (2, False, []),
        (7, True, []),
        (4, False, []),
        (2, False, []),
        (7, False, [5]),
    ]


@pytest.mark.parametrize(
    ("expectation", "kwargs", "failing"),
    [
        # RA1 and RA2 stand in two submissions; only those of one accuse each other.
        ("expect_column_values_to_be_unique", {"column": "org_code"}, [3, 4]),
        ("expect_compound_columns_to_be_unique", {"column_list": ["org_code", "beds"]}, []),
        ("expect_column_values_to_be_increasing", {"column": "beds"}, [4]),
        ("expect_column_values_to_be_decreasing", {"column": "beds"}, [1, 2]),
        # Of all five values three are above 5: over the half of submission 2 alone.
        (BETWEEN, {"column": "beds", "max_value": 5, "mostly": 0.5}, [3, 4]),
        (BETWEEN, {"column": "beds", "max_value": 5, "mostly": {"$PARAMETER": "share"}}, [3, 4]),
    ],
)
def test_rows_are_compared_with_their_own_submissions_only(
    expectation: str, kwargs: dict[str, Any], failing: list[int]
) -> None:
    outcomes = seen(ARule(expectation, kwargs), share=0.5)

    assert [row for _, _, rows in outcomes for row in rows] == failing
    assert not any(has_failed for _, has_failed, _ in outcomes)


def test_outcomes_stand_in_the_order_of_the_rules() -> None:
    rules = [
        ARule(COUNT, {"min_value": 3}, "TST-003"),
        ARule(BETWEEN, {"column": "beds", "max_value": 8}, "TST-001"),
        ARule("expect_column_values_to_be_unique", {"column": "org_code"}, "TST-002"),
        ARule("expect_rows_to_be_unique_by", {"column_list": ["org_code"]}, "TST-004"),
    ]

    outcomes = [(one.code, number) for number, one in run_on_batch(TABLE, STARTS, rules, {})]

    assert outcomes == [
        *(("TST-003", number) for number in STARTS),
        ("TST-001", None),
        *(("TST-002", number) for number in STARTS),
        ("TST-004", None),
    ]


@pytest.mark.parametrize(
    ("expectation", "kwargs", "runs"),
    [
        ("expect_rows_to_be_unique_by", {"column_list": ["submission_number", "org_code"]}, [6]),
        (BETWEEN, {"column": "beds", "max_value": 5, "mostly": 1.0}, [6]),
        (COUNT, {"min_value": 1}, [3, 2, 1]),
    ],
)
def test_only_rules_that_need_it_run_for_each_submission(
    monkeypatch: pytest.MonkeyPatch, expectation: str, kwargs: dict[str, Any], runs: list[int]
) -> None:
    lengths = []
    really_validate = suite._validate

    def validate(table: pa.Table, *rest: Any) -> Any:
        lengths.append(table.num_rows)
        return really_validate(table, *rest)

    monkeypatch.setattr(suite, "_validate", validate)
    seen(ARule(expectation, kwargs))

    assert lengths == runs


def test_a_rule_about_rows_that_names_none_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure of a type whose scope was misjudged is not lost."""
    monkeypatch.setattr(batch_rules, "scope_of", lambda rule: RuleScope.ROW)

    with pytest.raises(ContractFault, match=r"TST-001 .* names no rows"):
        seen(ARule(COUNT, {"min_value": 7}))
