"""A formula without a stored result is no empty cell: it is told, and keeps what is held."""

from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest

from pipelines.conform.conformed_rows import conform_parts
from pipelines.conform.typed_columns import CARRIED, Part
from pipelines.parse.files.workbook import NO_RESULT, Workbook
from pipelines.parse.formats.winter_timeseries.winter_map import SheetMap
from pipelines.parse.formats.winter_timeseries.winter_reader import read
from pipelines.parse.formats.winter_workbook import WinterTimeseries
from pipelines.parse.rows import ParsedRows
from tests.support.small_tables import BEDS_OF_A_DAY, read_small, rows_of, small_feed, xlsx_table
from tests.unit.parse.test_workbook_bombs import spreadsheet, workbook

HEADINGS = ("org_code", "report_date", "beds", "hours", "total")
WINTER = WinterTimeseries(
    kind="winter_timeseries",
    code_headings=("Code",),
    name_headings=("Name",),
    date_rows_above=3,
    total_codes=("-",),
    national_names=("England",),
    region_code_pattern="Y[0-9]{2}",
    synonyms={},
    sheets=(SheetMap(names=("A&E Closures",), measures={"ae_closures": ("Closures",)}),),
)
CELLS_WITHOUT_RESULT = {
    "none": '<c r="{}"><f>1+1</f></c>',
    "an empty value": '<c r="{}"><f>1+1</f><v></v></c>',
    "an empty value in short": "<c r='{}' s='1'><f>1+1</f><v/></c>",
    "a text that is not there": '<c r="{}" t="str"><f>A1&amp;"x"</f></c>',
    "shared": '<c r="{}"><f t="shared" ref="C2:C3" si="0">1+1</f></c>',
    "as shared before": '<c r="{}"><f t="shared" si="0"/></c>',
    "an array": '<c r="{0}"><f t="array" ref="{0}:{0}">1+1</f></c>',
    "another prefix": '<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'r="{}"><x:f>1</x:f></x:c>',
}


def cell(place: str, value: object) -> str:
    if isinstance(value, str):
        return value if value.startswith("<") else _text(place, value)
    return f'<c r="{place}"><v>{value}</v></c>'


def _text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def sheet_of(*rows: tuple[object, ...]) -> str:
    return "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{'ABCDEFGH'[at]}{number}", one) for at, one in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )


def read_table(*rows: tuple[object, ...]) -> ParsedRows:
    return read_small(workbook(sheet_of(HEADINGS, *rows)), xlsx_table(ignored_headings=["total"]))


def changed(book: bytes, old: str, new: str) -> bytes:
    """The workbook whose list of sheets has another text."""
    stream = BytesIO()
    with ZipFile(BytesIO(book)) as before, ZipFile(stream, "w") as after:
        for part in before.namelist():
            content = before.read(part)
            if part == "xl/workbook.xml":
                content = content.replace(old.encode(), new.encode())
            after.writestr(part, content)
    return stream.getvalue()


def carried_of(parsed: ParsedRows) -> list[list[str]]:
    """The measures that each row carries."""
    form = xlsx_table()
    conformed = conform_parts([Part(0, parsed, small_feed(form))], BEDS_OF_A_DAY)
    names = [column.name for column in BEDS_OF_A_DAY.measures]
    return [
        [name for bit, name in enumerate(names) if bits >> bit & 1]
        for bits in conformed.table[CARRIED].to_pylist()
    ]


@pytest.mark.parametrize("kind", CELLS_WITHOUT_RESULT)
def test_a_formula_without_a_result_is_told_and_not_carried(kind: str) -> None:
    lacking = CELLS_WITHOUT_RESULT[kind].format("C2")
    parsed = read_table(("RF4", "2018-12-03", lacking, 0.5, 1), ("RF4", "2018-12-04", 913, 1.5, 1))
    assert rows_of(parsed, "beds") == [(None,), ("913",)]
    assert carried_of(parsed) == [["hours"], ["beds", "hours"]]
    (told,) = parsed.problems
    assert (told.code, told.column_name, list(told.rows)) == ("CELL-010", "beds", [0])
    place = parsed.place(0, "beds")
    assert (place.sheet, place.row, place.column_letter) == ("S", 2, "C")


@pytest.mark.parametrize(
    "with_result",
    [
        '<c r="C2"><f>1+1</f><v>2</v></c>',
        '<c r="C2"><f>1-1</f><v>0</v></c>',
        '<c r="C2" t="str"><f>""</f><v></v></c>',
        '<c r="C2" s="1"/>',
    ],
    ids=["a number", "zero", "an empty text", "no formula"],
)
def test_a_formula_with_a_result_and_an_empty_cell_are_what_they_are(with_result: str) -> None:
    parsed = read_table(("RF4", "2018-12-03", with_result, 0.5, 1))
    assert carried_of(parsed) == [["beds", "hours"]]
    assert parsed.problems == []


def test_cells_without_places_are_counted() -> None:
    row = "<c t='inlineStr'><is><t>{}</t></is></c>"
    head = "".join(row.format(name) for name in HEADINGS[:4])
    keys = row.format("RF4") + row.format("2018-12-03")
    sheet = f"<row>{head}</row><row>{keys}<c><f>1</f></c><c><v>2</v></c></row>"
    assert carried_of(read_small(workbook(sheet), xlsx_table())) == [["hours"]]


