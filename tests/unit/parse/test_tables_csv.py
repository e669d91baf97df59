"""Delimited text as people save it: what is read, where it stood, and what is said of the rest."""

import codecs

import pytest

from pipelines.base.settings import settings
from pipelines.conform.conformed_rows import conform_parts
from pipelines.conform.typed_columns import Part
from pipelines.findings.finding import Place
from pipelines.parse.files.refusal import Refusal
from tests.support.small_tables import (
    BEDS_OF_A_DAY,
    PATIENTS_OF_A_SLOT,
    cells_of,
    codes_of,
    csv_table,
    read_small,
    refusal_of,
    rows_of,
    small_feed,
)

HEADER = "org_code,report_date,beds,hours,opel_level,reported_by"
ROWS = "RF4,2018-12-03,912,0.5,3,RRU\nRF4,2018-12-04,913,1.5,4,RRU\n"
PLAIN = f"{HEADER}\n{ROWS}"
READ = [("RF4", "2018-12-03", "912"), ("RF4", "2018-12-04", "913")]
FIRST = ("org_code", "report_date", "beds")
AUTO = csv_table()


def test_a_table_under_the_names_of_the_contract() -> None:
    parsed = read_small(PLAIN, AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert rows_of(parsed, "hours", "opel_level", "reported_by")[0] == ("0.5", "3", "RRU")
    assert (codes_of(parsed), dict(parsed.skipped)) == ([], {})


def test_each_cell_has_its_row_and_its_column_s_letter() -> None:
    parsed = read_small(PLAIN, AUTO)
    assert cells_of(parsed, "org_code") == ["A2", "A3"]
    assert cells_of(parsed, "reported_by") == ["F2", "F3"]
    assert parsed.place(0, "beds") == Place(None, 2, 3)


def test_a_column_beyond_z_has_two_letters() -> None:
    ignored = [f"x{number}" for number in range(30)]
    form = csv_table(ignored_headings=ignored)
    text = f"org_code,report_date,{','.join(ignored)},beds\nRF4,2018-12-03,{',' * 30}912\n"
    assert cells_of(read_small(text, form), "beds") == ["AG2"]


# Delimiters


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("is_stated", [False, True])
def test_any_delimiter(delimiter: str, is_stated: bool) -> None:
    form = csv_table(delimiter=delimiter if is_stated else "auto")
    assert rows_of(read_small(PLAIN.replace(",", delimiter), form), *FIRST) == READ


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_the_one_with_which_a_header_is_found(delimiter: str) -> None:
    """However often another one stands in titles and in notes."""
    title = "Beds, patients, hours, levels, and much more, of all trusts, sites, and wards"
    text = f"{title}\n{title}\n{PLAIN.replace(',', delimiter)}{title}\n"
    parsed = read_small(text, AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert dict(parsed.skipped) == {"banner": 2, "note": 1}


def test_what_was_learned_from_one_file_does_not_bind_the_next() -> None:
    """A trust's system is moved to a machine with other settings, and back."""
    feed = small_feed(AUTO)
    for delimiter in (",", ";", "\t", ";", ",", "|"):
        content = PLAIN.replace(",", delimiter).encode()
        assert rows_of(AUTO.read(content, "file.csv", feed, BEDS_OF_A_DAY), *FIRST) == READ
    broken = f'{HEADER}\nRF4,2018-12-03,"912\n'.encode()
    with pytest.raises(Refusal):
        AUTO.read(broken, "file.csv", feed, BEDS_OF_A_DAY)
    assert rows_of(AUTO.read(PLAIN.encode(), "file.csv", feed, BEDS_OF_A_DAY), *FIRST) == READ


def test_thousands_with_commas_between_semicolons() -> None:
    parsed = read_small("org_code;report_date;beds\nRF4;2018-12-03;1,912\n", AUTO)
    assert rows_of(parsed, *FIRST) == [("RF4", "2018-12-03", "1,912")]


def test_a_delimiter_that_is_not_the_feed_s_is_told_with_the_headings_that_are_missed() -> None:
    told = refusal_of(PLAIN.replace(",", ";"), csv_table(delimiter=","))
    assert told.code == "FILE-015"
    assert "'org_code'" in told.message and "'report_date'" in told.message


# Quotes


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"912"', "912"),
        ('"1,912"', "1,912"),
        ('""', ""),
        ('"a ""b"" c"', 'a "b" c'),
        ('"two\nlines"', "two\nlines"),
        ('"two\r\nlines"', "two\r\nlines"),
        ('"tab\there"', "tab\there"),
        ('5" pipe', '5" pipe'),
        ("'912'", "'912'"),
    ],
)
def test_quotes(written: str, text: str) -> None:
    content = f"org_code,report_date,beds\nRF4,2018-12-03,{written}\n"
    assert rows_of(read_small(content, AUTO), "beds") == [(text,)]


