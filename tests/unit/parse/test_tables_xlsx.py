"""Tables on a sheet of a workbook: which sheet, which cells, and what true dates and times say."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from pipelines.conform.conformed_rows import ConformedRows, conform_parts
from pipelines.conform.typed_columns import Part
from pipelines.findings.finding import Place
from tests.support.small_tables import (
    BEDS_OF_A_DAY,
    PATIENTS_OF_A_SLOT,
    CellOfBook,
    book_of,
    cells_of,
    codes_of,
    read_small,
    refusal_of,
    rows_of,
    small_feed,
    xlsx_table,
)

Rows = list[list[CellOfBook]]

FIRST_SHEET = xlsx_table()
HEADER: list[CellOfBook] = [
    "org_code",
    "report_date",
    "beds",
    "hours",
    "opel_level",
    "reported_by",
]
TABLE: Rows = [
    HEADER,
    ["RF4", "2018-12-03", 912, 0.5, 3, "RRU"],
    ["RF4", "2018-12-04", 913, 1.5, 4, "RRU"],
]
OTHER: Rows = [HEADER, ["RF4", "2018-12-05", 1, 1, 1, "RRU"]]
KEYS = ("org_code", "report_date", "beds")
READ = [("RF4", "2018-12-03", "912"), ("RF4", "2018-12-04", "913")]


def conform_book(content: bytes, form: Any, contract: Any = BEDS_OF_A_DAY) -> ConformedRows:
    return conform_parts([Part(0, read_small(content, form, contract), small_feed(form))], contract)


def moved(table: Rows, down: int, right: int) -> Rows:
    """The table with so many empty rows above it and columns before it."""
    return [[] for _ in range(down)] + [[*[None] * right, *row] for row in table]


# Which sheet


def test_the_first_sheet_is_read() -> None:
    parsed = read_small(book_of({"Figures": TABLE, "Other": OTHER}), FIRST_SHEET)
    assert rows_of(parsed, *KEYS) == READ
    assert rows_of(parsed, "hours", "opel_level", "reported_by")[0] == ("0.5", "3", "RRU")
    assert (codes_of(parsed), dict(parsed.skipped)) == ([], {})


def test_the_sheet_that_the_feed_names_is_read() -> None:
    book = book_of({"Read me": [["Guidance"]], "Other": OTHER, "Daily SitRep ": TABLE})
    for name in ("Daily SitRep", "daily sitrep", "DailySitRep"):
        assert rows_of(read_small(book, xlsx_table(sheet=name)), *KEYS) == READ


def test_a_hidden_first_sheet_is_passed_over() -> None:
    book = book_of({"Lists": OTHER, "Figures": TABLE}, hidden=["Lists"])
    parsed = read_small(book, FIRST_SHEET)
    assert rows_of(parsed, *KEYS) == READ
    assert parsed.place(0, "beds").sheet == "Figures"


def test_a_hidden_sheet_is_not_read_though_the_feed_names_it() -> None:
    book = book_of({"Figures": TABLE, "Other": OTHER}, hidden=["Other"])
    told = refusal_of(book, xlsx_table(sheet="Other"))
    assert told.code == "FILE-005"
    assert "'Figures'" in told.message


def test_a_sheet_that_is_not_there_is_told_with_those_that_are() -> None:
    told = refusal_of(book_of({"Figures": TABLE, "Old": OTHER}), xlsx_table(sheet="Daily SitRep"))
    assert told.code == "FILE-005"
    assert "'Figures'" in told.message and "'Old'" in told.message


def test_a_sheet_without_the_table_is_told_with_the_headings_that_are_missed() -> None:
    told = refusal_of(book_of({"Read me": [["Guidance"]], "Figures": TABLE}), FIRST_SHEET)
    assert told.code == "FILE-015"
    assert "'org_code'" in told.message and "'report_date'" in told.message


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE-001"),
        (b"org_code,report_date\nRF4,2018-12-03\n", "FILE-002"),
        (book_of({"Figures": TABLE})[:2000], "FILE-003"),
    ],
)
def test_what_is_no_workbook_is_told_as_such(content: bytes, code: str) -> None:
    assert refusal_of(content, FIRST_SHEET).code == code


# Where the table is


@pytest.mark.parametrize(
    ("down", "right", "cells"),
    [(0, 0, ["C2", "C3"]), (5, 0, ["C7", "C8"]), (0, 3, ["F2", "F3"]), (12, 25, ["AB14", "AB15"])],
)
def test_a_table_anywhere_on_the_sheet_has_its_places(
    down: int, right: int, cells: list[str]
) -> None:
    parsed = read_small(book_of({"Figures": moved(TABLE, down, right)}), FIRST_SHEET)
    assert rows_of(parsed, *KEYS) == READ
    assert cells_of(parsed, "beds") == cells
    assert codes_of(parsed) == []


def test_the_header_is_found_below_titles() -> None:
    titles: Rows = [["Daily SitRep"], [], ["Trust", "Barking"], ["Made", date(2018, 12, 5)]]
    parsed = read_small(book_of({"Figures": [*titles, *TABLE]}), FIRST_SHEET)
    assert rows_of(parsed, *KEYS) == READ
    assert dict(parsed.skipped) == {"banner": 3}
    assert parsed.place(1, "hours") == Place("Figures", 7, 4)


def test_blank_rows_totals_and_notes_are_no_data() -> None:
    rows: Rows = [
        *TABLE[:2],
        [],
        ["", " ", None],
        TABLE[2],
        ["Total", None, 1825, 2, None, None],
        [],
        ["* RF4 corrected its figures on 5 December"],
    ]
    parsed = read_small(book_of({"Figures": rows}), FIRST_SHEET)
    assert rows_of(parsed, *KEYS) == READ
    assert cells_of(parsed, "beds") == ["C2", "C5"]
    assert dict(parsed.skipped) == {"total_line": 1, "note": 1}
    (told,) = parsed.findings
    assert (told.code, told.place) == ("SHEET-004", Place("Figures", 8))


def test_what_stands_beside_the_table_is_a_problem_of_its_row() -> None:
    rows: Rows = [TABLE[0], [*TABLE[1], None, "checked by Jo"], TABLE[2]]
    parsed = read_small(book_of({"Figures": rows}), FIRST_SHEET)
    assert [(row, one.code) for one in parsed.problems for row in one.rows] == [(0, "ROW-003")]


def test_headings_that_are_unknown_repeated_or_lacking_are_told_with_their_cells() -> None:
    rows: Rows = [
        ["Title"],
        ["org_code", "report_date", "Ventilators", "beds", "Beds"],
        ["RF4", "2018-12-03", 7, 912, 913],
    ]
    parsed = read_small(book_of({"Figures": rows}), FIRST_SHEET)
    told = [
        (one.code, one.value or one.column_name, one.place.sheet, one.place.row,
         one.place.column_letter)
        for one in parsed.findings
    ]  # fmt: skip
    assert told == [
        ("HEAD-001", "Ventilators", "Figures", 2, "C"),
        ("HEAD-007", "Beds", "Figures", 2, "E"),
        ("HEAD-006", "hours", "Figures", 2, None),
        ("HEAD-006", "opel_level", "Figures", 2, None),
        ("HEAD-006", "reported_by", "Figures", 2, None),
    ]


# What cells hold


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (912, "912"),
        (912.0, "912"),
        (912.5, "912.5"),
        ("912", "912"),
        ("1,912", "1,912"),
        (True, "TRUE"),
        ("#N/A", "#N/A"),
        (None, ""),
        ("", ""),
        (1234567890123, "1234567890123"),
        (0.1, "0.1"),
    ],
)
def test_a_cell_as_its_sender_sees_it(cell: CellOfBook, text: str) -> None:
    rows: Rows = [HEADER, ["RF4", "2018-12-03", cell, 1, 1, "RRU"]]
    assert rows_of(read_small(book_of({"Figures": rows}), FIRST_SHEET), "beds") == [(text,)]


@pytest.mark.parametrize("day", [date(2018, 12, 3), datetime(2018, 12, 3), "2018-12-03"])
@pytest.mark.parametrize("form", [None, "%d/%m/%Y"])
def test_a_true_date_is_the_day_whatever_the_form_of_texts(
    day: CellOfBook, form: str | None
) -> None:
    mapping = xlsx_table(columns={"report_date": {"format": form}})
    rows: Rows = [HEADER, ["RF4", day, 912, 1, 1, "RRU"]]
    conformed = conform_book(book_of({"Figures": rows}), mapping)
    assert conformed.problems == {}
    assert conformed.table["report_date"].to_pylist() == [date(2018, 12, 3)]


SLOTS = xlsx_table(
    columns={
        "slot_start": {"headings": ["Period"], "format": "%d/%m/%Y %H:%M", "zone": "Europe/London"},
        "longest_wait": {"headings": ["Longest"], "given_in": "clock"},
    },
    not_reported={"arrivals": "No."},
)
SLOT_HEADER: list[CellOfBook] = ["org_code", "site_code", "Period", "patients", "Longest"]


def slot_book(period: CellOfBook, longest: CellOfBook = None) -> bytes:
    return book_of({"ED": [SLOT_HEADER, ["RF4", "RF4AA", period, 40, longest]]})


@pytest.mark.parametrize(
    ("period", "utc"),
    [
        (datetime(2026, 11, 22, 8, 15), datetime(2026, 11, 22, 8, 15)),
        ("22/11/2026 08:15", datetime(2026, 11, 22, 8, 15)),
        (datetime(2026, 7, 1, 8, 15), datetime(2026, 7, 1, 7, 15)),
        (datetime(2026, 11, 22), datetime(2026, 11, 22)),
        (datetime(2026, 11, 22, 0, 15), datetime(2026, 11, 22, 0, 15)),
        (datetime(2026, 11, 22, 23, 45), datetime(2026, 11, 22, 23, 45)),
    ],
)
def test_a_true_time_is_the_slot_in_the_zone_of_the_feed(period: CellOfBook, utc: datetime) -> None:
    """The workbook gives a time at midnight as a day."""
    conformed = conform_book(slot_book(period), SLOTS, PATIENTS_OF_A_SLOT)
    assert conformed.problems == {}
    assert conformed.table["slot_start"].to_pylist() == [utc]


@pytest.mark.parametrize("hour", range(24))
def test_every_quarter_of_a_day_survives_the_fractions_of_excel(hour: int) -> None:
    """Excel holds 08:15 as 0.34375 of a day, and most quarters are no finite fraction."""
    times = [datetime(2026, 11, 22, hour, minute) for minute in (0, 15, 30, 45)]
    rows: Rows = [SLOT_HEADER]
    for moment in times:
        rows.append(["RF4", "RF4AA", moment, 40, None])
    conformed = conform_book(book_of({"ED": rows}), SLOTS, PATIENTS_OF_A_SLOT)
    assert conformed.table["slot_start"].to_pylist() == times


def test_a_true_time_that_comes_twice_is_not_guessed() -> None:
    conformed = conform_book(slot_book(datetime(2026, 10, 25, 1, 15)), SLOTS, PATIENTS_OF_A_SLOT)
    assert [one.code for one in conformed.problems[0]] == ["CELL-008"]


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        (time(1, 30), 90.0),
        (time(0, 19, 21), 19.35),
        (timedelta(minutes=90), 90.0),
        (timedelta(0), 0.0),
        (timedelta(hours=23, minutes=59), 1439.0),
        (timedelta(hours=24), 1440.0),
        (timedelta(hours=31, minutes=10), 1870.0),
        (timedelta(days=3), 4320.0),
        ("1:30:00", 90.0),
        ("31:10:00", 1870.0),
        (None, None),
    ],
    ids=str,
)
def test_a_true_duration_is_a_clock(cell: CellOfBook, minutes: float | None) -> None:
    """Patients wait for more than a day, too."""
    book = slot_book(datetime(2026, 11, 22, 8, 15), cell)
    conformed = conform_book(book, SLOTS, PATIENTS_OF_A_SLOT)
    assert conformed.problems == {}
    assert conformed.table["longest_wait"].to_pylist() == [minutes and pytest.approx(minutes)]


def test_a_true_day_and_a_true_time_in_two_columns() -> None:
    form = xlsx_table(
        columns={
            "slot_start": {
                "headings": ["Day"],
                "time_headings": ["Time"],
                "format": "%d/%m/%Y %H:%M",
                "zone": "Europe/London",
            }
        }
    )
    rows: Rows = [
        ["org_code", "site_code", "Day", "Time", "patients"],
        ["RF4", "RF4AA", date(2026, 11, 22), time(8, 15), 40],
        ["RF4", "RF4AA", date(2026, 11, 22), time(0, 0), 41],
        ["RF4", "RF4AA", "22/11/2026", "08:45", 42],
    ]
    conformed = conform_book(book_of({"ED": rows}), form, PATIENTS_OF_A_SLOT)
    assert conformed.problems == {}
    assert conformed.table["slot_start"].to_pylist() == [
        datetime(2026, 11, 22, 8, 15),
        datetime(2026, 11, 22, 0, 0),
        datetime(2026, 11, 22, 8, 45),
    ]


# How the workbook is packed


def repacked(content: bytes, at_local: int, at_central: int, value: int) -> bytes:
    """The workbook with that number in the headers of all its parts."""
    spoiled = bytearray(content)
    for mark, at in ((b"PK\x03\x04", at_local), (b"PK\x01\x02", at_central)):
        place = spoiled.find(mark)
        while place >= 0:
            spoiled[place + at : place + at + 2] = value.to_bytes(2, "little")
            place = spoiled.find(mark, place + 4)
    return bytes(spoiled)


@pytest.mark.parametrize(
    ("at_local", "at_central", "value", "reason"),
    [
        (4, 6, 64, "zip file version 6.4"),
        (8, 10, 9, "compression"),
        (8, 10, 99, "compression"),
        (6, 8, 1, "encrypted"),
    ],
    ids=["later version", "deflate64", "AES", "password"],
)
def test_an_unusual_packing_is_the_sender_s_to_change(
    at_local: int, at_central: int, value: int, reason: str
) -> None:
    content = repacked(book_of({"Figures": TABLE}), at_local, at_central, value)
    told = refusal_of(content, FIRST_SHEET)
    assert told.code == "FILE-019"
    assert reason in told.message
