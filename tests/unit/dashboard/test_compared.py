"""England's figures beside the same organisations' past, against figures worked out by hand."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from dashboard.compared import ComparedFigure, read_comparisons
from dashboard.desk import templates
from dashboard.picture import Area
from pipelines.registry.registry import load_registry

NOW = "2026-11-04 11:30"
# London's 11:30 of the weeks before; the clocks went back on 25 October.
WEEKS = {1: "2026-10-28 11:30", 2: "2026-10-21 10:30", 3: "2026-10-14 10:30"}
ENGLAND: Area = ("england", None)
Values = dict[str, float | tuple[float, float | None, int | None]]
"""Trust → value, or value with the denominator and the number of sites."""


@pytest.fixture
def reader() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE trust_slot (collection TEXT, org_code TEXT, measure TEXT, value DOUBLE, "
            "denominator DOUBLE, sites_reporting BIGINT, slot_start TIMESTAMP, "
            "slot_start_london TIMESTAMP)"
        )
        now = "collection TEXT, measure TEXT, value DOUBLE, slot_start TIMESTAMP, reporting BIGINT"
        connection.execute(f"CREATE TABLE now_england ({now})")
        connection.execute(f"CREATE TABLE now_region (region_code TEXT, {now})")
        connection.execute(
            "CREATE TABLE now_trust AS SELECT 'acute_realtime' AS collection, * FROM "
            "(VALUES ('A', 'Y1'), ('B', 'Y1'), ('C', 'Y2'), ('D', 'Y2'), ('E', 'Y2')) "
            "AS v(org_code, region_code)"
        )
        yield connection


def give(reader: duckdb.DuckDBPyConnection, measure: str, slot: str, values: Values) -> None:
    for code, told in values.items():
        value, denominator, sites = told if isinstance(told, tuple) else (told, None, 1)
        reader.execute(
            "INSERT INTO trust_slot SELECT 'acute_realtime', ?, ?, ?, ?, ?, slot, "
            "timezone('Europe/London', timezone('UTC', slot)) FROM (SELECT ?::TIMESTAMP AS slot)",
            [code, measure, value, denominator, sites, slot],
        )


def tell(reader: duckdb.DuckDBPyConnection, measure: str, reporting: int) -> None:
    now = ["acute_realtime", measure, 1.0, NOW, reporting]
    reader.execute("INSERT INTO now_england VALUES (?, ?, ?, ?, ?)", now)


def found(reader: duckdb.DuckDBPyConnection) -> dict[tuple[Area, str], ComparedFigure]:
    told = read_comparisons(reader, list(load_registry().collections.values()))
    return {(area, measure): one for (area, _, measure), one in told}


def test_a_partial_sum_is_beside_the_sums_of_those_who_gave_it(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    give(reader, "arrivals", NOW, {"A": 10, "B": 20, "C": 30, "D": 40})
    give(reader, "arrivals", WEEKS[1], {"A": 12, "B": 18, "C": 33, "D": 41, "E": 500})
    give(reader, "arrivals", WEEKS[2], {"A": 9, "B": 19, "C": 29, "D": 39, "E": 400})
    # An hour later in London, and a week in which hardly anybody gave it.
    give(reader, "arrivals", "2026-10-21 11:30", {"A": 1000, "B": 1000, "C": 1000, "D": 1000})
    give(reader, "arrivals", WEEKS[3], {"A": 1})
    tell(reader, "arrivals", 4)
    reader.execute(
        "INSERT INTO now_region VALUES ('Y1', 'acute_realtime', 'arrivals', 30, ?, 2)", [NOW]
    )
    assert found(reader) == {
        (ENGLAND, "arrivals"): ComparedFigure(100, 96, 104, 4, 2),
        (("region", "Y1"), "arrivals"): ComparedFigure(30, 28, 30, 2, 2),
    }


def test_who_is_not_in_every_week_is_left_out_of_all(reader: duckdb.DuckDBPyConnection) -> None:
    give(reader, "arrivals", NOW, {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5})
    give(reader, "arrivals", WEEKS[1], {"A": 1, "B": 1, "C": 1, "D": 1})
    give(reader, "arrivals", WEEKS[2], {"B": 2, "C": 2, "D": 2, "E": 2})
    tell(reader, "arrivals", 5)
    assert found(reader) == {(ENGLAND, "arrivals"): ComparedFigure(9, 3, 6, 3, 2)}


def test_both_numbers_of_a_ratio_and_the_largest_are_of_the_same(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    ratio, largest = "ga_bed_occupancy", "longest_handover_wait_minutes"
    give(reader, ratio, NOW, {"A": (50, 100, 1), "B": (100, 300, 1)})
    give(reader, ratio, WEEKS[1], {"A": (60, 100, 1), "B": (80, 100, 1), "C": (1, 9000, 1)})
    give(reader, largest, NOW, {"A": 10, "B": 50})
    give(reader, largest, WEEKS[1], {"A": 99, "B": 20, "C": 500})
    tell(reader, ratio, 2)
    tell(reader, largest, 2)
    assert found(reader) == {
        (ENGLAND, ratio): ComparedFigure(87.5, 70, 70, 2, 1),
        (ENGLAND, largest): ComparedFigure(50, 99, 99, 2, 1),
    }


def test_a_trust_of_other_sites_is_not_the_same(reader: duckdb.DuckDBPyConnection) -> None:
    give(reader, "arrivals", NOW, {"A": (10, None, 2), "B": (20, None, 1)})
    give(reader, "arrivals", WEEKS[1], {"A": (5, None, 1), "B": (20, None, 1)})
    tell(reader, "arrivals", 2)
    assert found(reader) == {}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"compared": ComparedFigure(100, 96, 104, 4, 2)},
            "Within the usual 96 to 104 of this weekday and time, of the same 4 trusts",
        ),
        (
            {"compared": ComparedFigure(9, 30, 60, 3, 2)},
            "<strong>Below</strong> the usual 30 to 60 of this weekday and time, "
            "of the 3 trusts that gave it then and now: 9 now",
        ),
        (
            {"compared": ComparedFigure(110, 96, 104, 4, 2), "expected": 4},
            "<strong>Above</strong> the usual 96 to 104 of this weekday and time</p>",
        ),
        ({"has_usual": True}, "Not compared with earlier weeks"),
    ],
)
def test_a_card_says_whose_past_is_the_usual(row: dict[str, Any], told: str) -> None:
    known = {
        "label": "Arrivals", "address": "/", "value": 100, "unit": "patients", "spark": "",
        "standard": None, "compared": None, "has_usual": False, "reporting": 4, "expected": 5,
        "organisations": "trusts", "missing": None, "slot_end": None,
    }  # fmt: skip
    card = templates().get_template("figures.html.j2").module.card({**known, **row})  # type: ignore[attr-defined]
    text = " ".join(str(card).split()).replace(" </p>", "</p>")
    assert told in text
    if row.get("has_usual"):
        assert "usual " not in text.replace('class="usual">', "")
