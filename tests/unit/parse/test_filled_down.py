"""A note that is filled down to the last row is told once with its count, and costs no more."""

import pytest

from pipelines.parse.formats.table_format import TableFormat
from tests.support.small_tables import book_of, csv_table, read_small, rows_of, xlsx_table
from tests.unit.parse.test_workbook_bombs import spreadsheet

HEADINGS = ["org_code", "report_date", "beds", "comment"]
FIGURES = ["RF4", "2018-12-03", "912", ""]
NOTE = ["", "", "", "see e-mail"]
TIMES = 2_000
CSV = "\n".join(",".join(row) for row in (HEADINGS, FIGURES, *[NOTE] * TIMES))
CELL = '<t:table-cell o:value-type="string"><x:p>{}</x:p></t:table-cell>'
BLANK = '<t:table-cell t:number-columns-repeated="3"/>'
ODS = spreadsheet(
    "".join(
        f"<t:table-row>{''.join(map(CELL.format, row[:4]))}</t:table-row>"
        for row in (HEADINGS, FIGURES)
    )
    + f'<t:table-row t:number-rows-repeated="{TIMES}">{BLANK}{CELL.format(NOTE[3])}</t:table-row>'
)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (CSV, csv_table()),
        (book_of({"S": [HEADINGS, FIGURES, *[[None] * 3 + NOTE[3:]] * TIMES]}), xlsx_table()),
        (ODS, xlsx_table()),
    ],
    ids=["csv", "xlsx", "ods"],
)
def test_a_note_that_is_filled_down_is_told_at_first_and_counted(
    content: str | bytes, form: TableFormat
) -> None:
    parsed = read_small(content, form)
    assert rows_of(parsed, "org_code", "beds") == [("RF4", "912")]
    assert dict(parsed.skipped) == {"note": TIMES}
    notes = [one for one in parsed.findings if one.code == "SHEET-004"]
    assert [(one.place.row, one.value, one.more) for one in notes] == [
        (3, "see e-mail", 0),
        (4, "see e-mail", 0),
        (5, "see e-mail", TIMES - 3),
    ]


def test_other_notes_are_told_beside_one_that_is_filled_down() -> None:
    parsed = read_small(f"{CSV}\n,,,the last\n", csv_table())
    notes = [one for one in parsed.findings if one.code == "SHEET-004"]
    assert [one.value for one in notes] == ["see e-mail"] * 3 + ["the last"]
    assert sum(1 + one.more for one in notes) == TIMES + 1 == parsed.skipped["note"]
