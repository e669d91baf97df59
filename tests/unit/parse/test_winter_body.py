"""Telling the rows under a winter header apart: trusts, totals, left-overs, notes."""

import pytest

from pipelines.parse.files.workbook import Cell, Grid
from pipelines.parse.formats.winter_timeseries.winter_body import SheetBody, read_body
from pipelines.parse.formats.winter_timeseries.winter_columns import Header
from pipelines.parse.formats.winter_workbook import WinterTimeseries

FORM = WinterTimeseries(
    kind="winter_timeseries",
    code_headings=("Code",),
    name_headings=("Name",),
    date_rows_above=3,
    total_codes=("-",),
    national_names=("England", "England Total", "England (All Acute Trusts)"),
    national_parts=("England (Type 1 Trusts)",),
    region_code_pattern="Y[0-9]{2}",
    region_names=("London", "Midlands", "North East and Yorkshire", "South of England"),
    region_words=("NHS England", "NHS", "Commissioning Region", "Region"),
    synonyms={},
    sheets=(),
)
HEADER = Header(row=2, code=1, name=2)
TOP: Grid = [["Title", "", "", ""], ["", "", "", ""], ["Region", "Code", "Name", "3 Dec"]]


def body_of(*rows: list[Cell]) -> SheetBody:
    return read_body("Sheet", [*TOP, *rows], HEADER, FORM)


def test_a_trust_is_told_by_its_code() -> None:
    body = body_of(["London", "RF4", "Barking", 1.0], ["London", "G6V2S", "Somebody", 2.0])
    assert [(row.index, row.code, row.name) for row in body.organisations] == [
        (3, "RF4", "Barking"),
        (4, "G6V2S", "Somebody"),
    ]
    assert body.skipped == {"banner": 1, "header": 1}
    assert body.findings == []


@pytest.mark.parametrize("code", ["RA4*", " RA4 ", "ra4", "RA4\u00a0", "RA4¹", "RA4 *"])
def test_what_is_glued_to_a_code_comes_off(code: str) -> None:
    assert [row.code for row in body_of(["", code, "Yeovil", 1.0]).organisations] == ["RA4"]


@pytest.mark.parametrize("name", ["England", "ENGLAND", " England ", "England total"])
@pytest.mark.parametrize("code", ["-", "", "ENG"])
def test_england_is_skipped_by_name_and_remembered(code: str, name: str) -> None:
    body = body_of(["-", code, name, 10.0], ["", "RF4", "Barking", 10.0])
    assert body.national == 3
    assert body.skipped["national_total"] == 1
    assert len(body.organisations) == 1


@pytest.mark.parametrize("second", ["England", "ENGLAND (All Acute Trusts)"])
def test_a_second_england_row_is_told_and_the_first_kept(second: str) -> None:
    body = body_of(["-", "-", "England", 10.0], ["-", "-", second, 11.0])
    assert (body.national, body.skipped["national_total"]) == (3, 2)
    assert [(one.code, one.value) for one in body.findings] == [("SHEET-008", second)]


@pytest.mark.parametrize("code", ["-", "", "ENG"])
def test_england_of_some_trusts_is_kept_apart_from_england(code: str) -> None:
    body = body_of(
        ["", code, "ENGLAND (Type 1 Trusts)", 3.0],
        ["", code, "ENGLAND (All Acute Trusts)1", 9.0],
        ["", code, "England (Trusts of Type 2)", 4.0],
    )
    assert body.national == 4
    assert body.organisations == [] and body.regions == []
    assert {name: body.skipped[name] for name in ("national_part", "other_national")} == {
        "national_part": 1,
        "other_national": 1,
    }
    assert [(one.code, one.value) for one in body.findings] == [
        ("SHEET-006", "ENGLAND (Type 1 Trusts)"),
        ("SHEET-007", "England (Trusts of Type 2)"),
    ]


def test_a_sum_of_trusts_that_are_not_told_is_no_region() -> None:
    body = body_of(["", "-", "All of them", 3.0])
    assert (body.regions, body.skipped["other_total"]) == ([], 1)
    assert [(one.code, one.value) for one in body.findings] == [("SHEET-007", "All of them")]


@pytest.mark.parametrize(
    "row",
    [
        ["", "", "London", 1.0],
        ["", "-", "LONDON ", 1.0],
        ["", "", "London Commissioning Region", 1.0],
        ["", "", "NHS England London", 1.0],
        ["", "", "NHS ENGLAND LONDON REGION", 1.0],
        ["", "", "North East & Yorkshire", 1.0],
        ["", "", "South Of England Commissioning Region¹", 1.0],
        ["", "", "Midlands2", 1.0],
        ["London", "", "", 1.0],
        ["", "London", "", 1.0],
        ["", "E40000003", "London", 1.0],
    ],
)
def test_a_region_without_a_code_is_known_by_its_name(row: list[Cell]) -> None:
    body = body_of(row)
    assert body.organisations == [] and body.findings == []
    assert (len(body.regions), body.skipped["region_total"]) == (1, 1)


