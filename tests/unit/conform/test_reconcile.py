"""England's figures against the sum of the trusts in the same file."""

from datetime import date

import pyarrow as pa
import pytest

from pipelines.collect.sources.directory import DirectorySource
from pipelines.conform.arrow_figures import ArrowFigures
from pipelines.conform.reconcile import read_totals, reconcile
from pipelines.findings.finding import Place
from pipelines.parse.formats.winter_workbook import WinterTimeseries
from pipelines.parse.rows import CellPlaces, ParsedRows, PublishedTotal
from pipelines.registry.cadence import Cadence
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed, Provider, Stage

D1, D2 = date(2018, 12, 3), date(2018, 12, 4)
PLACE = Place("Sheet", 16, 6)

COLLECTION = Collection(
    collection="small",
    title="Small",
    row="one organisation on one day",
    description="A small contract.",
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
        Column(name="org_code", type="code", unit="", description="What it is."),
        Column(name="report_date", type="date", unit="", description="What it is."),
        Column(name="beds", type="count", unit="", description="A figure.", national="sum"),
        Column(name="hours", type="decimal", unit="", description="A figure.", national="sum"),
        Column(
            name="level",
            type="level",
            unit="",
            description="A small contract.",
            national="count_reporting",
        ),
        Column(name="rate", type="decimal", unit="", description="A figure.", national="none"),
    ),
    rules=(),
)
FEED = Feed(
    feed_id="small.feed",
    collection="small",
    title="Small",
    provider=Provider(code="X24", name="A trust"),
    stage=Stage.LIVE,
    source=DirectorySource(kind="directory", endpoint="incoming", pattern="*"),
    missing=("-", "N/A"),
    format=WinterTimeseries(
        kind="winter_timeseries",
        code_headings=(),
        name_headings=(),
        date_rows_above=1,
        total_codes=(),
        national_names=(),
        region_code_pattern="",
        synonyms={},
        sheets=(),
    ),
)

ROWS = pa.table(
    {
        "org_code": ["RF4", "R1H", "RQM", "RF4", "R1H"],
        "report_date": pa.array([D1, D1, D1, D2, D2], pa.date32()),
        "beds": pa.array([10, 20, None, 1, None], pa.int32()),
        "hours": pa.array([0.1, 0.2, None, None, None], pa.float64()),
        "level": pa.array([3, 0, None, 0, 4], pa.int32()),
        "rate": pa.array([0.5, 0.5, 0.5, 0.5, 0.5], pa.float64()),
    }
)


def differences(name: str, day: date, value: float) -> list[tuple[str | None, str]]:
    """England's figure and message, where it is not what the trusts make."""
    found = reconcile({(name, day): (value, PLACE)}, ArrowFigures(ROWS, COLLECTION), COLLECTION)
    assert all(one.code == "SUM-001" and one.place == PLACE for one in found)
    return [(one.value, one.message) for one in found]


@pytest.mark.parametrize(
    ("name", "day", "value"),
    [
        ("beds", D1, 30),
        ("beds", D2, 1),
        ("hours", D1, 0.3),
        ("hours", D2, 0),
        ("level", D1, 1),
        ("level", D2, 1),
        ("beds", date(2018, 12, 9), 0),
        ("rate", D1, 99),
    ],
)
def test_a_figure_that_the_trusts_make(name: str, day: date, value: float) -> None:
    assert differences(name, day, value) == []


@pytest.mark.parametrize(
    ("name", "day", "value", "shown", "total"),
    [
        ("beds", D1, 31, "31", "30"),
        ("beds", D1, 14_491, "14,491", "30"),
        ("beds", D2, 0, "0", "1"),
        ("level", D1, 2, "2", "1"),
        ("beds", date(2018, 12, 9), 5, "5", "0"),
        ("hours", D1, 0.35, "0.35", "0.3"),
    ],
)
def test_a_figure_that_the_trusts_do_not_make(
    name: str, day: date, value: float, shown: str, total: str
) -> None:
    ((told, message),) = differences(name, day, value)
    assert told == shown
    assert f"is {shown}, but the trusts add up to {total}" in message


def test_nothing_stated_is_nothing_to_compare() -> None:
    assert reconcile({}, ArrowFigures(ROWS, COLLECTION), COLLECTION) == []


def test_each_difference_is_told_with_its_measure_and_day() -> None:
    totals = {("beds", D1): (1.0, PLACE), ("beds", D2): (1.0, PLACE), ("level", D2): (9.0, PLACE)}
    found = reconcile(totals, ArrowFigures(ROWS, COLLECTION), COLLECTION)
    assert [(one.column_name, one.slot) for one in found] == [
        ("beds", "2018-12-03"),
        ("level", "2018-12-04"),
    ]


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("1,234", 1234.0, []),
        ("0", 0.0, []),
        ("-", None, []),
        ("n/a", None, []),
        ("many", None, ["CELL-006"]),
        ("3.5", None, ["CELL-006"]),
    ],
)
def test_stated_figures_are_read_like_cells(
    text: str, value: float | None, codes: list[str]
) -> None:
    parsed = ParsedRows({}, CellPlaces((), {}, {}, {}), 0)
    parsed.totals.append(PublishedTotal("beds", D1, text, PLACE))
    totals = read_totals(parsed, COLLECTION, FEED)
    assert totals.values == ({} if value is None else {("beds", D1): (value, PLACE)})
    assert [one.code for one in totals.findings] == codes
    assert all(one.place == PLACE and one.value == text for one in totals.findings)


@pytest.mark.parametrize(
    ("day", "text"),
    [(date(1900, 1, 1), "9"), (date(9999, 1, 1), "9"), (D1, "2147483647"), (D1, "-1e300")],
)
def test_an_impossible_national_figure_is_not_kept(day: date, text: str) -> None:
    totals = [PublishedTotal("beds", day, text, PLACE), PublishedTotal("beds", D2, "103277", PLACE)]
    parsed = ParsedRows({}, CellPlaces((), {}, {}, {}), 0, totals=totals)
    told = read_totals(parsed, COLLECTION, FEED)
    assert set(told.values) == {("beds", D2)}
    assert [found.code for found in told.findings] == ["SUM-002"]
    assert text in told.findings[0].message and str(day) in told.findings[0].message


def test_rows_without_a_day_count_for_none() -> None:
    lost = [*ROWS["report_date"].to_pylist()[:-2], None, None]
    rows = ROWS.set_column(1, "report_date", pa.array(lost, pa.date32()))
    own = ArrowFigures(rows, COLLECTION)
    assert reconcile({("beds", D1): (30, PLACE)}, own, COLLECTION) == []
    assert len(reconcile({("beds", D2): (30, PLACE)}, own, COLLECTION)) == 1
    none = ROWS.set_column(1, "report_date", pa.array([None] * 5, pa.date32()))
    own = ArrowFigures(none, COLLECTION)
    assert len(reconcile({("beds", D1): (30, PLACE)}, own, COLLECTION)) == 1
