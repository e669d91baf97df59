"""What a submission is told of a rule about its table as a whole."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.base.errors import ContractFault
from pipelines.findings.finding import Place
from pipelines.registry.contract import Rule
from pipelines.registry.severity import Severity
from pipelines.validate.table_rules import as_text, check_table_rule, tell_of_table
from tests.support.small_tables import BEDS_OF_A_DAY, csv_table, parsed_rows, read_small


def a_rule(**changes: Any) -> Rule:
    known: dict[str, Any] = {
        "code": "TST-001",
        "title": "A rule",
        "expectation": "expect_column_mean_to_be_between",
        "kwargs": {"column": "beds", "min_value": 40},
        "on_failure": "warn",
        "message": "{column} has a mean of {value}.",
        "fix": "Look at the file.",
    }
    return Rule(**{**known, **changes})


def test_the_finding_says_what_was_observed_and_in_which_sheet() -> None:
    parsed = parsed_rows({"org_code": ["RF4"], "report_date": ["2018-12-03"], "beds": ["7"]})

    told = tell_of_table(a_rule(), Severity.WARN, 7.0, parsed, BEDS_OF_A_DAY)

    assert (told.code, told.severity, told.fix) == ("TST-001", "warn", "Look at the file.")
    assert told.message == "beds has a mean of 7."
    assert (told.column_name, told.value) == ("beds", "7")
    assert told.place == Place(sheet="Sheet"), "no single row or cell is at fault"
    assert (told.org_code, told.slot) == (None, None)


def test_a_rule_without_a_column_is_about_the_table() -> None:
    rule = a_rule(kwargs={"min_value": 40}, message="{column} has {value} rows.")
    parsed = read_small("org_code,report_date\nRF4,2018-12-03\n", csv_table())

    told = tell_of_table(rule, Severity.REJECT_SUBMISSION, 1, parsed, BEDS_OF_A_DAY)

    assert told.message == "the table has 1 rows."
    assert (told.column_name, told.place) == (None, Place())


def test_a_column_that_the_file_lacks_is_told_all_the_same() -> None:
    parsed = read_small("org_code,report_date\nRF4,2018-12-03\n", csv_table())

    told = tell_of_table(a_rule(), Severity.WARN, None, parsed, BEDS_OF_A_DAY)

    assert told.message == "beds has a mean of nothing."


@pytest.mark.parametrize("on_failure", ["reject_submission", "warn"])
def test_what_such_a_rule_can_say_passes(on_failure: str) -> None:
    check_table_rule(a_rule(on_failure=on_failure))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"on_failure": "reject_row"},
            r"TST-001 \(expect_column_mean_to_be_between\) .* on_failure can be "
            "reject_submission or warn, not reject_row",
        ),
        ({"message": "{beds} of {cells} is {value}"}, r"{value} and {column}.*: {beds}, {cells}"),
    ],
)
def test_what_only_a_rule_about_rows_can_say_is_our_fault(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ContractFault, match=said):
        check_table_rule(a_rule(**changes))


@pytest.mark.parametrize(
    ("observed", "is_day", "text"),
    [
        (1, False, "1"),
        (7.0, False, "7"),
        (7 / 3, False, "2.33333"),
        (1234567.89, False, "1234568"),
        (float("nan"), False, "nothing"),
        (None, False, "nothing"),
        (True, False, "True"),
        ("RF4", False, "RF4"),
        (datetime(2018, 12, 3, tzinfo=UTC), True, "2018-12-03"),
        (datetime(2018, 12, 3, 8, 15, tzinfo=UTC), False, "2018-12-03T08:15:00Z"),
        ([3.0, 8.5], False, "3, 8.5"),
        ([], False, "nothing"),
        (list(range(12)), False, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 2 more"),
        ({"quantiles": [0.5], "values": [5.0]}, False, "quantiles 0.5; values 5"),
    ],
)
def test_what_was_observed_reads_well(observed: Any, is_day: bool, text: str) -> None:
    assert as_text(observed, is_day) == text