def test_quoted_headings_and_all_cells_in_quotes() -> None:
    quoted = "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in PLAIN.splitlines()
    )
    assert rows_of(read_small(quoted, AUTO), *FIRST) == READ


def test_a_cell_of_two_lines_is_one_row_of_a_spreadsheet() -> None:
    text = 'org_code,report_date,beds,reported_by\nRF4,2018-12-03,1,"a\nb"\nRF4,2018-12-04,2,c\n'
    assert cells_of(read_small(text, AUTO), "beds") == ["C2", "C3"]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (f'{HEADER}\nRF4,2018-12-03,"912\n', 2),
        (f'{HEADER}\nRF4,2018-12-03,912,1,3,RRU\nRF4,2018-12-04,"913,1,3,RRU\n', 3),
        (f'{HEADER}\nRF4,2018-12-03,"9"12,1,3,RRU\n', 2),
        (f'"{PLAIN}', 1),
        (f'{HEADER}\nRF4,2018-12-03,912,1,3,"RRU', 2),
    ],
    ids=["open", "open-later", "within", "from-the-start", "cut-off"],
)
@pytest.mark.parametrize("form", [AUTO, csv_table(delimiter=",")], ids=["auto", "stated"])
def test_quotes_that_do_not_match(form: object, text: str, row: int) -> None:
    told = refusal_of(text, form)  # type: ignore[arg-type]
    assert told.code == "FILE-013"
    assert f"from row {row} on" in told.message


def test_quotes_that_do_not_match_are_told_as_such_though_other_delimiters_stand_there() -> None:
    """With semicolons the text parses, but nobody would call it a table without a header."""
    text = f'{HEADER}\nRF4,2018-12-03,912,1,3,"a;b\n'
    assert refusal_of(text, AUTO).code == "FILE-013"


# Encodings

ACCENTS = PLAIN.replace("RRU", "Ré £ –")


@pytest.mark.parametrize(
    "content",
    [
        ACCENTS.encode("utf-8"),
        ACCENTS.encode("utf-8-sig"),
        ACCENTS.encode("cp1252"),
        ACCENTS.encode("utf-16"),
        codecs.BOM_UTF16_LE + ACCENTS.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + ACCENTS.encode("utf-16-be"),
        ACCENTS.encode("utf-16-le"),
        ACCENTS.encode("utf-16-be"),
    ],
    ids=["utf-8", "mark", "cp1252", "utf-16", "le", "be", "le-unmarked", "be-unmarked"],
)
def test_an_encoding_is_seen_by_its_mark_or_by_what_it_can_be(content: bytes) -> None:
    parsed = read_small(content, AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert rows_of(parsed, "reported_by") == [("Ré £ –",)] * 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "latin-1"])
def test_an_encoding_that_the_feed_states(encoding: str) -> None:
    text = PLAIN.replace("RRU", "Ré")
    parsed = read_small(text.encode(encoding), csv_table(encoding=encoding))
    assert rows_of(parsed, *FIRST) == READ
    assert rows_of(parsed, "reported_by") == [("Ré",)] * 2


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (ACCENTS.encode("cp1252"), "utf-8"),
        (ACCENTS.encode("utf-16"), "utf-8"),
        (b"a\0b,c\n", "utf-8"),
    ],
)
def test_what_cannot_be_the_encoding_that_the_feed_states(content: bytes, encoding: str) -> None:
    assert refusal_of(content, csv_table(encoding=encoding)).code == "FILE-012"


