"""Finding the table of a winter sheet, its measures and its days."""

from datetime import date

import pytest

from pipelines.findings.finding import Finding
from pipelines.parse.files.workbook import Cell, Grid
from pipelines.parse.formats.winter_timeseries.winter_columns import (
    Header,
    find_header,
    read_columns,
)
from pipelines.parse.formats.winter_timeseries.winter_map import SheetMap
from pipelines.parse.formats.winter_workbook import WinterTimeseries

D1, D2, D3 = date(2018, 12, 3), date(2018, 12, 4), date(2018, 12, 5)

FORM = WinterTimeseries(
    kind="winter_timeseries",
    code_headings=("Code", "Org Code"),
    name_headings=("Name",),
    date_rows_above=3,
    total_codes=("-",),
    national_names=("England",),
    region_code_pattern="Y[0-9]{2}",
    synonyms={"open": ("avail",), "occ": ("occd",)},
    sheets=(),
)
CRITICAL_CARE = SheetMap(
    names=("Adult critical care",),
    measures={"beds_open": ("CC Adult open",), "beds_occupied": ("CC Adult occ",)},
    not_stored=("Occupancy rate",),
)
CLOSURES = SheetMap(names=("Closures",), measures={"ae_closures": ("Closures",)})
LEVELS = SheetMap(
    names=("Pressures",), measures={"opel_level": ("OPEL level",)}, day_range="each_day"
)

HEADER = Header(row=1, code=0, name=1)
TRUSTS: Grid = [["RF4", "Barking", 1.0, 2.0, 3.0, 4.0], ["R1H", "Barts", 5.0, 6.0, 7.0, 8.0]]


def grid_of(dates: list[Cell], headings: list[Cell], rows: Grid = TRUSTS) -> Grid:
    return [["", "", *dates], ["Code", "Name", *headings], *rows]


def read(
    grid: Grid, mapped: SheetMap = CRITICAL_CARE
) -> tuple[list[tuple[int, str, tuple[date, ...]]], list[Finding]]:
    found = read_columns("Sheet", grid, HEADER, mapped, FORM)
    return [(one.index, one.measure, one.days) for one in found.columns], found.findings


def codes(findings: list[Finding]) -> list[str]:
    return [one.code for one in findings]


@pytest.mark.parametrize(
    ("grid", "header"),
    [
        ([["Code", "Name"]], Header(0, 0, 1)),
        ([["", "title"], [], ["", " code ", "x", "NAME "]], Header(2, 1, 3)),
        ([["Name", "Code", 1.0]], Header(0, 1, 0)),
        ([["Org Code", "Name"], ["Code", "Name"]], Header(0, 0, 1)),
        ([["Code"], ["Name"]], None),
        ([["Code of practice", "Name"]], None),
        ([[1.0, None, D1]], None),
        ([[]], None),
        ([], None),
    ],
)
def test_the_header_is_the_first_row_with_code_and_name(grid: Grid, header: Header | None) -> None:
    assert find_header(grid, FORM) == header


def test_figures_begin_right_of_code_and_name_whichever_comes_last() -> None:
    assert Header(0, 1, 0).first_data == Header(0, 0, 1).first_data == 2


def test_a_date_is_filled_forward_over_its_block() -> None:
    grid = grid_of([D1, "", D2, None], ["CC Adult Open", "CC Adult occ'd"] * 2)
    columns, findings = read(grid)
    assert columns == [
        (2, "beds_open", (D1,)),
        (3, "beds_occupied", (D1,)),
        (4, "beds_open", (D2,)),
        (5, "beds_occupied", (D2,)),
    ]
    assert findings == []


def test_a_name_that_changes_within_the_sheet_is_one_measure() -> None:
    grid = grid_of(
        [D1, "", D2, ""], ["CC Adult avail", "CC Adult occ", "CC Adult Open1", "CC Adult occ 1"]
    )
    columns, findings = read(grid)
    assert [measure for _, measure, _ in columns] == ["beds_open", "beds_occupied"] * 2
    assert findings == []


def test_a_derived_figure_is_left_out_in_silence() -> None:
    headings: list[Cell] = ["CC Adult open", "CC Adult occ", "Occupancy rate"]
    columns, findings = read(grid_of([D1, "", ""], headings, [["RF4", "Barking", 1.0, 2.0, 0.5]]))
    assert len(columns) == 2
    assert findings == []


def test_an_unknown_measure_is_told_once_with_the_number_of_its_values() -> None:
    grid = grid_of([D1, "", D2, ""], ["CC Adult open", "CC Child open"] * 2)
    columns, findings = read(grid)
    assert [index for index, _, _ in columns] == [2, 4]
    assert codes(findings) == ["HEAD-001", "HEAD-006"]
    unknown = findings[0]
    assert unknown.value == "CC Child open"
    assert "4 values" in unknown.message
    assert (unknown.place.sheet, unknown.place.row, unknown.place.column_letter) == (
        "Sheet",
        2,
        "D",
    )
    assert findings[1].column_name == "beds_occupied"


def test_an_unknown_heading_without_values_is_not_told() -> None:
    rows: Grid = [["RF4", "Barking", 1.0, 2.0, ""]]
    columns, findings = read(grid_of([D1], ["CC Adult open", "CC Adult occ", "Spare"], rows))
    assert len(columns) == 2
    assert findings == []


