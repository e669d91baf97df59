"""Our own Great Expectations types: which rows fail, and which cells of a failing row."""

from collections.abc import Sequence
from datetime import date
from math import nan
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from expectations.cell_finders import CELL_FINDERS
from expectations.engine import define_batch
from pipelines.base.errors import ContractFault
from pipelines.validate.suite import offending_columns, run_rules
from tests.support.rules import ARule, run

FIRST_ROW_ID = 1007
"""Row ids start here and go in sevens, so that a position taken for an id is noticed."""

BETWEEN = "expect_multicolumn_values_to_be_between"
AT_MOST = "expect_multicolumn_values_to_be_at_most"
DESCEND = "expect_columns_to_descend"
PAIRS = "expect_column_to_be_at_most_column"
SUM_EQUAL = "expect_column_sum_to_equal_column"
SUM_AT_MOST = "expect_column_sum_to_be_at_most_column"
IN_SET = "expect_column_values_to_be_in_reference_set"

WAITS = "expect_longest_wait_to_fit_counts"

ABC = ["a", "b", "c"]
NOT_NEGATIVE = {"column_list": ABC, "min_value": 0}
OVER_4_AND_12 = {"column": "a", "limits": {"b": 240, "c": 720}, "tolerance": 5}
SUM = {"parts": ["a", "b"], "total": "c"}


Row = Sequence[float | None]


def a_table(rows: Sequence[Row]) -> pa.Table:
    columns = {
        name: pa.array([row[place] for row in rows], pa.float64()) for place, name in enumerate(ABC)
    }
    ids = [FIRST_ROW_ID + 7 * place for place in range(len(rows))]
    return pa.table({"row_id": pa.array(ids, pa.int64()), **columns})