@pytest.mark.parametrize(
    ("code", "name"), [("RAS", "London"), ("RAS", ""), ("", "London Ambulance Service")]
)
def test_a_trust_is_no_region(code: str, name: str) -> None:
    body = body_of(["London", code, name, 1.0])
    assert [(row.code, row.name) for row in body.organisations] == [(code, name)]


@pytest.mark.parametrize(
    ("code", "name"),
    [("-", "London Commissioning Region"), ("Y54", "North Of England"), ("Y63", ""), ("y56", "X")],
)
def test_a_region_is_skipped_by_its_code(code: str, name: str) -> None:
    body = body_of(["", code, name, 1.0])
    assert body.organisations == []
    assert body.skipped["region_total"] == 1
    assert body.regions == [name or code.upper()]


@pytest.mark.parametrize(
    "row", [["", "", "", 3.0, 4.0, 5.0], [1.0, "", "", 3.0], ["", "", " ", 3.0, True]]
)
def test_a_row_of_bare_numbers_is_a_left_over(row: list[Cell]) -> None:
    body = body_of(row)
    assert body.skipped["index_row"] == 1
    assert body.organisations == [] and body.findings == []


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (["1. Total beds available", "", "", ""], "1. Total beds available"),
        (["", "", "", "", "A remark far right"], "A remark far right"),
        (["* RA4", "", "", "", "corrected"], "* RA4 corrected"),
        (["", "1. A note in the column of codes", "", ""], "1. A NOTE IN THE COLUMN OF CODES"),
        (["", "", "A note in the column of names", ""], "A note in the column of names"),
        (["", "Note:", "figures of RF4 are late", ""], "NOTE: figures of RF4 are late"),
    ],
)
def test_a_note_is_skipped_and_told(row: list[Cell], text: str) -> None:
    body = body_of(row)
    assert body.skipped["note"] == 1
    assert [(one.code, one.value) for one in body.findings] == [("SHEET-004", text)]
    assert body.findings[0].place.row == 4


@pytest.mark.parametrize("word", ["Notes", "Source", "NOTE"])
def test_the_heading_of_the_notes_is_no_trust(word: str) -> None:
    """It looks like a code, but nothing else stands in its row."""
    body = body_of(["", "RF4", "Barking", 1.0], ["", word, "", ""])
    assert [row.code for row in body.organisations] == ["RF4"]
    assert body.skipped["note"] == 1


@pytest.mark.parametrize("row", [[], ["", "", "", ""], [" ", "\u00a0", "", "  "]])
def test_a_blank_row_is_nothing(row: list[Cell]) -> None:
    body = body_of(row)
    assert sum(body.skipped.values()) == 2
    assert body.organisations == [] and body.findings == []


def test_a_trust_without_any_figure_is_still_a_trust() -> None:
    body = body_of(["London", "RF4", "Barking", "", None])
    assert [row.code for row in body.organisations] == ["RF4"]


def test_a_row_of_figures_with_a_name_and_no_code_is_kept_to_be_rejected() -> None:
    body = body_of(["", "", "Some Trust", 5.0])
    assert [(row.code, row.name) for row in body.organisations] == [("", "Some Trust")]


def test_an_unknown_code_is_left_to_the_rules() -> None:
    assert [row.code for row in body_of(["", "ZZ9", "Nobody", 5.0]).organisations] == ["ZZ9"]


def test_the_second_row_of_a_trust_is_told_and_not_read() -> None:
    body = body_of(["", "RF4", "Barking", 1.0], ["", "rf4*", "Barking again", 2.0])
    assert [row.index for row in body.organisations] == [3]
    assert body.skipped["repeated_organisation"] == 1
    assert [(one.code, one.org_code) for one in body.findings] == [("ROW-001", "RF4")]


def test_two_rows_without_a_code_are_told_apart_by_name() -> None:
    body = body_of(["", "", "One", 1.0], ["", "", "Two", 2.0], ["", "", "One", 3.0])
    assert [row.name for row in body.organisations] == ["One", "Two"]
    assert body.skipped["repeated_organisation"] == 1


def test_every_row_that_is_not_blank_is_counted_once() -> None:
    rows: Grid = [
        ["-", "-", "England", 3.0],
        ["", "", "", 3.0, 4.0],
        ["", "RF4", "Barking", 1.0],
        [],
        ["", "Y54", "North", 1.0],
        ["", "RF4", "Barking", 1.0],
        ["A note", "", "", ""],
    ]
    body = body_of(*rows)
    filled = sum(1 for row in [*TOP, *rows] if any(cell not in ("", None) for cell in row))
    assert sum(body.skipped.values()) + len(body.organisations) == filled