def test_values_under_no_heading_are_told() -> None:
    columns, findings = read(grid_of([D1, "", ""], ["CC Adult open", "CC Adult occ", ""]))
    assert len(columns) == 2
    assert codes(findings) == ["HEAD-003"]
    assert findings[0].place.column_letter == "E"


@pytest.mark.parametrize("dates", [["tbc", ""], ["", ""], ["2018", ""], [3.5, ""]])
def test_a_block_whose_date_cannot_be_read_is_told_and_not_given_another_date(
    dates: list[Cell],
) -> None:
    columns, findings = read(grid_of([*dates, D2, ""], ["CC Adult open", "CC Adult occ"] * 2))
    assert [days for _, _, days in columns] == [(D2,), (D2,)]
    assert set(codes(findings)) == {"HEAD-002"}


def test_a_bad_date_in_the_middle_does_not_take_the_date_before_it() -> None:
    columns, findings = read(grid_of([D1, "", "3 Foo", ""], ["CC Adult open", "CC Adult occ"] * 2))
    assert [days for _, _, days in columns] == [(D1,), (D1,)]
    assert codes(findings) == ["HEAD-002"]
    assert "4 values" in findings[0].message


def test_a_day_that_stands_twice_keeps_its_first_column() -> None:
    columns, findings = read(grid_of([D1, "", D1, ""], ["CC Adult open", "CC Adult occ"] * 2))
    assert [index for index, _, _ in columns] == [2, 3]
    assert codes(findings) == ["HEAD-004", "HEAD-004"]
    assert findings[0].slot == "2018-12-03"


def test_dates_may_stand_higher_above_the_header() -> None:
    grid: Grid = [
        ["", "", D1, ""],
        ["", "", "variable_a", "variable_b"],
        ["", "", "", ""],
        ["Code", "Name", "CC Adult open", "CC Adult occ"],
        *TRUSTS,
    ]
    found = read_columns("Sheet", grid, Header(3, 0, 1), CRITICAL_CARE, FORM)
    assert [one.days for one in found.columns] == [(D1,), (D1,)]


def test_dates_too_high_above_the_header_are_not_looked_for() -> None:
    grid: Grid = [["", "", D1], [], [], [], ["Code", "Name", "CC Adult open"], ["RF4", "B", 1.0]]
    found = read_columns("Sheet", grid, Header(4, 0, 1), CRITICAL_CARE, FORM)
    assert found.columns == []
    assert codes(found.findings)[0] == "HEAD-002"


def test_one_measure_with_its_dates_in_the_header() -> None:
    columns, findings = read(grid_of([], [D1, D2, "5 Dec 18", 43440.0]), CLOSURES)
    assert columns == [
        (2, "ae_closures", (D1,)),
        (3, "ae_closures", (D2,)),
        (4, "ae_closures", (D3,)),
        (5, "ae_closures", (date(2018, 12, 6),)),
    ]
    assert findings == []


def test_one_measure_with_its_dates_above_the_header() -> None:
    columns, findings = read(grid_of([D1, D2], ["Closures", "Closures"]), CLOSURES)
    assert columns == [(2, "ae_closures", (D1,)), (3, "ae_closures", (D2,))]
    # The third and fourth column hold values without any heading.
    assert codes(findings) == ["HEAD-003"]


def test_a_total_among_the_dates_of_the_header_is_told_and_not_read() -> None:
    columns, findings = read(grid_of([], [D1, D2, D3, "Total"]), CLOSURES)
    assert len(columns) == 3
    assert codes(findings) == ["HEAD-002"]
    assert findings[0].value == "Total"


def test_a_count_over_several_days_is_told_and_not_divided() -> None:
    columns, findings = read(grid_of([], [D1, "08-09 Dec 18", D2, D3]), CLOSURES)
    assert [days for _, _, days in columns] == [(D1,), (D2,), (D3,)]
    assert codes(findings) == ["HEAD-005"]
    assert "2 days" in findings[0].message
    assert "2 values" in findings[0].message


def test_a_level_over_several_days_stands_for_each() -> None:
    columns, findings = read(grid_of([], [D1, "08-09 Dec 18"]), LEVELS)
    assert columns[1] == (3, "opel_level", (date(2018, 12, 8), date(2018, 12, 9)))
    assert codes(findings) == ["HEAD-003"]


def test_of_a_range_that_overlaps_only_the_new_days_are_read() -> None:
    columns, findings = read(grid_of([], [D1, "03-04 Dec 18", D3, ""]), LEVELS)
    assert [days for _, _, days in columns] == [(D1,), (D2,), (D3,)]
    assert codes(findings) == ["HEAD-004", "HEAD-003"] or codes(findings) == [
        "HEAD-003",
        "HEAD-004",
    ]


def test_a_sheet_without_any_measure_says_which_are_missing() -> None:
    columns, findings = read(grid_of([D1], ["Something"], [["RF4", "Barking", 1.0]]))
    assert columns == []
    assert codes(findings) == ["HEAD-001", "HEAD-006", "HEAD-006"]


def test_rows_shorter_than_the_header_are_no_error() -> None:
    grid = grid_of(
        [D1, ""], ["CC Adult open", "CC Adult occ"], [["RF4"], [], ["R1H", "Barts", 1.0]]
    )
    columns, findings = read(grid)
    assert len(columns) == 2
    assert findings == []
