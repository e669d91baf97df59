"""Numbers and columns of patients are seen wherever they stand, and figures are not taken for them.

The numbers here are of the range 999, which is never given to anybody, or are made up inside
another range with the check digit that belongs to them.
"""

import gzip
import json
import random
import struct
import time
import zlib
from collections.abc import Iterator
from functools import reduce
from io import BytesIO
from itertools import islice

import pytest
import xlsxwriter

from pipelines.base.nhs_numbers import MASK, count_nhs_numbers, mask_nhs_numbers
from pipelines.base.settings import settings
from pipelines.findings.finding import Finding, finding
from pipelines.findings.not_kept import UNSEEN
from pipelines.landing.landing import Delivery, Landing
from pipelines.landing.withheld_notes import findings_in, note_from
from pipelines.parse.patient.look_through import look_through
from pipelines.parse.patient_data import (
    FORBIDDEN_HEADINGS,
    find_forbidden_heading,
    find_nhs_numbers,
)
from tests.support.old_workbook import compound_file, old_workbook, unicode_string
from tests.support.patient_ways import TEXT_WAYS, package, whole_files

WAYS = whole_files()


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


@pytest.mark.parametrize("groups", [(4, 6), (2, 4, 4), (2, 2, 2, 2, 2), (3, 4, 3), (1, 9)])
def test_other_groups_are_no_nhs_number(groups: tuple[int, ...]) -> None:
    """Times, telephone numbers and figures side by side have ten digits in such groups."""
    digits = iter(ENGLISH)
    text = " ".join("".join(islice(digits, size)) for size in groups)
    assert count_nhs_numbers(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "{}1",
        "1{}",
        "{}12345",
        "{}.25",
        "0.{}",
        "a0{}ff",
        "deadbeef{}",
        "7{}",
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


@pytest.mark.parametrize("way", WAYS)
def test_a_number_is_seen_in_whatever_way_it_is_written(way: str) -> None:
    assert found(WAYS[way], way).code == "DATA-001"


@pytest.mark.parametrize("way", TEXT_WAYS)
def test_a_number_in_a_text_is_made_unreadable_in_whatever_way_it_is_written(way: str) -> None:
    masked = mask_nhs_numbers(f"see {TEXT_WAYS[way]} there")
    assert MASK in masked and masked.startswith("see ") and masked.endswith(" there")
    assert not any(sign.isdigit() for sign in masked.replace("nbsp", ""))


UNSEEN_FILES: dict[str, bytes] = {
    "only the sign of a zip": b"PK\x03\x04",
    "a zip at random": b"PK\x03\x04" + b"x" * 5000,
    "a PDF": b"%PDF-1.7\n1 0 obj",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c" + bytes(30),
    "a RAR archive": b"Rar!\x1a\x07\x00",
    "packed by Zstandard": b"\x28\xb5\x2f\xfd" + bytes(20),
    "bytes at random": random.Random(3).randbytes(5000),
    "a gzip that is cut": gzip.compress(random.Random(4).randbytes(5000))[:2000],
    "a gzip that is wrong": b"\x1f\x8b\x08\x00" + bytes(10) + b"\xff" * 50,
    "a bomb": gzip.compress(gzip.compress(bytes(3 * 1024 * 1024), 9), 9),
    "a bomb of parts": package({f"{number}.xml": b" " * 400_000 for number in range(4)}),
    "nested deeper than it is looked at": reduce(
        lambda inner, _: package({"a.xlsx": inner}), range(8), b"a"
    ),
    "an encrypted part": package({"a.xml": "<a/>"})
    .replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    .replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01"),
    "a part packed otherwise": package({"a.xml": "<a/>"}).replace(
        b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x09\x00"
    ),
    "a workbook with a password": compound_file({"EncryptedPackage": bytes(50)}),
    "an old workbook with a password": compound_file({"Workbook": old_workbook((0x2F, bytes(50)))}),
    "an old workbook that is cut": compound_file({"Workbook": old_workbook()})[:1500],
    "entities of its own": package({"a.xml": '<!DOCTYPE a [<!ENTITY n "9991">]><a>&n;234578</a>'}),
    "an encoding that nobody knows": package({"a.xml": '<?xml version="1.0" encoding="x-1"?><a/>'}),
}


@pytest.fixture
def one_megabyte(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """So much may be unpacked."""
    monkeypatch.setenv("SITREP_MOST_UNPACKED_BYTES", str(1024 * 1024))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize("kind", UNSEEN_FILES)
@pytest.mark.usefixtures("one_megabyte")
def test_what_cannot_be_looked_through_is_told(kind: str) -> None:
    told = found(UNSEEN_FILES[kind], "file.xlsx")
    assert told.code == UNSEEN
    assert told.value and "whole" in told.fix


def test_a_fault_of_the_search_is_no_way_past_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("9991234578")

    monkeypatch.setattr("pipelines.parse.patient.look_through.look_at_plain_text", fail)
    told = found(b"a,b\n1,2\n")
    assert told.code == UNSEEN and "9991234578" not in repr(told)


def test_a_part_that_was_said_to_be_shorter_does_not_make_the_whole_one_clean() -> None:
    beginning = b"beds\n12\n"
    whole = package({"part.csv": beginning + f"{grouped(VALID, ' ')}\n".encode()})
    shorter = bytearray(whole)
    listed = shorter.rindex(b"PK\x01\x02")
    struct.pack_into("<I", shorter, listed + 16, zlib.crc32(beginning))
    struct.pack_into("<I", shorter, listed + 24, len(beginning))
    look_through(bytes(shorter))
    assert found(whole).code == "DATA-001"


def test_no_damage_makes_the_search_fail() -> None:
    """Whatever a byte becomes, and wherever a file is cut."""
    chance = random.Random(2026)
    for content in WAYS.values():
        for _ in range(4):
            damaged = bytearray(content)
            for _ in range(chance.randrange(1, 6)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            cut = damaged[: chance.randrange(1, len(damaged) + 1)]
            for one in (bytes(damaged), bytes(cut)):
                assert "looking through it failed" not in look_through(one).hidden, one


@pytest.mark.parametrize(
    "content",
    [
        b"<a>" + b"<!--" * 300_000,
        b"<a>" + b"<?" * 300_000,
        b"<a>" + b"<![CDATA[" * 200_000,
        b"<r><" + b"a" * 2_000_000,
        b"<a x= '1'>" + b" " * 2_000_000,
        b"a,b\n" + b'"' * 1_000_001,
        b'[{"n": "' + b"\\" * 1_000_001,
        b"1" * 2_000_000,
        gzip.compress(b"a") * 100_000,
        b"PK\x03\x04" * 200_000,
        b"PK\x03\x04" + bytes(26) + b"\0\0\0\xff\xff" * 200_000,
        b"\x09\x08\x10\x00" + b"\x01\x05\xb0\xfe1\xff\xff\x0f" * 50_000,
    ],
    ids=map(str, range(12)),
)
def test_the_search_takes_time_by_the_size_of_a_file_and_no_more(content: bytes) -> None:
    """Each of these took hours where a search began anew at every sign."""
    started = time.process_time()
    look_through(content)
    assert time.process_time() - started < 20


HARMLESS: dict[str, str] = {
    "seconds since 1970": "1764054000\n1764054001\n1764054900\n1764055800",
    "milliseconds since 1970": "1764054000000,1764054000123",
    "microseconds since 1970": "1764054000123456",
    "compact time": "20261124T070000",
    "compact time with zone": "20261124T070000Z",
    "fourteen digits": "20261124070000",
    "twelve digits": "202611240700",
    "ISO time": "2026-11-24T07:00:00.123456+00:00",
    "ISO time with a space": "2026-11-24 07:00:00",
    "time with comma": "2026-11-24 07:00:00,123",
    "English time": "24/11/2026 07:00",
    "short English time": "24/11/26 07:00",
    "file name": "R0A_acute_realtime_20190308T113500.csv",
    "two times in a name": "Report 20261124 0700 to 20261124 0715.xlsx",
    "counts side by side": "999,123,4578",
    "sums": "1,234,567,890",
    "money": "£1,234,567",
    "decimals": "0.9991234578",
    "more decimals": "12.9991234578",
    "many decimals": "44166.99912345781",
    "five decimals": "99912.34578",
    "small power of ten": "9.991234578E-9",
    "power of ten": "1e10",
    "hash": "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d9991234578b6f8b3a7bd3e",
    "UUID": "9991234578ab-4c1d-8f00-9991234578cd",
    "usual UUID": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "London telephone": "020 7946 0958",
    "Manchester telephone": "0161 496 0000",
    "mobile telephone": "07700 900123",
    "telephone abroad": "+44 7700 900123",
    "telephone in one": "01632960983",
    "site codes": "R0A02 R0A07 RX1RA RTD02",
    "area codes": "111AA1,111AA2,111AI7",
    "postcode": "M13 9WL",
    "page of an error": "<!DOCTYPE html><html><b>404</b> at 12:00:00</html>",
    "IP address": "192.168.100.200",
    "version": "3.11.7 (2026.11.24)",
    "wrong check digit": "9991234579",
    "wrong check digit, grouped": "999 123 4579",
    "nine digits": "999123457",
    "eleven digits": "99912345781",
    "nine digits, grouped": "999 123 457",
    "largest count": "2147483647",
    "ratio": "999:1234578",
    "range": "45000-52000",
    "percentages": "99.9% 12.3% 45.78%",
    "ISBN": "978-0-306-40615-7",
    "empty": "",
}
"""Texts that reports are full of."""


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_reports_are_full_of_is_no_patient(kind: str) -> None:
    text = HARMLESS[kind]
    cells = [[f"{kind} of", text], ["R0A02", text]]
    for content in (
        f"Site,Interval,A,B\nR0A02,2026-11-24,{text}\n".encode(),
        f"Site\tInterval\nR0A02\t{text.replace(',', chr(9))}\n".encode("utf-16"),
        json.dumps([{"site": "R0A02", "value": text, "list": text.split(",")}]).encode(),
        compound_file({"Workbook": old_workbook(*((0x204, bytes(9) + text.encode()),) * 2)}),
    ):
        if kind not in IN_ONE_CELL or b"," not in content:
            assert find_nhs_numbers(content, f"{kind}.csv") is None
    if kind not in IN_ONE_CELL:
        assert find_nhs_numbers(write_cells(cells), "a.xlsx") is None
        assert mask_nhs_numbers(text) == text


IN_ONE_CELL = frozenset({"counts side by side"})
"""Those that are a number, should they stand in one cell."""


def write_cells(rows: list[list[str]]) -> bytes:
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Figures")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return stream.getvalue()


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_counts_in_cells_of_their_own_are_no_number_together(delimiter: str) -> None:
    row = delimiter.join(("R0A02", "999", "123", "4578", "1"))
    head = delimiter.join(("Site", "A", "B", "C", "D"))
    text = f"{head}\n" + f"{row}\n" * 5
    assert find_nhs_numbers(text.encode(), "a.csv") is None
    quoted = text.replace(delimiter, f'"{delimiter}"').replace("\n", '"\n"')
    assert find_nhs_numbers(f'"{quoted}'.encode(), "a.csv") is None
    rows = b'[{"a": [999, 123, 4578], "b": ["999", "123", "4578"]}]'
    assert find_nhs_numbers(rows, "a.json") is None
    lines = f"{head}\n" + "999\n123\n4578\n" * 3
    assert find_nhs_numbers(lines.encode(), "a.csv") is None


def test_shared_strings_side_by_side_are_no_number_together() -> None:
    record = b"".join(unicode_string(part, False) for part in ("999", "123", "4578"))
    stream = old_workbook((0xFC, bytes(8) + record))
    assert find_nhs_numbers(compound_file({"Workbook": stream}), "a.xls") is None


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
        "contractArea.name",
        "rows.trust.name",
        "site_area.name",
        "Number of patients",
        "Named site",
        "Address book entries",
        "patients",
        "",
    ],
)
def test_a_heading_of_figures_is_not(heading: str) -> None:
    assert find_forbidden_heading([heading]) is None


@pytest.mark.parametrize(
    "heading", ["patient.name", "contact.name", "areaPatient.name", ".name", "Surname: site.name"]
)
def test_the_name_of_anything_else_may_be_a_person_s(heading: str) -> None:
    assert find_forbidden_heading([heading]) is not None


def test_what_was_told_is_remembered_without_the_file() -> None:
    for told in (found(TEXT.encode()), find_forbidden_heading(["Surname"])):
        assert told is not None
        assert findings_in(note_from([told])) == [told]
        assert findings_in(note_from([told, finding("FILE-004")])) == [told, finding("FILE-004")]


def test_a_note_of_an_earlier_version_is_remembered() -> None:
    told = found(TEXT.encode())
    note = json.dumps({"code": told.code, "message": told.message, "value": told.value})
    assert findings_in(note) == [told]
