"""Which cells a rule rejects by themselves, and what is left of their rows."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.conform.conformed_rows import row_schema
from pipelines.validate.rejected_values import RejectedValues, carried_rows
from pipelines.validate.suite import offending_cells, offending_columns
from tests.support.small_tables import BEDS_OF_A_DAY

MEASURES = [column.name for column in BEDS_OF_A_DAY.measures]
ALL = (1 << len(MEASURES)) - 1


def table_of(*rows: dict[str, Any]) -> pa.Table:
    schema = row_schema(BEDS_OF_A_DAY)
    whole = [{name: None for name in schema.names} | {"carried": ALL} | row for row in rows]
    return pa.Table.from_pylist(whole, schema=schema)


RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "range": (
        "expect_multicolumn_values_to_be_between",
        {"column_list": ["beds", "opel_level"], "min_value": 1, "max_value": 4},
    ),
    "pairs": ("expect_column_to_be_at_most_column", {"pairs": [["beds", "hours"]]}),
    "sum": (
        "expect_column_sum_to_be_at_most_column",
        {"parts": ["beds", "opel_level"], "total": "hours"},
    ),
    "of Great Expectations": (
        "expect_column_values_to_be_between",
        {"column": "beds", "max_value": 4},
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_cells_of_many_rows_are_those_of_each(rule: str) -> None:
    expectation, kwargs = RULES[rule]
    rows: list[dict[str, Any]] = [
        {"beds": 9, "hours": 2.0, "opel_level": 7},
        {"beds": 9, "hours": None, "opel_level": None},
        {"beds": None, "hours": 0.5, "opel_level": 3},
    ]
    cells = offending_cells(expectation, kwargs, table_of(*rows), {})
    for at, row in enumerate(rows):
        one_by_one = offending_columns(expectation, kwargs, row, {})
        assert [name for name, own in cells.items() if own[at]] == one_by_one


def test_a_rejected_value_is_missing_and_not_carried() -> None:
    table = table_of(*({"beds": beds, "opel_level": 3} for beds in (1, 2, 3)))
    values = RejectedValues()
    values.add("beds", [1], "TST-001")
    values.add("beds", [1, 2], "TST-002")
    left = values.take_out(table, BEDS_OF_A_DAY)
    assert left.schema == table.schema
    assert left["beds"].to_pylist() == [1, None, None]
    assert left["opel_level"].to_pylist() == [3, 3, 3]
    without_beds = ALL & ~(1 << MEASURES.index("beds"))
    assert left["carried"].to_pylist() == [ALL, without_beds, without_beds]
    assert list(values.in_rows(np.array([True, True, False]))) == [
        (1, "beds", ("TST-001", "TST-002"))
    ]


def test_only_values_of_loaded_rows_are_counted() -> None:
    values = RejectedValues()
    values.add("beds", [0, 1, 2], "TST-001")
    values.add("hours", [2], "TST-001")
    numbers = np.array([0, 0, 1, 2], np.int32)
    assert values.count_by(numbers, np.array([False, True, True, True])) == {0: 1, 1: 2}


def test_a_cell_that_the_file_does_not_have_is_not_rejected() -> None:
    table = table_of({"carried": 0}, {"carried": ALL})
    assert carried_rows(table, BEDS_OF_A_DAY, "hours", np.array([0, 1])) == [1]
