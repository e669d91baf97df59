"""Our Great Expectations types about times, texts and keys: which rows fail."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from expectations.instants import to_instant
from pipelines.base.errors import ContractFault
from pipelines.validate.suite import offending_columns
from tests.support.rules import run

BETWEEN = "expect_times_to_be_between"
ON_GRID = "expect_times_to_be_on_grid"
MATCH = "expect_texts_to_match"
UNIQUE = "expect_rows_to_be_unique_by"

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ORGANISATION_CODE = {"column": "code", "pattern": "R[A-Z0-9]{2}"}


def a_table(**columns: Any) -> pa.Table:
    """Row ids start at 1007 and go in sevens, so that a position taken for an id is noticed."""
    rows = len(next(iter(columns.values())))
    ids = [1007 + 7 * place for place in range(rows)]
    return pa.table({"row_id": pa.array(ids, pa.int64()), **columns})


def failing(expectation: str, kwargs: dict[str, Any], table: pa.Table, **given: Any) -> list[int]:
    """The places, counted from zero, of the rows that fail."""
    rows = run(expectation, kwargs, table, **given).failing_rows
    return ((rows - 1007) // 7).tolist()  # type: ignore[no-any-return]


DAYS = pa.array([date(2026, 1, 4), date(2026, 1, 5), None, date(2026, 1, 6), date(9999, 12, 31)])
TIMES = pa.array([NOON - timedelta(microseconds=1), NOON, None, NOON + timedelta(microseconds=1)])


@pytest.mark.parametrize(
    ("column", "bounds", "places"),
    [
        (DAYS, {"max_value": date(2026, 1, 5)}, [3, 4]),
        (DAYS, {"min_value": date(2026, 1, 5)}, [0]),
        (DAYS, {"min_value": date(2026, 1, 5), "max_value": date(2026, 1, 5)}, [0, 3, 4]),
        (DAYS, {"max_value": datetime(2026, 1, 5, 23, 59, tzinfo=UTC)}, [3, 4]),
        (TIMES, {"max_value": NOON}, [3]),
        (TIMES, {"min_value": NOON}, [0]),
        (TIMES, {"max_value": NOON.replace(tzinfo=None)}, [3]),
        (TIMES, {"max_value": NOON.astimezone(timezone(timedelta(hours=1)))}, [3]),
        (TIMES, {"min_value": date(2026, 1, 6)}, [0, 1, 3]),
        (TIMES.cast(pa.timestamp("ms"), safe=False), {"min_value": NOON}, [0]),
        (TIMES.cast(pa.timestamp("ns", tz="Europe/London")), {"max_value": NOON}, [3]),
        (pa.array([None, None], pa.date32()), {"min_value": NOON}, []),
        (pa.array([None, None], pa.string()), {"min_value": NOON}, []),
        (pa.nulls(2), {"max_value": NOON}, []),
    ],
)
def test_times_between_fails_what_is_outside(
    column: pa.Array, bounds: dict[str, Any], places: list[int]
) -> None:
    assert failing(BETWEEN, {"column": "time", **bounds}, a_table(time=column)) == places


@pytest.mark.parametrize("value", [date(2026, 1, 5), MIDNIGHT, MIDNIGHT.replace(tzinfo=None)])
def test_a_day_or_a_time_without_a_zone_is_in_utc(value: date) -> None:
    # On a machine in UTC the types alone would not show it.
    assert to_instant(value) == MIDNIGHT


def test_times_between_takes_its_bounds_from_the_parameters() -> None:
    kwargs = {
        "column": "time",
        "min_value": {"$PARAMETER": "first"},
        "max_value": {"$PARAMETER": "today"},
    }
    given = {"first": date(2026, 1, 5), "today": datetime(2026, 1, 5, 18, tzinfo=UTC)}

    assert failing(BETWEEN, kwargs, a_table(time=DAYS), **given) == [0, 3, 4]


@pytest.mark.parametrize(
    ("time", "minutes", "fails"),
    [
        (NOON, 15, False),
        (NOON + timedelta(minutes=45), 15, False),
        (NOON + timedelta(minutes=50), 15, True),
        (NOON + timedelta(minutes=50), 10, False),
        (NOON + timedelta(seconds=1), 15, True),
        (NOON + timedelta(microseconds=1), 15, True),
        (NOON + timedelta(minutes=1), 1, False),
        (NOON + timedelta(hours=1), 1440, True),
        (datetime(1969, 12, 31, 23, 45, tzinfo=UTC), 15, False),
        (datetime(1969, 12, 31, 23, 44, tzinfo=UTC), 15, True),
        (None, 15, False),
    ],
)
def test_times_on_grid_fails_what_lies_between_its_points(
    time: datetime | None, minutes: int, fails: bool
) -> None:
    table = a_table(time=pa.array([MIDNIGHT, time], pa.timestamp("us", tz="UTC")))

    assert failing(ON_GRID, {"column": "time", "minutes": minutes}, table) == [1] * fails


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("RA1", False),
        ("RA12", True),
        ("XRA1", True),
        ("RA1\n", True),
        ("ra1", True),
        ("", True),
        (None, False),
    ],
)
def test_texts_match_as_a_whole(text: str | None, fails: bool) -> None:
    for column in (
        pa.array(["RX9", text, "RX9", text]),
        pa.array(["RX9", text, "RX9", text]).dictionary_encode(),
    ):
        found = failing(MATCH, ORGANISATION_CODE, a_table(code=column))
        assert found == [1, 3] * fails


KEY = ["org_code", "time", "number"]


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([("RA1", NOON, 1), ("RA2", NOON, 1)], []),
        ([("RA1", NOON, 1), ("RA2", NOON, 1), ("RA1", NOON, 1), ("RA1", NOON, 1)], [0, 2, 3]),
        ([("RA1", NOON, 1), ("RA1", NOON, 2)], []),
        ([("RA1", NOON, 1), ("RA1", NOON + timedelta(microseconds=1), 1)], []),
        ([(None, NOON, 1), (None, NOON, 1)], []),
        ([("RA1", None, 1), ("RA1", None, 1)], []),
        ([("RA1", NOON, None), ("RA1", NOON, None), ("RA1", NOON, 1), ("RA1", NOON, 1)], [2, 3]),
    ],
)
def test_unique_by_fails_every_row_of_a_repeated_key(
    rows: list[tuple[Any, ...]], places: list[int]
) -> None:
    org_codes, times, numbers = zip(*rows, strict=True)
    table = a_table(
        org_code=pa.array(org_codes, pa.string()),
        time=pa.array(times, pa.timestamp("us", tz="UTC")),
        number=pa.array(numbers, pa.int32()),
        value=pa.array(range(len(rows))),
    )

    assert failing(UNIQUE, {"column_list": KEY}, table) == places


def test_unique_by_takes_a_single_column() -> None:
    table = a_table(org_code=["RA1", "RA2", "RA1", None, None])

    assert failing(UNIQUE, {"column_list": ["org_code"]}, table) == [0, 2]


ONE_OF_EACH: list[tuple[str, dict[str, Any]]] = [
    (BETWEEN, {"column": "a", "min_value": date(2026, 1, 5)}),
    (ON_GRID, {"column": "a", "minutes": 15}),
    (MATCH, {"column": "a", "pattern": "R.."}),
    (UNIQUE, {"column_list": ["a", "b"]}),
]


@pytest.mark.parametrize(("expectation", "kwargs"), ONE_OF_EACH)
@pytest.mark.parametrize("kind", [pa.null(), pa.string(), pa.date32(), pa.float64()])
def test_columns_of_nulls_pass_and_so_does_an_empty_table(
    expectation: str, kwargs: dict[str, Any], kind: pa.DataType
) -> None:
    table = a_table(a=pa.nulls(2, kind), b=pa.nulls(2, kind))

    assert failing(expectation, kwargs, table) == []
    assert failing(expectation, kwargs, table.slice(0, 0)) == []


@pytest.mark.parametrize(("expectation", "kwargs"), ONE_OF_EACH)
def test_all_columns_named_are_told_at_fault(expectation: str, kwargs: dict[str, Any]) -> None:
    columns = kwargs.get("column_list", ["a"])

    assert offending_columns(expectation, kwargs, {"a": 1, "b": 2}) == columns


@pytest.mark.parametrize(
    ("expectation", "kwargs", "said"),
    [
        (BETWEEN, {"column": "a"}, "cannot both be missing"),
        (BETWEEN, {"column": "a", "max_value": 2026}, "neither a day nor a time"),
        (BETWEEN, {"column": "a", "max_value": "2026-01-05"}, "neither a day nor a time"),
        (BETWEEN, {"column": "a", "max_value": {"$PARAMETER": "today"}}, "no parameter today"),
        (BETWEEN, {"column": "a", "max_value": NOON, "strict_max": True}, "strict_max"),
        (ON_GRID, {"column": "a", "minutes": 0}, "minutes"),
        (ON_GRID, {"column": "a"}, "minutes"),
        (MATCH, {"column": "a", "pattern": "R("}, "not a regular expression"),
        (MATCH, {"column": "a", "regex": "R"}, "regex"),
        (UNIQUE, {"column_list": []}, "column_list"),
        (UNIQUE, {"column_list": ["a"], "mostly": 0.5}, "mostly"),
    ],
)
def test_kwargs_that_do_not_fit_are_our_fault(
    expectation: str, kwargs: dict[str, Any], said: str
) -> None:
    with pytest.raises(ContractFault, match=f"(?s)TST-001 does not fit {expectation}.*{said}"):
        run(expectation, kwargs, a_table(a=["RA1"]))


@pytest.mark.parametrize(
    ("expectation", "kwargs", "column"),
    [
        (*ONE_OF_EACH[0], ["2026-01-05"]),
        (*ONE_OF_EACH[0], [20260105]),
        (*ONE_OF_EACH[1], ["2026-01-05"]),
        (*ONE_OF_EACH[2], [7]),
    ],
)
def test_a_column_of_another_type_is_our_fault(
    expectation: str, kwargs: dict[str, Any], column: list[Any]
) -> None:
    with pytest.raises(ContractFault, match="TST-001 could not be evaluated"):
        run(expectation, kwargs, a_table(a=column))
