"""The table of findings is whole, and a finding says where it stands."""

import re
from collections import Counter

from xlsxwriter.utility import xl_col_to_name

from pipelines.base.settings import PROJECT
from pipelines.findings.cell_kinds import CELL_KINDS
from pipelines.findings.file_kinds import FILE_KINDS
from pipelines.findings.finding import Place, finding
from pipelines.findings.finding_kinds import KINDS
from pipelines.findings.row_kinds import ROW_KINDS
from pipelines.findings.sheet_kinds import SHEET_KINDS


def test_no_code_stands_twice() -> None:
    codes = Counter(kind.code for kind in (*FILE_KINDS, *SHEET_KINDS, *CELL_KINDS, *ROW_KINDS))
    assert [code for code, times in codes.items() if times > 1] == []
    assert set(codes) == set(KINDS)


def test_every_kind_is_given_somewhere_and_every_kind_given_is_in_the_table() -> None:
    named = {
        code
        for folder in ("pipelines", "warehouse")
        for path in (PROJECT / folder).rglob("*.py")
        if "findings" not in path.parts and "simulate" not in path.parts
        for code in re.findall(
            r"\"((?:FILE|DATA|SHEET|HEAD|CELL|ROW|SLOT|SUM)-\d{3})\"", path.read_text("utf-8")
        )
    }
    assert named == set(KINDS)


def test_a_message_is_filled_in_with_what_is_given() -> None:
    told = finding("HEAD-004", value="Beds open", day="2018-12-03", place=Place("A&E", 14, 28))
    assert told.message == "'Beds open' appears twice for 2018-12-03; the first was loaded."
    assert (told.place.sheet, told.place.row, told.place.column_letter) == ("A&E", 14, "AB")


def test_a_column_is_named_as_a_spreadsheet_names_it() -> None:
    for number in range(1, 16_385):
        assert Place(column=number).column_letter == xl_col_to_name(number - 1)
    assert Place().column_letter is None
