"""From text cells to typed columns; every cell that does not fit is said."""

from datetime import date

import numpy as np
import pytest

from pipelines.conform import ConformedRows, conform, read_total
from pipelines.contract import Cadence, Collection, Column
from pipelines.feed import DirectorySource, Feed, Provider, SheetMap, WinterTimeseries
from pipelines.rows import CellColumn, ParsedRows

COLLECTION = Collection(
    collection="small",
    title="",
    description="",
    key=("org_code", "report_date"),
    cadence=Cadence(
        cron="0 0 * * *",
        time_zone="Europe/London",
        slot_minutes=1440,
        due="11:00",
        grace_minutes=0,
    ),
    versions=(),
    columns=(
        Column(name="org_code", type="code", unit="", nullable=False, description=""),
        Column(name="report_date", type="date", unit="", nullable=False, description=""),
        Column(name="beds", type="count", unit="beds", description=""),
        Column(name="hours", type="decimal", unit="hours", description=""),
        Column(name="opel_level", type="level", unit="OPEL", description=""),
        Column(name="reported_by", type="code", unit="", description=""),
    ),
    rules=(),
)
FEED = Feed(
    feed_id="small.feed",
    collection="small",
    title="",
    provider=Provider(code="X24", name=""),
    stage="live",
    source=DirectorySource(kind="directory", endpoint="incoming", pattern="*"),
    missing=("-", "N/A", "#DIV/0!", "#REF!", ".", "[z]", "[x]"),
    format=WinterTimeseries(
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
)


def conform_texts(**columns: list[str | None]) -> ConformedRows:
    """The columns conformed, every cell in row 20 + its number of the sheet."""
    length = len(next(iter(columns.values())))
    keys: dict[str, list[str | None]] = {
        "org_code": ["RF4"] * length,
        "report_date": ["2018-12-03"] * length,
    }
    cells = {
        name: CellColumn(
            np.array(texts, dtype=np.object_),
            np.zeros(length, dtype=np.int16),
            np.arange(20, 20 + length, dtype=np.int32),
            np.ones(length, dtype=np.int32),
        )
        for name, texts in {**keys, **columns}.items()
    }
    return conform(ParsedRows(cells, ("Sheet",)), COLLECTION, FEED)


def read_one(column: str, text: str | None) -> tuple[object, str | None]:
    """The value of one cell and the code of what is wrong with it."""
    conformed = conform_texts(**{column: [text]})
    codes = [problem.code for problem in conformed.problems]
    assert len(codes) < 2
    return conformed.table[column][0].as_py(), codes[0] if codes else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("12", 12),
        (" 12 ", 12),
        ("12\u00a0", 12),
        ("\u00a012", 12),
        ("1,234", 1234),
        ("1,234,567", 1_234_567),
        ("12.0", 12),
        ("+12", 12),
        ("-3", -3),
        ("-0", 0),
        ("2147483647", 2**31 - 1),
        ("-2147483647", 1 - 2**31),
    ],
)
def test_a_count(text: str, value: int) -> None:
    assert read_one("beds", text) == (value, None)


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "\u00a0", "-", " - ", "N/A", "n/a", "#DIV/0!", "#REF!", ".", "[z]", "[X]"],
    ids=repr,
)
@pytest.mark.parametrize("column", ["beds", "hours", "opel_level", "reported_by"])
def test_a_missing_value_is_none_and_no_problem(column: str, text: str | None) -> None:
    assert read_one(column, text) == (None, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("many", "CELL-001"),
        ("12 beds", "CELL-001"),
        ("1 234", "CELL-001"),
        ("12%", "CELL-001"),
        ("1_000", "CELL-001"),
        ("1/2", "CELL-001"),
        ("--", "CELL-001"),
        ("nan", "CELL-001"),
        ("inf", "CELL-001"),
        ("-Infinity", "CELL-001"),
        ("0x10", "CELL-001"),
        ("#NAME?", "CELL-001"),
        ("\u22125", "CELL-001"),
        ("2018-12-03", "CELL-001"),
        ("TRUE", "CELL-001"),
        ("1e400", "CELL-001"),
        (",", "CELL-001"),
        ("3.5", "CELL-002"),
        ("0.1", "CELL-002"),
        ("1,234.5", "CELL-002"),
        ("2147483648", "CELL-005"),
        ("-2147483648", "CELL-005"),
        ("99999999999999999999", "CELL-005"),
        ("1e30", "CELL-005"),
    ],
)
def test_what_is_no_count(text: str, code: str) -> None:
    assert read_one("beds", text) == (None, code)


