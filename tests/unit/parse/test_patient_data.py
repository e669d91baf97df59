"""Numbers and columns of patients are seen wherever they stand, and figures are not taken for them.

The numbers here are of the range 999, which is never given to anybody, or are made up inside
another range with the check digit that belongs to them.
"""

from io import BytesIO

import pytest
import xlsxwriter

from pipelines.base.nhs_numbers import MASK, count_nhs_numbers, mask_nhs_numbers
from pipelines.findings.finding import Finding
from pipelines.landing.landing import Delivery, Landing
from pipelines.parse.patient_data import (
    FORBIDDEN_HEADINGS,
    find_forbidden_heading,
    find_nhs_numbers,
    recall,
    remember,
)


def nhs_number(first_nine: str) -> str:
    """The nine digits with their check digit: 11 less the weighted sum modulo 11."""
    weighted = sum(
        int(digit) * weight for digit, weight in zip(first_nine, range(10, 1, -1), strict=True)
    )
    check = 11 - weighted % 11
    assert check != 10, "these nine digits are never given out"
    return first_nine + str(check % 11)


VALID = nhs_number("999123457")
ENGLISH = nhs_number("485777345")
IRISH = nhs_number("332145678")
SCOTTISH = nhs_number("010203456")


def grouped(number: str, sign: str) -> str:
    return f"{number[:3]}{sign}{number[3:6]}{sign}{number[6:]}"


def wrong_check_digit(number: str) -> str:
    return number[:9] + str((int(number[9]) + 1) % 10)


# Numbers in texts


@pytest.mark.parametrize("number", [VALID, ENGLISH, IRISH])
@pytest.mark.parametrize("sign", ["", " ", "-"])
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "RF4,{},12",
        "RF4;{};12",
        "RF4\t{}\t12",
        '"{}"',
        "'{}'",
        "NHS no. {}.",
        "Patient ({}) waits since 08:15",
        "a\n{}\nb",
        '{{"nhs_number": "{}"}}',
        '{{"nhs_number":{}}}',
        "<v>{}</v>",
        "number:{}",
        "{}.0",
    ],
)
def test_a_valid_number_is_seen_wherever_it_stands(text: str, sign: str, number: str) -> None:
    assert count_nhs_numbers(text.format(grouped(number, sign))) == 1


def test_every_number_is_counted() -> None:
    text = f"{VALID},{ENGLISH}\n{grouped(VALID, ' ')} {grouped(IRISH, '-')}"
    assert count_nhs_numbers(text) == 4


@pytest.mark.parametrize("number", [VALID, ENGLISH, IRISH])
@pytest.mark.parametrize("sign", ["", " ", "-"])
def test_a_number_whose_check_digit_is_wrong_is_none(sign: str, number: str) -> None:
    assert count_nhs_numbers(grouped(wrong_check_digit(number), sign)) == 0


@pytest.mark.parametrize("text", ["485 777-3456", "48577 73456", "4857 773 456", "485--777--3456"])
def test_other_groups_are_no_nhs_number(text: str) -> None:
    digits = "".join(sign for sign in text if sign.isdigit())
    assert count_nhs_numbers(text.replace(digits, ENGLISH)) == 0


@pytest.mark.parametrize(
    "text",
    [
        "{}1",
        "1{}",
        "{}12345",
        "{}.25",
        "0.{}",
        "RX{}",
        "{}A",
        "19{}07",
    ],
)
def test_a_part_of_a_longer_run_of_digits_or_letters_is_none(text: str) -> None:
    """Times to the microsecond, hashes, decimals and identifiers have ten digits in a row too."""
    assert count_nhs_numbers(text.format(VALID)) == 0


def test_ordinary_figures_of_ten_digits_are_none() -> None:
    """Whatever their check digit: a count is below 2,147,483,648, and so are seconds until 2038."""
    assert (
        sum(count_nhs_numbers(str(number)) for number in range(1_760_000_000, 1_760_003_000)) == 0
    )
    assert (
        sum(count_nhs_numbers(str(number)) for number in range(2_147_480_000, 2_147_483_648)) == 0
    )
    assert count_nhs_numbers(SCOTTISH) == 0


def test_of_the_numbers_too_small_for_england_those_are_seen_that_are_grouped() -> None:
    assert count_nhs_numbers(grouped(SCOTTISH, " ")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T08:15:00Z,RF4,123,456,7890",
        "1,234,567,890",
        "01234 567890",
        "020 7946 0958",
        "20261122T081500",
        "3.1415926535",
        "1e10",
        "",
    ],
)
def test_what_reports_are_full_of_is_none(text: str) -> None:
    assert count_nhs_numbers(text) == 0


def test_a_number_in_a_name_is_made_unreadable() -> None:
    for sign in ("", " ", "-"):
        name = f"list {grouped(VALID, sign)}.csv"
        assert mask_nhs_numbers(name) == f"list {MASK}.csv"
    assert mask_nhs_numbers(f"sitrep_{VALID}_1.csv") == f"sitrep_{MASK}_1.csv"
    assert mask_nhs_numbers(f"sitrep_{wrong_check_digit(VALID)} 20261122T081500.csv") == (
        f"sitrep_{wrong_check_digit(VALID)} 20261122T081500.csv"
    )


