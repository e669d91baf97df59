"""What says nothing and stands far away costs a small table nothing: it is read."""

import pytest

from pipelines.parse.files.refusal import Refusal
from pipelines.parse.files.workbook import Workbook
from pipelines.parse.formats.tables.sheet import read_sheet
from tests.unit.parse.test_workbook_bombs import FIRST, spreadsheet, workbook

FAR = '<row r="1048576">{}</row>'
SHARED = "<si><t>x</t></si><si><t></t></si><si/><si><t/></si><si><t xml:space='preserve'> </t></si>"
CELL = '<t:table-cell o:value-type="string"{}><x:p>{}</x:p></t:table-cell>'
BLANK_CELLS = {
    "formatted": '<c r="XFD1048576" s="1"/>',
    "formatted, with a type": '<c r="XFD1048576" s="1" t="n" />',
    "formatted, with an end": '<c r="XFD1048576" s="1"></c>',
    "an empty text": '<c r="XFD1048576" t="inlineStr"><is><t></t></is></c>',
    "an empty text in short": '<c r="XFD1048576" t="inlineStr"><is><t/></is></c>',
    "no text": '<c r="XFD1048576" s="1" t="inlineStr"><is/></c>',
    "spaces": '<c r="XFD1048576" t="inlineStr"><is><t xml:space="preserve"> </t></is></c>',
    "a formula that gives nothing": '<c r="XFD1048576" t="str"><f>""</f><v></v></c>',
    "an empty result": '<c r="XFD1048576" s="3" t="str"><v/></c>',
    "shared and empty": '<c r="XFD1048576" t="s"><v>1</v></c>',
    "shared and in short": '<c r="XFD1048576" t="s"><v>2</v></c>',
    "shared without a text": '<c r="XFD1048576" t="s"><v>3</v></c>',
    "shared spaces": '<c r="XFD1048576" t="s"><v>4</v></c>',
}


@pytest.mark.parametrize("kind", BLANK_CELLS)
def test_a_far_cell_that_says_nothing_is_no_part_of_the_table(kind: str) -> None:
    book = workbook(FIRST + FAR.format(BLANK_CELLS[kind]), SHARED)
    assert read_sheet(book, "file.xlsx", None).rows == [["1"]]


def test_a_column_with_a_formatted_cell_in_each_row_is_no_part_of_the_table() -> None:
    rows = "".join(f'<row r="{r}"><c r="B{r}" s="1"/></row>' for r in range(2, 150_000))
    assert read_sheet(workbook(FIRST + rows), "file.xlsx", None).rows == [["1"]]


def test_a_far_text_is_still_refused_and_a_near_blank_text_kept() -> None:
    near = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="inlineStr"><is><t></t></is></c></row>'
    assert read_sheet(workbook(near), "file.xlsx", None).rows == [["1", ""]]
    for cell in (
        '<c r="XFD1048576" t="s"><v>0</v></c>',
        '<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>',
        '<c r="XFD1048576" t="str"><v>x</v></c>',
    ):
        with pytest.raises(Refusal) as refused:
            read_sheet(workbook(FIRST + FAR.format(cell), SHARED), "file.xlsx", None)
        assert refused.value.finding.code == "FILE-010"


@pytest.mark.parametrize(
    "blank",
    [
        '<t:table-cell t:style-name="ce1"/>',
        '<t:table-cell o:value-type="string"/>',
        CELL.format("", ""),
        CELL.format(' o:string-value=""', ""),
    ],
    ids=["formatted", "a text in short", "an empty text", "an empty value"],
)
def test_far_and_repeated_blanks_of_opendocument_are_no_part_of_the_table(blank: str) -> None:
    row = "<t:table-row{}>{}</t:table-row>"
    gap = '<t:table-cell t:number-columns-repeated="16383"/>'
    table = (
        row.format("", CELL.format("", "x") + gap)
        + row.format(' t:number-rows-repeated="1048574"', gap)
        + row.format("", gap + blank)
    )
    with Workbook(spreadsheet(table), "file.ods") as book:
        assert [[cell for cell in line if cell] for line in book.grid("S")] == [["x"]]


def test_repeated_rows_of_opendocument_are_measured_before_they_are_read() -> None:
    """A file of a kilobyte may ask for a million rows, or for many texts of a page each."""
    row = '<t:table-row t:number-rows-repeated="{}">{}</t:table-row>'
    for times, text, told in (
        (1_048_575, "x", "sheet 'S' has 1,048,575 rows, and 100,000 are taken"),
        (90_000, "x" * 1000, "the texts of its repeated cells have 90,000,000 signs"),
    ):
        with pytest.raises(Refusal) as refused:
            Workbook(spreadsheet(row.format(times, CELL.format("", text))), "file.ods")
        assert refused.value.finding.code == "FILE-010"
        assert told in refused.value.finding.message