@pytest.mark.parametrize(
    "begin", [b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"), b"%PDF-1.7", b"\x1f\x8b\x08"]
)
def test_other_kinds_of_files_are_no_text(begin: bytes) -> None:
    told = refusal_of(begin + PLAIN.encode(), AUTO)
    assert told.code == "FILE-012"
    assert "file" in told.message


# Ends of lines, blanks, padding


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("has_last", [True, False])
def test_ends_of_lines(end: str, has_last: bool) -> None:
    text = PLAIN.replace("\n", end)
    parsed = read_small(text if has_last else text.removesuffix(end), AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert rows_of(parsed, "reported_by") == [("RRU",)] * 2
    assert cells_of(parsed, "beds") == ["C2", "C3"]


@pytest.mark.parametrize("blank", ["", ",,,,,", " , ,\u00a0,", ";"])
def test_blank_lines_are_no_rows_and_keep_their_numbers(blank: str) -> None:
    first, second = ROWS.splitlines()
    text = f"{HEADER}\n{blank}\n{first}\n{blank}\n{second}\n{blank}\n{blank}\n"
    if blank == ";":
        text = text.replace(",", ";")
    parsed = read_small(text, AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert cells_of(parsed, "beds") == ["C3", "C5"]
    assert (codes_of(parsed), dict(parsed.skipped)) == ([], {})


def test_padding_around_headings_and_values() -> None:
    text = " org_code ,\u00a0report_date,  BEDS\t\n RF4 , 2018-12-03 ,\u00a0912 \n"
    rows = conform_parts([Part(0, read_small(text, AUTO), small_feed(AUTO))], BEDS_OF_A_DAY)
    assert rows.problems == {}
    assert rows.table.select(["org_code", "beds"]).to_pylist() == [{"org_code": "RF4", "beds": 912}]


def test_thousands_per_cent_and_units_become_numbers() -> None:
    form = csv_table(columns={"hours": {"suffixes": ["%", "h"]}})
    text = 'org_code,report_date,beds,hours\nRF4,2018-12-03,"1,912",87.5%\nRF4,2018-12-04,5,2 h\n'
    rows = conform_parts([Part(0, read_small(text, form), small_feed(form))], BEDS_OF_A_DAY)
    assert rows.problems == {}
    assert rows.table["beds"].to_pylist() == [1912, 5]
    assert rows.table["hours"].to_pylist() == [87.5, 2.0]


# What is no data


def test_banner_lines_above_the_header_are_counted_and_the_header_is_found_below() -> None:
    text = f"Daily report\n\nBarking,Havering\n,,\n{PLAIN}"
    parsed = read_small(text, AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert dict(parsed.skipped) == {"banner": 2}
    assert cells_of(parsed, "beds") == ["C6", "C7"]


@pytest.mark.parametrize(("above", "is_found"), [(49, True), (50, False)])
def test_a_header_far_down_is_not_looked_for(above: int, is_found: bool) -> None:
    text = "title\n" * above + PLAIN
    if is_found:
        assert rows_of(read_small(text, AUTO), *FIRST) == READ
    else:
        assert refusal_of(text, AUTO).code == "FILE-015"


def test_a_header_that_is_repeated_is_no_row() -> None:
    first, second = ROWS.splitlines()
    parsed = read_small(f"{HEADER}\n{first}\n{HEADER}\n{second}\n{HEADER}\n", AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert dict(parsed.skipped) == {"repeated_header": 2}
    assert cells_of(parsed, "beds") == ["C2", "C4"]


@pytest.mark.parametrize(
    "line",
    [
        "Total,,1825,2,,",
        " TOTAL ,2018-12-04,1825,2,,",
        "England,2018-12-04,1825,2,,",
        ",Grand total,1825,2,,",
        "All trusts,,,,,",
    ],
)
def test_a_line_of_totals_is_no_row(line: str) -> None:
    parsed = read_small(f"{PLAIN}{line}\n", AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert (codes_of(parsed), dict(parsed.skipped)) == ([], {"total_line": 1})


def test_a_line_of_totals_in_a_table_whose_organisation_is_not_first() -> None:
    text = "report_date,org_code,beds\n2018-12-03,RF4,912\n2018-12-03,Total,912\n"
    parsed = read_small(text, AUTO)
    assert len(parsed) == 1
    assert dict(parsed.skipped) == {"total_line": 1}


def test_a_feed_s_own_word_for_totals() -> None:
    form = csv_table(total_names=["Summe"])
    parsed = read_small(f"{PLAIN}Summe,,1825,,,\nTotal,2018-12-05,1,,,\n", form)
    assert len(parsed) == 3, "the usual words are not the feed's then"
    assert dict(parsed.skipped) == {"total_line": 1}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("* Figures of 3 December were corrected", "* Figures of 3 December were corrected"),
        ('"Source: PAS, ward 5"', "Source: PAS, ward 5"),
        (",see below,,,,", "see below"),
        ("* Saved by Excel with all its commas,,,,,", "* Saved by Excel with all its commas"),
    ],
)
def test_a_note_under_the_table_is_told_with_its_text(line: str, told: str) -> None:
    parsed = read_small(f"{PLAIN}\n{line}\n", AUTO)
    assert rows_of(parsed, *FIRST) == READ
    assert dict(parsed.skipped) == {"note": 1}
    (found,) = parsed.findings
    assert (found.code, found.place.row, found.value) == ("SHEET-004", 5, told)


@pytest.mark.parametrize("line", [",2018-12-05,914,,,", " ,2018-12-05,,,4,"])
def test_a_row_with_figures_and_without_a_code_is_no_note(line: str) -> None:
    parsed = read_small(f"{PLAIN}{line}\n", AUTO)
    assert len(parsed) == 3
    assert dict(parsed.skipped) == {}
    rows = conform_parts([Part(0, parsed, small_feed(AUTO))], BEDS_OF_A_DAY)
    assert [(row, one.code) for one in rows.problems[0] for row in one.rows] == [(2, "CELL-003")]


def test_a_row_with_a_code_and_without_figures_is_a_row() -> None:
    """It takes values away that an earlier file gave."""
    parsed = read_small(f"{HEADER}\nRF4,2018-12-03,,,,\n", AUTO)
    assert rows_of(parsed, *FIRST) == [("RF4", "2018-12-03", "")]
    rows = conform_parts([Part(0, parsed, small_feed(AUTO))], BEDS_OF_A_DAY)
    assert rows.table["carried"].to_pylist() == [0b1111]


def test_a_row_without_figures_is_a_row_though_its_code_be_a_constant() -> None:
    form = csv_table(columns={"org_code": {"constant": "$provider"}})
    text = "site_code,slot_start,patients,arrivals\nRF4AA,2026-11-22T08:15:00Z,,\n"
    parsed = read_small(text, form, PATIENTS_OF_A_SLOT)
    assert rows_of(parsed, "org_code", "site_code", "patients") == [("RF4", "RF4AA", "")]


def test_no_row_at_all_is_not_an_error_of_reading() -> None:
    parsed = read_small(f"Title\n{HEADER}\n\n", AUTO)
    assert len(parsed) == 0
    assert rows_of(parsed, *FIRST) == []


# Rows that do not fit


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("RF4,2018-12-05,1,912,0.5,3,RRU", "7 cells under 6 headings"),
        ("RF4,2018-12-05,914,0.5,3", "5 cells under 6 headings"),
        ("RF4,2018-12-05,9", "3 cells under 6 headings"),
        ("RF4,2018-12-05,914,0.5,3,RRU,,x", "8 cells under 6 headings"),
    ],
)
def test_a_row_of_another_width_than_the_header_is_a_problem(line: str, told: str) -> None:
    """'1,912' without quotes is two cells, and everything behind it stands under a wrong name."""
    parsed = read_small(f"{PLAIN}{line}\n", AUTO)
    assert len(parsed) == 3
    (problem,) = parsed.problems
    assert (problem.rows, problem.code, problem.text) == ([2], "ROW-003", told)
    rows = conform_parts([Part(0, parsed, small_feed(AUTO))], BEDS_OF_A_DAY)
    assert "ROW-003" in [one.code for one in rows.problems[0]]


@pytest.mark.parametrize("empty", [",", ",,,", ", ,\u00a0"])
def test_empty_cells_behind_a_row_are_no_problem(empty: str) -> None:
    lines = [f"{line}{empty}" for line in PLAIN.splitlines()]
    for text in ("\n".join(lines), "\n".join([HEADER, *lines[1:]])):
        parsed = read_small(text, AUTO)
        assert rows_of(parsed, *FIRST) == READ
        assert codes_of(parsed) == []


@pytest.mark.parametrize("cut_at", range(len(HEADER) + 2, len(PLAIN)))
def test_a_file_that_was_cut_off_is_read_whole_or_told(cut_at: int) -> None:
    """All rows but the last stand as they were; the last is there whole or is a problem."""
    parsed = read_small(PLAIN[:cut_at], AUTO)
    whole = read_small(PLAIN, AUTO)
    columns = [column.name for column in BEDS_OF_A_DAY.columns]
    expected, found = rows_of(whole, *columns), rows_of(parsed, *columns)
    assert found[:-1] == expected[: max(len(found) - 1, 0)]
    if found and found[-1] != expected[len(found) - 1] and not parsed.problems:
        # Nothing can tell a last cell that lost its last signs from one that never had them.
        assert found[-1][:-1] == expected[len(found) - 1][:-1]


# Headings


def test_a_mapped_heading_stands_for_its_column_and_the_own_name_still_does() -> None:
    form = csv_table(columns={"beds": ["G&A beds", "Beds open"], "org_code": ["Trust"]})
    for heading in ("G&A Beds", "g and a beds", "Beds  open", "beds", "Beds Open*"):
        text = f"Trust,report_date,{heading}\nRF4,2018-12-03,912\n"
        assert rows_of(read_small(text, form), "beds") == [("912",)]


def test_a_name_that_another_column_is_mapped_to_is_that_column_s() -> None:
    form = csv_table(columns={"beds": ["hours"]})
    parsed = read_small("org_code,report_date,hours\nRF4,2018-12-03,912\n", form)
    assert rows_of(parsed, "beds", "hours") == [("912", None)]


def test_an_unknown_heading_is_told_with_the_number_of_its_values() -> None:
    text = f"{HEADER},Ventilators,Spare\nRF4,2018-12-03,1,1,1,a,7,\nRF4,2018-12-04,1,1,1,a, ,\n"
    parsed = read_small(text, AUTO)
    told = [(one.code, one.value, one.place.row, one.place.column_letter) for one in
            parsed.findings]  # fmt: skip
    assert told == [("HEAD-001", "Ventilators", 1, "G"), ("HEAD-001", "Spare", 1, "H")]
    assert "1 values" in parsed.findings[0].message and "0 values" in parsed.findings[1].message


def test_a_heading_that_is_left_out_on_purpose_is_not_told() -> None:
    form = csv_table(ignored_headings=["Completed by"])
    parsed = read_small(f"{HEADER},COMPLETED BY\nRF4,2018-12-03,1,1,1,a,Jo\n", form)
    assert codes_of(parsed) == []


def test_a_heading_that_stands_twice_is_told_and_its_first_column_is_read() -> None:
    text = f"{HEADER},beds,Beds 2\nRF4,2018-12-03,912,1,1,a,913,914\n"
    parsed = read_small(text, AUTO)
    assert rows_of(parsed, "beds") == [("912",)]
    assert cells_of(parsed, "beds") == ["C2"]
    told = [(one.code, one.value, one.place.column_letter) for one in parsed.findings]
    assert told == [("HEAD-007", "beds", "G"), ("HEAD-007", "Beds 2", "H")]
    assert "1 values" in parsed.findings[0].message


def test_a_measure_that_is_lacking_is_told_and_not_carried() -> None:
    parsed = read_small("org_code,report_date,beds\nRF4,2018-12-03,912\n", AUTO)
    assert [(one.code, one.column_name, one.place.row) for one in parsed.findings] == [
        ("HEAD-006", "hours", 1),
        ("HEAD-006", "opel_level", 1),
        ("HEAD-006", "reported_by", 1),
    ]
    assert "hours" not in parsed.texts
    rows = conform_parts([Part(0, parsed, small_feed(AUTO))], BEDS_OF_A_DAY)
    assert rows.table["carried"].to_pylist() == [1]


def test_a_measure_that_is_optional_is_not_missed() -> None:
    columns = [
        column.model_copy(update={"optional": column.name != "hours"})
        if column.name not in BEDS_OF_A_DAY.key
        else column
        for column in BEDS_OF_A_DAY.columns
    ]
    contract = BEDS_OF_A_DAY.model_copy(update={"columns": tuple(columns)})
    for text in (
        "org_code,report_date,beds\nRF4,2018-12-03,912\n",
        "org_code,report_date\nRF4,2018-12-03\n",
    ):
        told = [(one.code, one.column_name) for one in read_small(text, AUTO, contract).findings]
        assert told == [("HEAD-006", "hours")]


def test_a_measure_that_is_not_reported_is_not_missed() -> None:
    why = dict.fromkeys(("hours", "opel_level", "reported_by"), "Not collected.")
    parsed = read_small("org_code,report_date,beds\nRF4,2018-12-03,912\n",
                        csv_table(not_reported=why))  # fmt: skip
    assert codes_of(parsed) == []


@pytest.mark.parametrize(
    ("header", "lacking"),
    [
        ("org_code,beds,hours", ["report_date"]),
        ("report_date,beds", ["org_code"]),
        ("Trust,Day,Figure", ["org_code", "report_date"]),
        ("RF4,2018-12-03,912", ["org_code", "report_date"]),
    ],
)
def test_a_table_whose_key_is_not_whole_is_refused_with_what_is_lacking(
    header: str, lacking: list[str]
) -> None:
    told = refusal_of(f"Title\n{header}\nRF4,2018-12-03,912\n", AUTO)
    assert told.code == "FILE-015"
    assert [
        name for name in ("org_code", "report_date") if f"'{name}'" in (told.value or "")
    ] == lacking


def test_a_constant_needs_no_heading() -> None:
    form = csv_table(columns={"org_code": {"constant": "$provider"},
                              "reported_by": {"constant": "RRU"}})  # fmt: skip
    parsed = read_small("report_date,beds,hours,opel_level\n2018-12-03,912,1,3\n", form)
    assert rows_of(parsed, "org_code", "beds", "reported_by") == [("RF4", "912", "RRU")]
    assert codes_of(parsed) == []
    assert parsed.place(0, "org_code") == Place(None, 2, None)


def test_a_heading_of_a_constant_is_unknown_where_it_stands_all_the_same() -> None:
    form = csv_table(columns={"org_code": {"constant": "$provider"}})
    parsed = read_small(f"{HEADER}\nR1H,2018-12-03,912,1,3,RRU\n", form)
    assert rows_of(parsed, "org_code") == [("RF4",)]
    assert [(one.code, one.value) for one in parsed.findings] == [("HEAD-001", "org_code")]


# Day and time of day in two columns

TWO = csv_table(
    columns={
        "slot_start": {
            "headings": ["Date"],
            "time_headings": ["Time"],
            "format": "%d/%m/%Y %H:%M",
            "zone": "Europe/London",
        }
    },
    not_reported={"arrivals": "No.", "longest_wait": "No."},
)


def slot_table(*rows: str) -> str:
    return "\n".join(("org_code,site_code,Time,Date,patients", *rows))


def test_a_day_and_a_time_of_day_are_one_text_at_the_place_of_the_day() -> None:
    parsed = read_small(slot_table("RF4,RF4AA, 08:15,22/11/2026 ,40"), TWO, PATIENTS_OF_A_SLOT)
    assert rows_of(parsed, "slot_start", "patients") == [("22/11/2026 08:15", "40")]
    assert cells_of(parsed, "slot_start") == ["D2"]
    assert codes_of(parsed) == []


@pytest.mark.parametrize(
    "row",
    [
        "RF4,RF4AA,,22/11/2026,40",
        "RF4,RF4AA,,2026-11-22,40",
        "RF4,RF4AA,08:15,,40",
        "RF4,RF4AA,noon,22/11/2026,40",
    ],
)
def test_a_day_or_a_time_of_day_alone_is_no_slot(row: str) -> None:
    """Above all not midnight, whose figures would be overwritten."""
    parsed = read_small(slot_table(row), TWO, PATIENTS_OF_A_SLOT)
    rows = conform_parts([Part(0, parsed, small_feed(TWO))], PATIENTS_OF_A_SLOT)
    assert [one.code for one in rows.problems.get(0, [])] == ["CELL-007"]


def test_a_table_without_the_time_of_day_is_refused() -> None:
    told = refusal_of("org_code,site_code,Date,patients\n", TWO, PATIENTS_OF_A_SLOT)
    assert told.code == "FILE-015"
    assert "'slot_start'" in told.message


# Files that are no table


@pytest.mark.parametrize("content", [b"", b" ", b"\r\n\r\n", b"\t \n"])
def test_nothing_in_the_file(content: bytes) -> None:
    assert refusal_of(content, AUTO).code == "FILE-001"


@pytest.mark.parametrize("content", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"<html></html>"])
def test_no_table_in_the_file(content: bytes) -> None:
    assert refusal_of(content, AUTO).code in ("FILE-001", "FILE-015")


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = settings().model_copy(update={"most_rows": PLAIN.count("\n") + 1})
    monkeypatch.setattr("pipelines.parse.files.limits.settings", lambda: bounded)
    assert len(read_small(PLAIN, AUTO)) == 2
    assert refusal_of(f"{PLAIN}\n", AUTO).code == "FILE-010"


# What exports and transfers leave in a file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("padding", [1, 512])
def test_nul_bytes_at_the_end_are_left_out_and_told(encoding: str, padding: int) -> None:
    parsed = read_small((PLAIN + "\0" * padding).encode(encoding), AUTO)
    assert rows_of(parsed, *FIRST) == READ
    [told] = parsed.findings
    assert (told.code, f"{padding} NUL bytes" in told.message) == ("FILE-027", True)


@pytest.mark.parametrize("content", [bytes(600), b"\n\0\0", f"{PLAIN}{ROWS * 9}\0x,y\n".encode()])
def test_nul_bytes_elsewhere_are_no_text(content: bytes) -> None:
    assert refusal_of(content, AUTO).code == "FILE-012"


def test_a_second_export_under_the_same_headings_is_read_too() -> None:
    second = f"\ufeff{HEADER}\nRF4,2018-12-05,914,1.5,4,RRU\n"
    parsed = read_small(f"\ufeff{PLAIN}{second}", AUTO)
    assert rows_of(parsed, *FIRST) == [*READ, ("RF4", "2018-12-05", "914")]
    assert [(one.code, one.place) for one in parsed.findings] == [("FILE-028", Place(None, 4))]
    assert dict(parsed.skipped) == {"repeated_header": 1}


@pytest.mark.parametrize(
    "text",
    [
        f"{PLAIN}\ufeffreport_date,org_code,beds,hours,opel_level,reported_by\n2018-12-05,RF4,1\n",
        f"{HEADER}\nRF4,2018-12-03,9\ufeff{PLAIN}",
    ],
    ids=["other-headings", "cut-off"],
)
def test_exports_that_cannot_be_read_together_are_refused_by_that_name(text: str) -> None:
    assert refusal_of(text, AUTO).code == "FILE-029"


def test_a_byte_order_mark_before_a_code_is_a_sign_that_nobody_sees() -> None:
    feed = small_feed(AUTO)
    parsed = read_small(f"{HEADER}\n\ufeffRF4,2018-12-03,912,0.5,3,RRU\n", AUTO)
    conformed = conform_parts([Part(0, parsed, feed)], BEDS_OF_A_DAY)
    assert conformed.table["org_code"].to_pylist() == ["RF4"]
    assert (codes_of(parsed), conformed.problems) == ([], {})


@pytest.mark.parametrize("sign", ["\u2028", "\u0085", "\v", "\f", "\x1e"])
def test_only_line_feeds_and_returns_end_a_row(sign: str) -> None:
    parsed = read_small(PLAIN.replace("RRU\n", f"R{sign}RU\n", 1), AUTO)
    assert rows_of(parsed, *FIRST) == READ
