"""From text cells to typed columns; every cell that does not fit is said."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from pipelines.conform.conformed_rows import ConformedRows, conform_parts, row_schema
from pipelines.conform.reconcile import read_total
from pipelines.conform.typed_columns import Part
from pipelines.parse.formats.winter_timeseries.winter_map import SheetMap
from pipelines.parse.formats.winter_workbook import WinterTimeseries
from pipelines.registry.feed import Feed
from tests.support.small_tables import (
    BEDS_OF_A_DAY,
    PATIENTS_OF_A_SLOT,
    csv_table,
    parsed_rows,
    small_feed,
)

Texts = Sequence[str | None]

FEED = small_feed(csv_table(columns={"opel_level": {"prefixes": ["OPEL"]}}), reports_for="any")
WINTER = small_feed(
    WinterTimeseries(
        kind="winter_timeseries",
        code_headings=(),
        name_headings=(),
        date_rows_above=1,
        total_codes=(),
        national_names=(),
        region_code_pattern="",
        synonyms={},
        prefixes={"opel_level": ("OPEL",)},
        sheets=(SheetMap(names=("x",), measures={"beds": ("beds",)}),),
    ),
    missing=("-", "N/A"),
)


def part(number: int = 0, feed: Feed = FEED, absent: dict[str, list[int]] | None = None,
         **columns: Texts) -> Part:  # fmt: skip
    """Rows of RF4 on 3 December 2018, unless other keys are given."""
    length = len(next(iter(columns.values())))
    keys: dict[str, Texts] = {
        "org_code": ["RF4"] * length,
        "report_date": ["2018-12-03"] * length,
    }
    return Part(number, parsed_rows({**keys, **columns}, absent), feed)


def conform_texts(feed: Feed = FEED, **columns: Texts) -> ConformedRows:
    return conform_parts([part(0, feed, None, **columns)], BEDS_OF_A_DAY)


def told(conformed: ConformedRows, number: int = 0) -> list[tuple[int, str, str | None]]:
    """Row, code and column of each problem of one submission."""
    problems = conformed.problems.get(number, [])
    return sorted((row, one.code, one.column_name) for one in problems for row in one.rows)


def test_every_type_of_column_is_read_as_its_feed_writes_it() -> None:
    conformed = conform_texts(
        org_code=[" rf4*"],
        report_date=["2018-12-03 00:00"],
        beds=["1,234"],
        hours=["0.5"],
        opel_level=["OPEL 3"],
        reported_by=["rru"],
    )
    assert conformed.table.drop(["submission_number", "carried"]).to_pylist() == [
        {
            "org_code": "RF4",
            "report_date": date(2018, 12, 3),
            "beds": 1234,
            "hours": 0.5,
            "opel_level": 3,
            "reported_by": "RRU",
        }
    ]
    assert conformed.problems == {}


def test_a_word_before_a_value_is_taken_off_in_its_own_column_only() -> None:
    assert told(conform_texts(beds=["OPEL 3"])) == [(0, "CELL-001", "beds")]


def test_a_slot_is_read_with_the_zone_the_form_and_the_length_that_are_configured() -> None:
    form = csv_table(
        columns={
            "slot_start": {
                "format": "%d/%m/%Y %H:%M",
                "zone": "Europe/London",
                "labelled_by": "end",
            },
            "longest_wait": {"given_in": "clock"},
        }
    )
    texts: dict[str, Texts] = {
        "org_code": ["RF4", "RF4"],
        "site_code": ["RF4AA", "RF4AA"],
        "slot_start": ["01/07/2026 08:15", "25/10/2026 01:15"],
        "longest_wait": ["1:30:00", "90"],
    }
    rows = conform_parts([Part(0, parsed_rows(texts), small_feed(form))], PATIENTS_OF_A_SLOT)
    assert rows.table["slot_start"].to_pylist() == [datetime(2026, 7, 1, 7, 0), None]
    assert rows.table["longest_wait"].to_pylist() == [90.0, None]
    assert told(rows) == [(1, "CELL-001", "longest_wait"), (1, "CELL-008", "slot_start")]


def test_the_same_text_is_read_by_each_feed_in_its_own_way() -> None:
    plain = small_feed(csv_table(), feed_id="small.plain", missing=("12",), reports_for="any")
    parts = [
        part(0, hours=["12", "OPEL 3"], opel_level=["OPEL 3", "12"]),
        part(1, feed=plain, hours=["12", "OPEL 3"], opel_level=["OPEL 3", "12"]),
    ]
    conformed = conform_parts(parts, BEDS_OF_A_DAY)
    assert conformed.table["hours"].to_pylist() == [12.0, None, None, None]
    assert conformed.table["opel_level"].to_pylist() == [3, 12, None, None]
    assert told(conformed, 0) == [(1, "CELL-001", "hours")]
    assert told(conformed, 1) == [(0, "CELL-001", "opel_level"), (1, "CELL-001", "hours")]


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"org_code": [None]}, "CELL-003"),
        ({"org_code": [""]}, "CELL-003"),
        ({"org_code": ["-"]}, "CELL-003"),
        ({"org_code": ["*"]}, "CELL-003"),
        ({"report_date": [None]}, "CELL-003"),
        ({"report_date": ["03/12/2018"]}, "CELL-004"),
        ({"report_date": ["2018-02-30"]}, "CELL-004"),
    ],
)
@pytest.mark.parametrize("feed", [FEED, small_feed(csv_table())], ids=["any", "own"])
def test_a_key_must_be_there_and_right(feed: Feed, texts: dict[str, Texts], code: str) -> None:
    """One finding for each: an empty code is not a code of somebody else besides."""
    assert told(conform_texts(feed, **texts)) == [(0, code, next(iter(texts)))]


def test_columns_stand_in_the_order_of_the_contract_and_absent_ones_are_null() -> None:
    conformed = conform_texts(beds=["1", "2"])
    names = [column.name for column in BEDS_OF_A_DAY.columns]
    assert conformed.table.column_names == [*names, "submission_number", "carried"]
    assert conformed.table.schema == row_schema(BEDS_OF_A_DAY)
    assert conformed.table["hours"].null_count == 2
    assert str(conformed.table.schema.field("hours").type) == "double"
    assert str(conformed.table.schema.field("beds").type) == "int32"


def test_a_slot_is_a_time_to_the_microsecond() -> None:
    assert str(row_schema(PATIENTS_OF_A_SLOT).field("slot_start").type) == "timestamp[us]"


# Several submissions


def test_the_rows_of_all_submissions_stand_one_after_the_other() -> None:
    parts = [part(3, beds=["1", "2"]), part(5, beds=[]), part(8, hours=["0.5"])]
    conformed = conform_parts(parts, BEDS_OF_A_DAY)
    assert conformed.table["submission_number"].to_pylist() == [3, 3, 8]
    assert conformed.table["beds"].to_pylist() == [1, 2, None]
    assert conformed.table["hours"].to_pylist() == [None, None, 0.5]
    assert conformed.starts == {3: 0, 5: 2, 8: 2}


def test_problems_are_told_by_submission_with_rows_counted_within_it() -> None:
    parts = [part(3, beds=["1", "x"]), part(5, beds=["y", "2"]), part(8, beds=["3"])]
    conformed = conform_parts(parts, BEDS_OF_A_DAY)
    assert {number: told(conformed, number) for number in conformed.problems} == {
        3: [(1, "CELL-001", "beds")],
        5: [(0, "CELL-001", "beds")],
    }


def test_each_wrong_cell_is_told() -> None:
    conformed = conform_texts(beds=["1", "x", "x", "2", None], hours=["y", "1", "y", "2", "z"])
    assert [(row, name) for row, _, name in told(conformed)] == [
        (0, "hours"),
        (1, "beds"),
        (2, "beds"),
        (2, "hours"),
        (4, "hours"),
    ]
    assert conformed.table["beds"].to_pylist() == [1, None, None, 2, None]


def test_a_wrong_text_that_was_seen_before_is_told_again() -> None:
    """What a text means is remembered from one file to the next, and so is what is wrong."""
    for _ in range(2):
        assert told(conform_texts(beds=["never seen before"])) == [(0, "CELL-001", "beds")]


def test_what_the_reader_found_wrong_with_a_row_is_told_among_the_cells() -> None:
    from pipelines.parse.rows import RowProblem

    one = part(beds=["1", "x", "2"])
    one.parsed.problems += [RowProblem("ROW-003", [2], text="2 cells"), RowProblem("ROW-003", [0])]
    conformed = conform_parts([one], BEDS_OF_A_DAY)
    assert [(row, code) for row, code, _ in told(conformed)] == [
        (0, "ROW-003"),
        (1, "CELL-001"),
        (2, "ROW-003"),
    ]


def test_no_rows_are_no_problem() -> None:
    for parts in ([], [part(beds=[])]):
        conformed = conform_parts(parts, BEDS_OF_A_DAY)
        assert conformed.table.num_rows == 0
        assert conformed.table.schema == row_schema(BEDS_OF_A_DAY)
        assert conformed.problems == {}


# Whom a feed may report for


def test_a_feed_reports_for_its_own_provider() -> None:
    conformed = conform_texts(small_feed(csv_table()), org_code=["RF4", " r1h*", "rf4", "RQM"])
    assert told(conformed) == [(1, "ROW-002", "org_code"), (3, "ROW-002", "org_code")]
    assert conformed.table["org_code"].to_pylist() == ["RF4", "R1H", "RF4", "RQM"]


def test_a_feed_that_reports_for_some_does_not_report_for_others() -> None:
    feed = small_feed(csv_table(), reports_for=("R1H", "RQM"))
    conformed = conform_texts(feed, org_code=["RF4", "R1H", "RQM"])
    assert told(conformed) == [(0, "ROW-002", "org_code")], "not even for its own provider"


def test_a_feed_that_reports_for_any_reports_for_all() -> None:
    assert conform_texts(FEED, org_code=["RF4", "R1H", "ZZ9"]).problems == {}


def test_of_two_feeds_each_may_report_its_own() -> None:
    other = small_feed(csv_table(), feed_id="small.r1h", reports_for=("R1H",))
    codes = ["RF4", "R1H"]
    parts = [part(0, small_feed(csv_table()), org_code=codes), part(1, other, org_code=codes)]
    conformed = conform_parts(parts, BEDS_OF_A_DAY)
    assert (told(conformed, 0), told(conformed, 1)) == (
        [(1, "ROW-002", "org_code")],
        [(0, "ROW-002", "org_code")],
    )


# What is carried


def bits(*measures: str) -> int:
    names = [column.name for column in BEDS_OF_A_DAY.measures]
    return sum(1 << names.index(measure) for measure in measures)


def test_a_measure_is_carried_where_its_column_stands_in_the_file_though_cells_be_empty() -> None:
    conformed = conform_texts(beds=["1", "", None], opel_level=["-", "OPEL 9", "x"])
    assert conformed.table["carried"].to_pylist() == [bits("beds", "opel_level")] * 3


def test_a_measure_is_carried_in_those_rows_that_have_a_cell_of_it() -> None:
    one = part(absent={"hours": [0, 2], "beds": [2]}, beds=["1", "2", None], hours=[None, "", None],
               reported_by=["RRU"] * 3)  # fmt: skip
    assert conform_parts([one], BEDS_OF_A_DAY).table["carried"].to_pylist() == [
        bits("beds", "reported_by"),
        bits("beds", "hours", "reported_by"),
        bits("reported_by"),
    ]


def test_a_key_and_a_column_that_the_file_lacks_are_not_carried() -> None:
    assert conform_texts(org_code=["RF4"]).table["carried"].to_pylist() == [0]


def test_each_submission_carries_what_its_own_file_has() -> None:
    conformed = conform_parts([part(0, beds=["1"]), part(1, hours=["1", "2"])], BEDS_OF_A_DAY)
    assert conformed.table["carried"].to_pylist() == [bits("beds"), bits("hours"), bits("hours")]


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("beds", "1,234", (1234, None)),
        ("beds", "-", (None, None)),
        ("beds", "lots", (None, "CELL-001")),
        ("opel_level", "17", (17, None)),
        ("opel_level", "OPEL 3", (None, "CELL-001")),
        ("hours", "0.5", (0.5, None)),
    ],
)
def test_a_national_figure(column: str, text: str, expected: tuple[float, str]) -> None:
    """England's figure of a level counts the trusts, and has no word before it."""
    assert read_total(text, BEDS_OF_A_DAY.column(column), WINTER) == expected