# (type, kwargs, row, columns at fault; none where the row passes)
CASES: list[tuple[str, dict[str, Any], Row, list[str]]] = [
    (BETWEEN, NOT_NEGATIVE, (0, 1, 2), []),
    (BETWEEN, NOT_NEGATIVE, (-1, 1, -2), ["a", "c"]),
    (BETWEEN, NOT_NEGATIVE, (None, 1, None), []),
    (BETWEEN, NOT_NEGATIVE, (None, None, -1), ["c"]),
    (BETWEEN, {**NOT_NEGATIVE, "strict_min": True}, (0, 1, 2), ["a"]),
    (BETWEEN, {"column_list": ABC, "max_value": 4}, (4, 5, None), ["b"]),
    (BETWEEN, {"column_list": ABC, "max_value": 4, "strict_max": True}, (4, 3, 0), ["a"]),
    (BETWEEN, {"column_list": ABC, "min_value": 1, "max_value": 4}, (0, 2, 5), ["a", "c"]),
    (BETWEEN, {"column_list": ["b", "a"], "min_value": 0}, (0, -1, -1), ["b"]),
    (BETWEEN, {"column_list": ["b"], "min_value": 0}, (-1, 0, -1), []),
    (BETWEEN, {"column_list": ["b"], "min_value": 0}, (0, -1, 0), ["b"]),
    (BETWEEN, {"column_list": ["b"], "min_value": 0}, (0, None, 0), []),
    (BETWEEN, NOT_NEGATIVE, (nan, -1, nan), ["b"]),
    (AT_MOST, {"limits": {"a": 1, "c": 10}}, (1, 99, 10), []),
    (AT_MOST, {"limits": {"a": 1, "c": 10}}, (2, 99, 10), ["a"]),
    (AT_MOST, {"limits": {"c": 10, "a": 1}}, (2, 99, 11), ["c", "a"]),
    (AT_MOST, {"limits": {"a": 1, "c": 10}}, (None, None, None), []),
    (AT_MOST, {"limits": {"a": 0.5, "b": 0}}, (0.6, 0, 0), ["a"]),
    (AT_MOST, {"limits": {"c": 10}}, (99, 99, 11), ["c"]),
    (DESCEND, {"column_list": ABC}, (3, 2, 1), []),
    (DESCEND, {"column_list": ABC}, (3, 3, 3), []),
    (DESCEND, {"column_list": ABC}, (3, 4, 1), ["a", "b"]),
    (DESCEND, {"column_list": ABC}, (3, 1, 2), ["b", "c"]),
    (DESCEND, {"column_list": ABC}, (1, 2, 3), ABC),
    (DESCEND, {"column_list": ABC}, (3, None, 2), []),
    (DESCEND, {"column_list": ABC}, (3, None, 4), ["a", "c"]),
    (DESCEND, {"column_list": ABC}, (None, 1, 2), ["b", "c"]),
    (DESCEND, {"column_list": ABC}, (None, None, 5), []),
    (PAIRS, {"pairs": [["a", "b"]]}, (2, 2, 0), []),
    (PAIRS, {"pairs": [["a", "b"]]}, (3, 2, 0), ["a", "b"]),
    (PAIRS, {"pairs": [["a", "b"]]}, (3, None, 0), []),
    (PAIRS, {"pairs": [["a", "b"]]}, (None, 2, 0), []),
    (PAIRS, {"pairs": [["a", "b"], ["b", "c"]]}, (1, 9, 5), ["b", "c"]),
    (PAIRS, {"pairs": [["a", "b"], ["b", "c"]]}, (9, 7, 5), ABC),
    (PAIRS, {"pairs": [["a", "b"]], "tolerance": 1}, (3, 2, 0), []),
    (PAIRS, {"pairs": [["a", "b"]], "tolerance": 1}, (4, 2, 0), ["a", "b"]),
    (PAIRS, {"pairs": [["a", "b"]], "tolerance_pct": 10}, (110, 100, 0), []),
    (PAIRS, {"pairs": [["a", "b"]], "tolerance_pct": 10}, (111, 100, 0), ["a", "b"]),
    (PAIRS, {"pairs": [["a", "b"]], "tolerance_pct": 10, "tolerance": 5}, (15, 10, 0), []),
    (SUM_EQUAL, SUM, (1, 2, 3), []),
    (SUM_EQUAL, SUM, (0.1, 0.2, 0.3), []),
    (SUM_EQUAL, SUM, (1, 2, 4), ABC),
    (SUM_EQUAL, SUM, (1, 2, 2), ABC),
    (SUM_EQUAL, SUM, (None, 2, 3), []),
    (SUM_EQUAL, SUM, (1, 2, None), []),
    (SUM_EQUAL, {**SUM, "tolerance_pct": 1}, (99, 2, 100), []),
    (SUM_EQUAL, {**SUM, "tolerance_pct": 1}, (98, 0, 100), ABC),
    (SUM_EQUAL, {**SUM, "tolerance": 2}, (98, 0, 100), []),
    (SUM_AT_MOST, SUM, (1, 2, 3), []),
    (SUM_AT_MOST, SUM, (1, 1, 3), []),
    (SUM_AT_MOST, SUM, (2, 2, 3), ABC),
    (SUM_AT_MOST, SUM, (None, 4, 3), []),
    (SUM_AT_MOST, {**SUM, "tolerance": 1}, (2, 2, 3), []),
    (SUM_AT_MOST, {**SUM, "tolerance_pct": 10}, (60, 51, 100), ABC),
    (WAITS, OVER_4_AND_12, (200, 0, 0), []),
    (WAITS, OVER_4_AND_12, (300, 2, 0), []),
    (WAITS, OVER_4_AND_12, (1000, 2, 1), []),
    # 17:30 read as 17 and a half minutes, with four patients over 4 and one over 12 hours.
    (WAITS, OVER_4_AND_12, (17.5, 4, 1), ABC),
    (WAITS, OVER_4_AND_12, (300, 4, 1), ["a", "c"]),
    (WAITS, OVER_4_AND_12, (300, 0, 0), ["a", "b"]),
    (WAITS, OVER_4_AND_12, (1000, 4, 0), ["a", "c"]),
    (WAITS, OVER_4_AND_12, (235, 1, 0), []),
    (WAITS, OVER_4_AND_12, (245, 0, 0), []),
    (WAITS, OVER_4_AND_12, (None, 4, 1), []),
    (WAITS, OVER_4_AND_12, (1000, None, None), []),
]
PASSING = (None, None, None)


