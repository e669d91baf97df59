"""Tables with a line for each figure: a row for each key, and each cell knows its line."""

import pytest

from pipelines.findings.finding import Place
from pipelines.parse.rows import ParsedRows
from tests.support.small_months import CALLS_OF_A_MONTH, csv_long
from tests.support.small_tables import read_small, refusal_of

HEADER = "Period,Code,Name,Item,Value"


def read(*lines: str, header: str = HEADER, **mapping: object) -> ParsedRows:
    text = "\n".join((header, *lines)) + "\n"
    return read_small(text, csv_long(name_headings=["Name"], **mapping), CALLS_OF_A_MONTH)


def codes_of(parsed: ParsedRows) -> list[str]:
    return [one.code for one in parsed.findings]


def carried(parsed: ParsedRows, name: str) -> list[bool]:
    partly = parsed.places.partly_carried()
    return [bool(has) for has in partly[name]] if name in partly else [True] * len(parsed)


def test_lines_of_a_key_are_one_row_whatever_their_order() -> None:
    parsed = read(
        "2024-12,RF4,A,A02,7.5", '2024-12,RF5,B,A01,"1,234"', "2024-12,RF4,A ,a01 ,12",
        "2024-11,RF4,A,A01,9",
    )  # fmt: skip

    assert list(parsed.texts["answered"]) == ["12", "1,234", "9"]
    assert list(parsed.texts["mean"]) == ["7.5", "", ""]
    assert list(parsed.texts["month"]) == ["2024-12", "2024-12", "2024-11"]
    assert parsed.findings == []


def test_each_figure_has_the_place_of_its_line() -> None:
    parsed = read("2024-12,RF4,A,A02,7.5", "2024-12,RF4,A,A01,12")

    assert parsed.place(0, "mean") == Place(None, 2, 5)
    assert parsed.place(0, "answered") == Place(None, 3, 5)
    assert parsed.place(0, "org_code") == Place(None, 2, 2)


def test_an_item_without_a_line_is_not_carried_and_one_that_is_missing_is() -> None:
    parsed = read("2024-12,RF4,A,A01,-", "2024-12,RF5,B,A02,1")

    assert carried(parsed, "answered") == [True, False]
    assert carried(parsed, "mean") == [False, True]


def test_an_unknown_item_is_told_once_at_its_first_line() -> None:
    parsed = read("2024-12,RF4,A,A01,1", "2024-12,RF4,A,Z99,5", "2024-11,RF4,A,Z99,6")

    (told,) = parsed.findings
    assert (told.code, told.value, told.place) == ("HEAD-001", "Z99", Place(None, 3, 4))
    assert "2 values" in told.message


def test_a_line_that_says_the_same_again_counts_once() -> None:
    parsed = read("2024-12,RF4,A,A01,1", "2024-12,RF4,A,A01,1")

    assert (len(parsed), codes_of(parsed)) == (1, ["ROW-004"])
    assert "row 3 as row 2" in parsed.findings[0].message
    assert parsed.skipped["repeated_row"] == 1


def test_another_figure_of_the_same_item_is_another_row_for_the_rules_to_see() -> None:
    parsed = read("2024-12,RF4,A,A01,1", "2024-12,RF4,A,A02,3", "2024-12,RF4,A,A01,2")

    assert list(parsed.texts["answered"]) == ["1", "2"]
    assert list(parsed.texts["org_code"]) == ["RF4", "RF4"]


def test_sums_are_skipped_by_name_and_englands_figures_are_kept() -> None:
    parsed = read(
        "2024-12,RF4,A,A01,1", "2024-12,Eng,England,A01,5", "2024-12,Y56,London,A01,4",
        "2024-12,,London,A01,4", "2024-12,TOTAL,Total,A01,5",
        national_names=["England"], region_names=["London"], region_code_pattern="Y[0-9]{2}",
    )  # fmt: skip

    assert list(parsed.texts["org_code"]) == ["RF4"]
    assert parsed.skipped == {"national": 1, "region": 2, "total_line": 1}
    (total,) = parsed.totals
    assert (total.column_name, total.text, total.slot_text) == ("answered", "5", "2024-12")
    assert total.place == Place(None, 3, 5)


@pytest.mark.parametrize(
    "line",
    ["2024-12,RF4,A,A01,1,234", "2024-12,RF4,A,A01"],
    ids=["a comma without quotes", "cut off"],
)
def test_a_line_that_does_not_fit_the_header_is_kept_out(line: str) -> None:
    parsed = read("2024-12,RF5,B,A01,7", line)

    assert [(one.code, list(one.rows)) for one in parsed.problems] == [("ROW-003", [1])]
    assert parsed.texts["answered"][0] == "7"


def test_blank_lines_and_a_header_again_are_no_rows() -> None:
    assert len(read("", "2024-12,RF4,A,A01,1", HEADER, ",,,,")) == 1


@pytest.mark.parametrize("missing", ["Item", "Value"])
def test_a_table_without_items_or_values_has_no_header(missing: str) -> None:
    told = refusal_of(HEADER.replace(missing, "Other") + "\n", csv_long(), CALLS_OF_A_MONTH)
    assert (told.code, told.value) == ("FILE-015", f"'{missing}'")


def test_a_table_of_as_many_items_as_lines_is_refused_before_it_is_made() -> None:
    lines = [f"2024-12,R{number},A,B{number},1" for number in range(20_000)]
    told = refusal_of("\n".join((HEADER, *lines)), csv_long(), CALLS_OF_A_MONTH)
    assert told.code == "FILE-010"
