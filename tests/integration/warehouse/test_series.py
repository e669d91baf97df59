"""Figures over time, against figures that were worked out by hand."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from tests.support.figures_of_now import SERVICE, TRUST, SiteRow, write, write_trust
from warehouse.marts.series.series import series_views
from warehouse.publish.publications import current_path

NOW = "2026-11-25T12:00:00Z"
WAITING, BEDS = "ambulances_waiting", ("ga_beds_open", "ga_beds_occupied")
ROWS: dict[str, list[SiteRow]] = {
    # Manchester, in the North West, of two sites; R0A07 gives no beds that are open.
    "R0A": [
        ("R0A02", "2026-11-25T11:00", {"arrivals": 10, WAITING: 3, BEDS[0]: 900, BEDS[1]: 880}),
        ("R0A07", "2026-11-25T11:00", {"arrivals": 5, WAITING: 1, BEDS[1]: 400,
                                       "longest_handover_wait_minutes": 75.5}),
        ("R0A02", "2026-11-25T11:15", {"arrivals": 12, WAITING: 4, BEDS[0]: 900, BEDS[1]: 900}),
        ("R0A02", "2026-11-18T11:00", {"arrivals": 8}),
        # Half past midnight of 25 October in London; then one o'clock, twice.
        ("R0A02", "2026-10-24T23:30", {"arrivals": 4}),
        ("R0A02", "2026-10-25T00:00", {"arrivals": 1}),
        ("R0A02", "2026-10-25T01:00", {"arrivals": 2}),
    ],
    # Guy's and St Thomas', in London.
    "RJ1": [
        ("RJ101", "2026-11-25T11:00", {"arrivals": 7, WAITING: 2, BEDS[0]: 500, BEDS[1]: 500,
                                       "longest_handover_wait_minutes": 20}),
        ("RJ101", "2026-11-11T11:00", {"arrivals": 20}),
        # In the clocks' summer: 11:00 in London. No table of the collection holds it any more.
        ("RJ101", "2026-09-23T10:00", {"arrivals": 30}),
    ],
}  # fmt: skip
SERVICES = {
    "RRU": {"2026-11-24": 5000, "2025-11-25": 4000},
    "RYA": {"2025-11-25": 1000},
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of somebody else's, to whom the publication is known by another name."""
    folder = tmp_path_factory.mktemp("series")
    trusts = folder / "feeds" / "acute_realtime"
    services = folder / "feeds" / "ambulance_sitrep"
    trusts.mkdir(parents=True)
    services.mkdir()
    files = []
    for code, rows in ROWS.items():
        text = TRUST.format(
            code=code, name=code, stage="live", sites="", slots_from="slots_from: 2026-11-20"
        )
        (trusts / f"{code.lower()}.yaml").write_text(text, "utf-8")
        files.append(write_trust(folder, code, rows))
    for code, days in SERVICES.items():
        text = f"{SERVICE.format(code=code)}amendment_days: unlimited\n"
        (services / f"{code.lower()}.yaml").write_text(text, "utf-8")
        files.append(
            write(
                folder / f"{code}_s.csv",
                [
                    {"org_code": code, "report_date": day, "incidents": incidents}
                    for day, incidents in days.items()
                ],
            )
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
        patch.setenv("SITREP_NOW", NOW)
        settings.cache_clear()
        steps.land_files(files)
        steps.drain()
        # The second one copies its views from the first.
        steps.publish()
        steps.publish()
    settings.cache_clear()
    publication = current_path(folder / "home")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{publication}' AS theirs (READ_ONLY)")
        connection.execute("CREATE TABLE acute_realtime AS SELECT 'not theirs' AS org_code")
        yield connection


def ask(reader: duckdb.DuckDBPyConnection, view: str, columns: str, where: str) -> list[Any]:
    return reader.execute(
        f"SELECT {columns} FROM theirs.{view} WHERE {where} ORDER BY ALL"
    ).fetchall()


def test_a_slot_counts_those_who_gave_the_measure(reader: duckdb.DuckDBPyConnection) -> None:
    at = "slot_start = TIMESTAMP '2026-11-25 11:00'"
    told = "measure, value, unit, reporting, expected, sites_reporting"
    assert ask(reader, "england_slot", told, f"{at} AND measure NOT LIKE 'ga_%'") == [
        ("ambulances_waiting", 6, "ambulances at slot end", 2, 2, 3),
        ("arrivals", 22, "patients", 2, 2, 3),
        ("longest_handover_wait_minutes", 75.5, "minutes", 2, 2, 2),
    ]
    assert ask(
        reader, "region_slot", "region_name, value, reporting", f"{at} AND measure = 'arrivals'"
    ) == [
        ("London", 7, 1),
        ("North West", 15, 1),
    ]
    assert ask(
        reader, "trust_slot", "org_code, value, sites_reporting", f"{at} AND measure = 'arrivals'"
    ) == [
        ("R0A", 15, 2),
        ("RJ1", 7, 1),
    ]


def test_both_numbers_of_a_ratio_are_of_the_same_sites(reader: duckdb.DuckDBPyConnection) -> None:
    told = "numerator, denominator, round(value, 3), reporting, sites_reporting"
    where = "measure = 'ga_bed_occupancy' AND slot_start = TIMESTAMP '2026-11-25 11:00'"
    assert ask(reader, "england_slot", told, where) == [(1380, 1400, 98.571, 2, 2)]
    of_trusts = "org_code, numerator, denominator, sites_reporting"
    assert ask(reader, "trust_slot", of_trusts, where) == [
        ("R0A", 880, 900, 1),
        ("RJ1", 500, 500, 1),
    ]


def test_an_hour_adds_up_flows_and_takes_the_mean_of_all_else(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    told = "measure, round(value, 3), lowest, highest, slots, slots_expected, reporting, expected"
    where = (
        "hour_start = TIMESTAMP '2026-11-25 11:00' AND measure IN "
        "('arrivals', 'ambulances_waiting', 'longest_handover_wait_minutes')"
    )
    assert ask(reader, "england_hour", told, where) == [
        ("ambulances_waiting", 5, 4, 6, 2, 4, 1, 2),
        ("arrivals", 34, 12, 22, 2, 4, 1, 2),
        ("longest_handover_wait_minutes", 75.5, 75.5, 75.5, 1, 4, 2, 2),
    ]
    ratio = "measure = 'ga_bed_occupancy' AND hour_start = TIMESTAMP '2026-11-25 11:00'"
    told = "numerator, denominator, round(value, 4)"
    assert ask(reader, "england_hour", told, ratio) == [(2280, 2300, 99.1304)]


def test_a_day_is_londons_and_has_25_hours_when_the_clocks_go_back(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    told = "report_date::VARCHAR, value, slots, slots_expected"
    assert ask(reader, "england_day", told, "measure = 'arrivals'") == [
        ("2026-10-25", 7, 3, 100),
        ("2026-11-11", 20, 1, 96),
        ("2026-11-18", 8, 1, 96),
        ("2026-11-25", 34, 2, 96),
    ]
    twice = "measure = 'arrivals' AND slot_start_london = TIMESTAMP '2026-10-25 01:00'"
    assert ask(reader, "england_slot", "value", twice) == [(1,), (2,)]


def test_what_is_usual_is_of_the_same_weekday_and_time(reader: duckdb.DuckDBPyConnection) -> None:
    told = (
        "lowest_of_4_weeks, median_of_4_weeks, highest_of_4_weeks, weeks_of_4, "
        "lowest_of_10_weeks, median_of_10_weeks, highest_of_10_weeks, weeks_of_10"
    )
    where = "measure = 'arrivals' AND slot_start = TIMESTAMP '2026-11-25 11:00'"
    assert ask(reader, "england_usual", told, where) == [(8, 14, 20, 2, 8, 20, 30, 3)]
    assert ask(reader, "trust_usual", f"org_code, {told}", where) == [
        ("R0A", 8, 8, 8, 1, 8, 8, 8, 1),
        ("RJ1", 20, 20, 20, 1, 20, 20, 20, 1),
    ]
    never = "measure = 'arrivals' AND slot_start = TIMESTAMP '2026-11-25 11:15'"
    assert ask(reader, "england_usual", told, never) == [(None, None, None, 0, None, None, None, 0)]


def test_a_day_stands_beside_the_same_weekday_of_the_year_before(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    told = "value, reporting, report_date_before::VARCHAR, value_before, reporting_before"
    where = "measure = 'incidents' AND report_date = DATE '2026-11-24'"
    assert ask(reader, "england_year_before", told, where) == [(5000, 1, "2025-11-25", 5000, 2)]
    before = "measure = 'incidents' AND report_date = DATE '2025-11-25'"
    assert ask(reader, "england_year_before", told, before) == [(5000, 2, None, None, None)]
    of_services = "org_code, value, value_before"
    assert ask(reader, "trust_year_before", of_services, where) == [("RRU", 5000, 4000)]


def test_without_collections_of_a_kind_there_are_the_views_of_the_other() -> None:
    registry = load_registry()
    slots, days = registry.collections["nhs111"], registry.collections["acute_sitrep"]
    assert {name.partition("_")[2] for name in series_views([days])} == {"day", "year_before"}
    assert len(series_views([slots])) == 15
    assert series_views([]) == {}