@pytest.mark.parametrize(("expectation", "kwargs", "row", "at_fault"), CASES)
def test_fails_the_row_and_names_the_cells(
    expectation: str, kwargs: dict[str, Any], row: Row, at_fault: list[str]
) -> None:
    outcome = run(expectation, kwargs, a_table([PASSING, row, PASSING]))

    assert outcome.failing_rows.tolist() == ([FIRST_ROW_ID + 7] if at_fault else [])
    named = offending_columns(expectation, kwargs, dict(zip(ABC, row, strict=True)))
    assert named == at_fault


ONE_OF_EACH: list[tuple[str, dict[str, Any]]] = [
    (BETWEEN, NOT_NEGATIVE),
    (AT_MOST, {"limits": {"a": 1, "b": 1}}),
    (DESCEND, {"column_list": ABC}),
    (PAIRS, {"pairs": [["a", "b"]]}),
    (SUM_EQUAL, SUM),
    (SUM_AT_MOST, SUM),
    (IN_SET, {"column": "a", "value_set": [1, 2]}),
]


@pytest.mark.parametrize(("expectation", "kwargs"), ONE_OF_EACH)
def test_an_all_null_column_passes(expectation: str, kwargs: dict[str, Any]) -> None:
    assert run(expectation, kwargs, a_table([PASSING] * 3)).failing_rows.size == 0


@pytest.mark.parametrize(("expectation", "kwargs"), ONE_OF_EACH)
def test_a_column_of_the_null_type_passes(expectation: str, kwargs: dict[str, Any]) -> None:
    table = pa.table(
        {"row_id": pa.array([5, 6], pa.int64()), **{name: pa.nulls(2) for name in ABC}}
    )

    assert run(expectation, kwargs, table).failing_rows.size == 0


@pytest.mark.parametrize(("expectation", "kwargs"), ONE_OF_EACH)
def test_an_empty_table_passes(expectation: str, kwargs: dict[str, Any]) -> None:
    assert run(expectation, kwargs, a_table([])).failing_rows.size == 0


@pytest.mark.parametrize(
    ("expectation", "kwargs", "given"),
    [
        (BETWEEN, {"column_list": ABC, "max_value": {"$PARAMETER": "bound"}}, {"bound": 4}),
        (PAIRS, {"pairs": [["c", "a"]], "tolerance": {"$PARAMETER": "bound"}}, {"bound": 3}),
    ],
)
def test_takes_a_bound_from_the_parameters(
    expectation: str, kwargs: dict[str, Any], given: dict[str, float]
) -> None:
    rows = [(1, 0, 4), (1, 0, 5)]

    assert run(expectation, kwargs, a_table(rows), **given).failing_rows.tolist() == [1014]
    row = dict(zip(ABC, rows[1], strict=True))
    assert "c" in offending_columns(expectation, kwargs, row, given)


@pytest.mark.parametrize(
    "given",
    [
        ["RA1", "RA2"],
        ("RA1", "RA2"),
        {"RA1", "RA2"},
        frozenset({"RA1", "RA2"}),
        np.array(["RA1", "RA2"]),
    ],
)
def test_reference_set_fails_what_is_not_in_it(given: Any) -> None:
    codes = pa.array(["RA1", None, "RX9", "RA2", "ra1"])
    table = pa.table({"row_id": pa.array([40, 30, 20, 10, 0], pa.int64()), "org_code": codes})
    kwargs = {"column": "org_code", "value_set": {"$PARAMETER": "codes"}}

    assert run(IN_SET, kwargs, table, codes=given).failing_rows.tolist() == [0, 20]
    assert offending_columns(IN_SET, kwargs, {"org_code": "RX9"}) == ["org_code"]


