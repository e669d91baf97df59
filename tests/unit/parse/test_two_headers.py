"""Headings that stand in two rows: read where the feed says so, and named where it does not."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
import xlsxwriter
from pydantic import ValidationError

from pipelines.parse.formats.table_format import TableFormat
from pipelines.parse.formats.tables.two_headers import join_headings
from pipelines.parse.patient_data import find_forbidden_heading
from pipelines.parse.rows import ParsedRows
from tests.support.small_tables import (
    BEDS_OF_A_DAY,
    codes_of,
    csv_table,
    json_rows,
    read_small,
    refusal_of,
    rows_of,
    small_feed,
    xlsx_table,
)
from tests.unit.parse.test_workbook_bombs import spreadsheet

UPPER = ["Trust", "Day", "Beds", "", "OPEL", "Completed"]
LOWER = ["", "", "number", "hours", "", "by"]
FIGURES = [
    ["RF4", "2018-12-03", "912", "0.5", "3", "A"],
    ["RF4", "2018-12-04", "913", "1", "4", ""],
]
MAPPING = {
    "columns": {
        "org_code": ["Trust"],
        "report_date": ["Day"],
        "beds": ["Beds: number"],
        "hours": ["Beds: hours"],
        "opel_level": ["OPEL"],
    },
    "not_reported": {"reported_by": "Not asked."},
    "ignored_headings": ["Completed: by"],
}
TWO = {**MAPPING, "header_rows": 2}
READ = [("RF4", "2018-12-03", "912", "0.5", "3"), ("RF4", "2018-12-04", "913", "1", "4")]
COLUMNS = ("org_code", "report_date", "beds", "hours", "opel_level")


def csv_of(*rows: list[str]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)


def merged_book() -> bytes:
    """The same in a workbook, the cells merged as people merge them."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet("S")
        for place, text in (("A1:A2", "Trust"), ("B1:B2", "Day"), ("E1:E2", "OPEL")):
            sheet.merge_range(place, text)
        sheet.merge_range("C1:D1", "Beds")
        sheet.write_row("C2", ["number", "hours"])
        sheet.write_column("F1", ["Completed", "by"])
        for number, row in enumerate(FIGURES, start=2):
            sheet.write_row(number, 0, row)
    return stream.getvalue()


def ods_of(*rows: list[str]) -> bytes:
    cell = '<t:table-cell o:value-type="string"><x:p>{}</x:p></t:table-cell>'
    return spreadsheet(
        "".join(
            f"<t:table-row>{''.join(cell.format(text) for text in row)}</t:table-row>"
            for row in rows
        )
    )


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (csv_of(UPPER, LOWER, *FIGURES), csv_table(**TWO)),
        (csv_of(UPPER, LOWER, *FIGURES).replace(",", ";"), csv_table(**TWO)),
        (merged_book(), xlsx_table(**TWO)),
        (ods_of(UPPER, LOWER, *FIGURES), xlsx_table(**TWO)),
    ],
    ids=["csv", "semicolons", "xlsx", "ods"],
)
def test_two_rows_of_headings_are_one(content: str | bytes, form: TableFormat) -> None:
    parsed = read_small(content, form)
    assert rows_of(parsed, *COLUMNS) == READ
    assert (codes_of(parsed), dict(parsed.skipped)) == ([], {})
    assert (parsed.place(0, "hours").row, parsed.place(0, "hours").column_letter) == (3, "D")


def test_banners_above_and_repeated_headings_below_are_no_data() -> None:
    banner = ["ED SitRep", "", "", "", "", ""]
    text = csv_of(banner, UPPER, LOWER, FIGURES[0], UPPER, LOWER, FIGURES[1])
    parsed = read_small(text, csv_table(**TWO))
    assert rows_of(parsed, *COLUMNS) == READ
    assert dict(parsed.skipped) == {"banner": 1, "repeated_header": 2}
    assert codes_of(parsed) == []


def test_an_unknown_heading_is_told_as_it_would_be_named() -> None:
    parsed = read_small(csv_of([*UPPER[:-1], "Ward"], LOWER, *FIGURES), csv_table(**TWO))
    assert [(one.code, one.value) for one in parsed.findings] == [("HEAD-001", "Ward: by")]