# Numbers in files


def workbook(*sheets: tuple[str, bool, object]) -> bytes:
    """A workbook with one value in B2 of each sheet: name, whether it is hidden, the value."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        for name, is_hidden, value in sheets:
            sheet = book.add_worksheet(name)
            sheet.write(1, 1, value)
            if is_hidden:
                sheet.hide()
    return stream.getvalue()


def found(content: bytes, name: str = "file.csv") -> Finding:
    told = find_nhs_numbers(content, name)
    assert told is not None
    return told


TEXT = f"org_code,report_date,beds\nRF4,2026-11-22,12\n,,{grouped(VALID, ' ')}\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_a_number_in_a_text_file_of_any_encoding_is_seen(encoding: str) -> None:
    assert found(TEXT.encode(encoding)).code == "DATA-001"


def test_a_number_in_json_is_seen_whether_text_or_number() -> None:
    for content in (f'{{"a": "{VALID}"}}', f'[{{"a": {VALID}}}]', f'{{"{VALID}": 1}}'):
        assert found(content.encode(), "file.json").code == "DATA-001"


@pytest.mark.parametrize("value", [VALID, grouped(VALID, " "), grouped(VALID, "-"), int(VALID)])
@pytest.mark.parametrize("is_hidden", [False, True])
def test_a_number_on_any_sheet_of_a_workbook_is_seen(value: object, is_hidden: bool) -> None:
    content = workbook(("Figures", False, 12), ("Notes", is_hidden, value))
    assert found(content, "file.xlsx").code == "DATA-001"


def test_a_number_in_a_note_to_a_cell_is_seen() -> None:
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.add_worksheet("Figures").write_comment("B2", f"see {grouped(VALID, ' ')}")
    assert found(stream.getvalue(), "file.xlsx").code == "DATA-001"


def test_the_name_of_a_sheet_is_text_too() -> None:
    assert found(workbook((VALID, False, 1)), "file.xlsx").code == "DATA-001"


def test_cells_side_by_side_are_not_one_number() -> None:
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        for sheet in (book.add_worksheet("Texts"), book.add_worksheet("Numbers")):
            parts = (VALID[:3], VALID[3:6], VALID[6:])
            cells = parts if sheet.name == "Texts" else map(int, parts)
            sheet.write_row(0, 0, list(cells))
    assert find_nhs_numbers(stream.getvalue(), "file.xlsx") is None


def test_a_number_in_a_file_s_name_is_seen_though_landing_has_masked_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    landing = Landing(tmp_path_factory.mktemp("home"))
    name = f"list {VALID}.csv"
    (manifest,) = landing.land_all([Delivery(b"RF4,1", name, "a.feed", f"incoming/{name}")])
    assert VALID not in manifest.file_name + manifest.source
    assert found(landing.content(manifest), manifest.file_name).code == "DATA-001"


def test_files_of_figures_are_not_taken_for_lists_of_patients() -> None:
    rows = "".join(f"RF4,2026-11-22,{1_700_000_000 + 7 * n},{n}.{n}\n" for n in range(5000))
    for encoding in ("utf-8", "utf-16"):
        assert find_nhs_numbers(f"org,day,beds,rate\n{rows}".encode(encoding), "a.csv") is None
    assert find_nhs_numbers(workbook(("A", False, 1_700_000_007)), "a.xlsx") is None
    assert find_nhs_numbers(b"", "a.csv") is None


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + b"x" * 5000])
def test_a_damaged_workbook_is_no_error_here(content: bytes) -> None:
    assert find_nhs_numbers(content, "file.xlsx") is None


def test_what_is_told_never_has_the_number() -> None:
    content = f"{VALID},{grouped(VALID, ' ')},{grouped(ENGLISH, '-')}".encode()
    told = found(content)
    digits = "".join(sign for sign in repr(told) if sign.isdigit())
    assert VALID not in digits and ENGLISH not in digits
    assert "3 value(s)" in told.message
    assert told.severity == "reject_submission"
    assert told.place.row is None and told.value is None


# Headings


@pytest.mark.parametrize(
    "heading",
    [
        *sorted(FORBIDDEN_HEADINGS),
        "NHS Number",
        " nhs_number ",
        "NHS-NO",
        "NHS No.",
        "D.O.B.",
        "PATIENT NAME",
        "Date of Birth*",
        "DOB",
        "Post-code",
        "patient.nhs_number",
        "patients.0.dob",
    ],
)
def test_a_heading_of_patient_data_is_told(heading: str) -> None:
    told = find_forbidden_heading(["beds", heading, "patients"])
    assert told is not None
    assert (told.code, told.value) == ("DATA-002", heading)
    assert heading in told.message


@pytest.mark.parametrize(
    "heading",
    [
        "Site name",
        "Patients in department",
        "Patients over 4 hours",
        "Trust name",
        "Number of patients",
        "Named site",
        "Address book entries",
        "patients",
        "",
    ],
)
def test_a_heading_of_figures_is_not(heading: str) -> None:
    assert find_forbidden_heading([heading]) is None


def test_what_was_told_is_remembered_without_the_file() -> None:
    for told in (found(TEXT.encode()), find_forbidden_heading(["Surname"])):
        assert told is not None
        assert recall(remember(told)) == told