def test_the_last_row_and_column_count_though_a_reader_leaves_them_out() -> None:
    lacking = '<c r="{}"><f>1</f></c>'
    book = workbook(sheet_of(("a",), ("b", lacking.format("B2")), (lacking.format("A3"),)))
    with Workbook(book, "file.xlsx") as opened:
        assert opened.grid("S") == [["a", ""], ["b", NO_RESULT], [NO_RESULT, ""]]


def test_an_array_formula_covers_its_area() -> None:
    lacking = '<c r="A1"><f t="array" ref="A1:B2">x</f></c>'
    book = workbook(f'<row r="1">{lacking}<c r="B1"/></row><row r="2"><c r="B2"><v>4</v></c></row>')
    with Workbook(book, "file.xlsx") as opened:
        assert opened.grid("S") == [[NO_RESULT, NO_RESULT], [NO_RESULT, 4.0]]


@pytest.mark.parametrize("others", ["", '<c r="H1"><f>2</f><v>2</v></c>'])
def test_zeros_of_a_workbook_that_was_never_calculated_are_no_results(others: str) -> None:
    """XlsxWriter writes 0 for a formula, and asks whoever opens the file to calculate it."""
    zero = '<row r="1"><c r="A1"><f>SUM(B1:C1)</f><v>0</v></c>{}</row>'
    plain = workbook(zero.format(others))
    with Workbook(plain, "file.xlsx") as opened:
        assert opened.grid("S")[0][0] == 0
    later = changed(plain, "</sheets>", "</sheets><calcPr fullCalcOnLoad='1'/>")
    with Workbook(later, "file.xlsx") as opened:
        assert opened.grid("S")[0][0] == (0 if others else NO_RESULT)


def test_a_key_without_a_result_says_so_and_keeps_its_row_out() -> None:
    parsed = read_table(("RF4", '<c r="B2"><f>TODAY()</f></c>', 912, 0.5, 1))
    conformed = conform_parts([Part(0, parsed, small_feed(xlsx_table()))], BEDS_OF_A_DAY)
    told = [(one.code, one.column_name) for one in conformed.problems[0]]
    assert told == [("CELL-004", "report_date")]
    assert parsed.text(0, "report_date") == NO_RESULT


def test_other_cells_without_a_result_are_counted_once() -> None:
    lacking = '<c r="{}"><f>SUM(C2:C2)</f></c>'
    parsed = read_table(
        ("RF4", "2018-12-03", 912, 0.5, lacking.format("E2")),
        ("Total", '<c r="B3"/>', lacking.format("C3"), lacking.format("D3")),
        ('<c r="A4"/>', '<c r="B4"/>', lacking.format("C4")),
    )
    assert dict(parsed.skipped) == {"total_line": 1, "note": 1}
    (told,) = [one for one in parsed.findings if one.code == "CELL-011"]
    assert (told.place.row, told.place.column_letter) == (2, "E")
    assert told.message.startswith("4 cells")
    assert parsed.problems == []


def test_formulas_of_opendocument_count_too() -> None:
    text = '<t:table-cell o:value-type="string"><x:p>{}</x:p></t:table-cell>'
    head = "".join(text.format(name) for name in HEADINGS[:4])
    row = (
        text.format("RF4")
        + text.format("2018-12-03")
        + '<t:table-cell t:formula="of:=1+1"/>'
        + '<t:table-cell t:formula="of:=1" o:value-type="float" o:value="2"/>'
    )
    book = spreadsheet(f"<t:table-row>{head}</t:table-row><t:table-row>{row}</t:table-row>")
    parsed = read_small(book, xlsx_table())
    assert rows_of(parsed, "beds", "hours") == [(None, "2")]
    assert carried_of(parsed) == [["hours"]]
    assert parsed.place(0, "beds").column_letter == "C"


def test_figures_of_a_winter_workbook_without_a_result_are_told_and_not_carried() -> None:
    days = [(date(2018, 12, 3) + timedelta(days=at)).strftime("%d/%m/%Y") for at in range(2)]
    lacking = '<c r="{}"><f>1</f></c>'
    sheet = sheet_of(
        ("Code", "Name", *days),
        ("-", "England", lacking.format("C2"), 3),
        ("RF4", "Trust", lacking.format("C3"), 1),
        ("R1H", "Another", 2, 2),
    )
    book = changed(workbook(sheet), 'name="S"', 'name="A&amp;E Closures"')
    parsed = read(book, "Winter.xlsx", WINTER)
    told = [one for one in parsed.findings if one.code == "CELL-010"]
    assert [(one.org_code, one.slot, one.place.column_letter, one.place.row) for one in told] == [
        ("RF4", "2018-12-03", "C", 3)
    ]
    assert rows_of(parsed, "org_code", "report_date", "ae_closures") == [
        ("RF4", "2018-12-04", "1"),
        ("R1H", "2018-12-03", "2"),
        ("R1H", "2018-12-04", "2"),
    ]
    assert np.all(parsed.places.partly_carried()["ae_closures"])
    assert [one.text for one in parsed.totals] == [NO_RESULT, "3"]