def test_a_table_with_one_row_of_headings_has_not_two() -> None:
    told = refusal_of(csv_of(["Trust", "Day", "Beds: number"], FIGURES[0][:3]), csv_table(**TWO))
    assert told.code == "FILE-015"


def undeclared(upper: list[str], lower: list[str], **mapping: object) -> ParsedRows:
    form = csv_table(**{**MAPPING, "ignored_headings": [], **mapping})
    return read_small(csv_of(upper, lower, *FIGURES), form)


@pytest.mark.parametrize(
    ("upper", "lower", "value"),
    [
        (UPPER, LOWER, "hours"),
        (["", "", *UPPER[2:]], ["Trust", "Day", *LOWER[2:]], "Beds"),
    ],
    ids=["the key above", "the key below"],
)
def test_two_rows_that_the_feed_does_not_declare_are_named_as_the_cause(
    upper: list[str], lower: list[str], value: str
) -> None:
    (told,) = [one for one in undeclared(upper, lower).findings if one.code == "HEAD-009"]
    assert told.value == value
    assert "header_rows: 2" in told.fix


def test_a_key_in_two_rows_refuses_the_file_with_the_cause() -> None:
    rows = (["Trust", "", "Beds", ""], ["", "Day", "number", "hours"], FIGURES[0][:4])
    told = refusal_of(csv_of(*rows), csv_table(**MAPPING))
    assert told.code == "FILE-023"
    assert "rows (1 and 2)" in told.message
    assert "header_rows: 2" in told.fix


@pytest.mark.parametrize(
    "above",
    [["ED SitRep of 3 December"], ["Made at", "03/12/2018"], []],
    ids=["banner", "two cells", "none"],
)
def test_what_is_no_second_row_of_headings_is_not_taken_for_one(above: list[str]) -> None:
    headings = ["Trust", "Day", "Beds: number", "Beds: hours", "OPEL", "Ward"]
    form = csv_table(**MAPPING)
    parsed = read_small(csv_of(above, headings, *FIGURES, ["Note: closed"]), form)
    assert "HEAD-009" not in codes_of(parsed)
    assert rows_of(parsed, *COLUMNS) == READ


def test_three_rows_are_joined_and_no_group_goes_beyond_the_one_above() -> None:
    rows = (
        ["Date", "Response", "", "", "Outcomes", "", "Calls"],
        ["", "C1", "", "All", "", "Conveyed", ""],
        ["", "mean", "90th", "", "H&T", "", "answered"],
    )
    assert join_headings(*rows) == [
        "Date",
        "Response: C1: mean",
        "Response: C1: 90th",
        "Response: All",
        "Outcomes: H&T",
        "Outcomes: Conveyed",
        "Calls: answered",
    ]


def test_three_rows_are_read_where_the_feed_declares_them() -> None:
    upper = ["", "", "At eight", "", ""]
    columns = {"org_code": ["Trust"], "report_date": ["Day"], "beds": ["At eight: Beds: number"]}
    form = csv_table(columns=columns, header_rows=3)
    parsed = read_small(csv_of(["Banner", ""], upper, UPPER, LOWER, *FIGURES), form)
    assert rows_of(parsed, "org_code", "beds") == [(one[0], one[2]) for one in READ]


def test_json_has_no_rows_of_headings() -> None:
    with pytest.raises(ValidationError, match="JSON has keys"):
        json_rows(header_rows=2)


@pytest.mark.parametrize("make", [csv_table, xlsx_table])
def test_what_is_simulated_has_two_rows_too(make: type[TableFormat]) -> None:
    form = make(**TWO)
    writer = form.writer((0.0, 0.9))
    assert writer is not None
    headings = ["Trust", "Day", "Beds: number", "Beds: hours", "OPEL", "Completed: by"]
    rows = [[writer.text(cell) for cell in row] for row in FIGURES]
    content = writer.write(headings, rows, None, datetime(2018, 12, 4, tzinfo=UTC))
    feed = small_feed(form)
    assert rows_of(form.read(content, "file", feed, BEDS_OF_A_DAY), *COLUMNS) == READ


@pytest.mark.parametrize("heading", ["Details: NHS number", "Patient name: text"])
def test_a_heading_about_patients_is_seen_in_either_row(heading: str) -> None:
    assert find_forbidden_heading([heading]) is not None
    assert find_forbidden_heading(["Beds: number"]) is None