def test_reference_set_holds_days() -> None:
    days = pa.array([date(2018, 12, 1), date(2018, 12, 2)])
    table = pa.table({"row_id": pa.array([1, 2], pa.int64()), "report_date": days})
    kwargs = {"column": "report_date", "value_set": [date(2018, 12, 1)]}

    assert run(IN_SET, kwargs, table).failing_rows.tolist() == [2]


@pytest.mark.parametrize(
    ("expectation", "kwargs", "said"),
    [
        (BETWEEN, {"column_list": ABC}, "cannot both be missing"),
        (BETWEEN, {"column_list": ABC, "min_value": "many"}, "min_value"),
        (BETWEEN, {**NOT_NEGATIVE, "mostly": 0.9}, "mostly"),
        (BETWEEN, {**NOT_NEGATIVE, "least": 0}, "least"),
        (BETWEEN, {"column_list": [], "min_value": 0}, "no column is named"),
        (AT_MOST, {"limits": {}}, "no column is named"),
        (AT_MOST, {"limits": {"a": None}}, "limits"),
        (DESCEND, {"column_list": ["a"]}, "column_list"),
        (PAIRS, {"pairs": []}, "no column is named"),
        (PAIRS, {"pairs": [["a", "b", "c"]]}, "pairs"),
        (SUM_EQUAL, {"parts": [], "total": "c"}, "parts"),
        (SUM_AT_MOST, {"parts": ["a", "b"]}, "total"),
        (IN_SET, {"column": "a", "value_set": "RA1"}, "not a list of values"),
        (IN_SET, {"column": "a", "value_set": None}, "value_set"),
        (IN_SET, {"column": "a"}, "value_set"),
    ],
)
def test_kwargs_that_do_not_fit_are_our_fault(
    expectation: str, kwargs: dict[str, Any], said: str
) -> None:
    with pytest.raises(ContractFault, match=f"(?s)TST-001 does not fit {expectation}.*{said}"):
        run(expectation, kwargs, a_table([(1, 2, 3)]))


@pytest.mark.parametrize("column", [["7", None, "8"], [date(2018, 12, 1), None, None]])
def test_a_column_without_numbers_is_our_fault_and_not_converted(column: list[Any]) -> None:
    table = a_table([(1, 2, 3)] * 3).set_column(1, "a", pa.array(column))

    for expectation, kwargs in ONE_OF_EACH[:-1]:
        with pytest.raises(ContractFault, match=r"TST-001 .*column a holds .*, not numbers"):
            run(expectation, kwargs, table)


def test_two_reference_sets_on_one_column_are_told_apart() -> None:
    table = pa.table({"row_id": pa.array([1, 2], pa.int64()), "org_code": ["RA1", "RA2"]})
    rules = [
        ARule(IN_SET, {"column": "org_code", "value_set": [code]}, f"TST-00{code}")
        for code in ("RA1", "RA2")
    ]

    assert [one.failing_rows.tolist() for one in run_rules(table, rules, {})] == [[2], [1]]


def test_no_type_of_great_expectations_is_replaced() -> None:
    from great_expectations.expectations import core
    from great_expectations.expectations.registry import get_expectation_impl

    define_batch()
    theirs = [vars(core)[name] for name in dir(core) if name.startswith("Expect")]
    theirs = [one for one in theirs if not one.is_abstract()]

    assert len(theirs) > 40
    for one in theirs:
        assert get_expectation_impl(one.expectation_type) is one


def test_every_cell_finder_has_its_type() -> None:
    from great_expectations.expectations.registry import get_expectation_impl

    define_batch()

    for name in CELL_FINDERS:
        assert get_expectation_impl(name).__module__ == "expectations.custom"