@pytest.mark.parametrize("text", ["12,5", "1,2", "1,23", "1234,567", "1,,234", ",123", "12,"])
def test_a_comma_that_separates_no_thousands_is_not_taken_away(text: str) -> None:
    """'12,5' is a decimal comma; as 125 it would pass as a plausible number of beds."""
    assert read_one("beds", text) == (None, "CELL-001")
    assert read_one("hours", text) == (None, "CELL-001")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("1,234.5", 1234.5), ("12", 12.0), ("-1.25", -1.25), ("1e3", 1000.0)],
)
def test_a_decimal(text: str, value: float) -> None:
    assert read_one("hours", text) == (value, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("OPEL 3", 3),
        ("OPEL 3 ", 3),
        ("OPEl 3", 3),
        ("OPEL3", 3),
        ("opel 4", 4),
        ("OPEL\u00a02", 2),
        (" OPEL 1", 1),
        ("3", 3),
        ("0", 0),
        ("OPEL 9", 9),
    ],
)
def test_a_level_with_or_without_its_word(text: str, value: int) -> None:
    assert read_one("opel_level", text) == (value, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("OPEL", "CELL-001"),
        ("OPEL three", "CELL-001"),
        ("OPEL 3/4", "CELL-001"),
        ("OPEL 2.5", "CELL-002"),
        ("Level 3", "CELL-001"),
        ("RED", "CELL-001"),
    ],
)
def test_what_is_no_level(text: str, code: str) -> None:
    assert read_one("opel_level", text) == (None, code)


def test_the_word_before_a_level_is_not_taken_off_elsewhere() -> None:
    assert read_one("beds", "OPEL 3") == (None, "CELL-001")


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"org_code": [None]}, "CELL-003"),
        ({"org_code": [""]}, "CELL-003"),
        ({"org_code": ["-"]}, "CELL-003"),
        ({"report_date": [None]}, "CELL-003"),
        ({"report_date": ["03/12/2018"]}, "CELL-004"),
        ({"report_date": ["2018-02-30"]}, "CELL-004"),
    ],
)
def test_a_key_must_be_there_and_right(texts: dict[str, list[str | None]], code: str) -> None:
    conformed = conform_texts(**texts)
    assert [problem.code for problem in conformed.problems] == [code]


def test_columns_stand_in_the_order_of_the_contract_and_absent_ones_are_null() -> None:
    conformed = conform_texts(beds=["1", "2"])
    assert conformed.table.column_names == [column.name for column in COLLECTION.columns]
    assert conformed.table["hours"].null_count == 2
    assert str(conformed.table.schema.field("hours").type) == "double"
    assert conformed.table["report_date"].to_pylist() == [date(2018, 12, 3)] * 2


def test_a_cell_is_carried_where_it_stands_in_the_file_though_it_be_empty() -> None:
    cells = CellColumn(
        np.array(["1", None, None], dtype=np.object_),
        np.zeros(3, dtype=np.int16),
        np.array([20, 21, 0], dtype=np.int32),
        np.array([6, 6, 0], dtype=np.int32),
    )
    keys = {
        name: CellColumn(
            np.array([text] * 3, dtype=np.object_),
            np.zeros(3, dtype=np.int16),
            np.ones(3, dtype=np.int32),
            np.ones(3, dtype=np.int32),
        )
        for name, text in (("org_code", "RF4"), ("report_date", "2018-12-03"))
    }
    parsed = ParsedRows({**keys, "hours": cells}, ("Sheet",))
    conformed = conform(parsed, COLLECTION, FEED)
    hours = 1 << [column.name for column in COLLECTION.measures].index("hours")
    assert conformed.carried.tolist() == [hours, hours, 0]


def test_each_wrong_cell_is_told_with_its_own_text_in_the_order_of_rows() -> None:
    conformed = conform_texts(beds=["1", "x", "x", "2", None], hours=["y", "1", "y", "2", "z"])
    told = [(one.row, one.column_name, one.text) for one in conformed.problems]
    assert sorted(told) == [
        (0, "hours", "y"),
        (1, "beds", "x"),
        (2, "beds", "x"),
        (2, "hours", "y"),
        (4, "hours", "z"),
    ]
    assert [row for row, _, _ in told] == [0, 1, 2, 2, 4]
    assert conformed.table["beds"].to_pylist() == [1, None, None, 2, None]


def test_no_rows_are_no_problem() -> None:
    conformed = conform_texts(beds=[])
    assert conformed.table.num_rows == 0
    assert conformed.problems == []


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("beds", "1,234", (1234, None)),
        ("beds", "-", (None, None)),
        ("beds", "lots", (None, "CELL-001")),
        ("opel_level", "17", (17, None)),
        ("hours", "0.5", (0.5, None)),
    ],
)
def test_a_national_figure(column: str, text: str, expected: tuple[float, str]) -> None:
    assert read_total(text, COLLECTION.column(column), FEED) == expected
