"""Every engine holds and publishes the same, to the cell; older homes are brought up to date."""

import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.settings import settings
from tests.support.ledger_questions import ask_ledger, use_home
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, SITES, SLOTS, Value, write_slots
from tests.support.small_workbook import DAYS, FILE_NAME, GA_BEDS, write_workbook
from tests.support.warehouse import look_into, tamper_with
from warehouse.publish.publications import current_path
from warehouse.store.connection import open_warehouse

ENGINES = ("", "ducklake:catalogue.ducklake", "ducklake:sqlite:catalogue.sqlite")
MADE_BY_CHANCE = {"batch_id", "name", "sha256", "delivery_id", "publication"}
OF_THE_ENGINE = {"ops.migration", "ops.reference", "ops.origin"}

Tables = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_WAREHOUSE", "")


def fill(home: Path, folder: Path, patch: pytest.MonkeyPatch, engine: str) -> None:
    """A workbook and slots, a second of each with a changed value, a bad row and a bad value."""
    use_home(patch, home, SITREP_WAREHOUSE=engine)
    occupied = (GA_BEDS, "RF4", "Total beds occ'd", DAYS[0])
    first = [write_workbook(folder / "1" / FILE_NAME), write_slots(folder / FIRST_FILE)]
    changed: dict[tuple[str, str], dict[str, Value]] = {
        (SITES[0], SLOTS[0]): {"arrivals": 9, "opel_level": "2 - sustained"},
        (SITES[1], SLOTS[1]): {"arrivals": -1},
    }
    second = [
        write_workbook(folder / "2" / FILE_NAME, {occupied: 499}),
        write_slots(folder / SECOND_FILE, changed),
    ]
    for hour, files in ((12, first), (13, second), (14, first)):
        patch.setenv("SITREP_NOW", f"2019-03-08T{hour}:00:00Z")
        steps.land_files(files)
        steps.drain()
    steps.publish()


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> Tables:
    """Each table with its columns and types, and its rows in one order."""
    found = connection.execute(
        "SELECT schema_name || '.' || table_name, list(column_name ORDER BY column_index), "
        "list(data_type ORDER BY column_index) FROM duckdb_columns() "
        f"WHERE database_name = '{database}' AND NOT internal GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    tables: Tables = {}
    for name, columns, types in found:
        if name in OF_THE_ENGINE:
            continue
        kept = ", ".join(column for column in columns if column not in MADE_BY_CHANCE)
        rows = connection.execute(f"SELECT {kept} FROM {name}").fetchall()
        cells = sorted((tuple(map(_without_chance, row)) for row in rows), key=repr)
        tables[name] = [tuple(zip(columns, types, strict=True)), *cells]
    return tables


def _without_chance(value: Any) -> Any:
    """A duplicate's id ends with the number of its delivery, of which a part is random."""
    return re.sub(r"(T\d+)-[0-9a-f]+$", r"\1", value) if isinstance(value, str) else value


def everything(home: Path) -> Tables:
    with look_into(home) as connection:
        held = tables_of(connection, "warehouse")
    current = current_path(home)
    assert current is not None
    with duckdb.connect(str(current), read_only=True) as reader:
        published = tables_of(reader, current.stem)
    assert held["ops.quarantine"][1:] and held["ops.quarantined_value"][1:]
    assert len(held["history.acute_sitrep"]) > 10
    return held | {f"published {name}": rows for name, rows in published.items()}


@pytest.mark.parametrize(
    "engines", [ENGINES[:2], pytest.param((ENGINES[0], ENGINES[2]), marks=pytest.mark.long)]
)
def test_engines_hold_and_publish_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engines: tuple[str, str]
) -> None:
    found = []
    for number, engine in enumerate(engines):
        home = tmp_path / str(number)
        fill(home, tmp_path / "files", monkeypatch, engine)
        found.append(everything(home))
        assert (home / "warehouse.duckdb").exists() == (engine == "")
    assert found[0].keys() == found[1].keys()
    for name, rows in found[0].items():
        assert found[1][name] == rows, name


def test_a_lake_s_home_can_be_moved(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_WAREHOUSE", ENGINES[1])
    settings.cache_clear()
    with open_warehouse(home) as connection:
        # So many that they stand in a file and not in the catalogue.
        connection.execute(
            "INSERT INTO ops.measure (collection, measure, bit) "
            "SELECT 'small', range, range FROM range(5000)"
        )
    moved = home.with_name("moved")
    shutil.move(home, moved)
    assert list((moved / "lake").rglob("*.parquet"))
    assert ask_ledger(moved, "SELECT count(*) AS n FROM ops.measure") == [{"n": 5000}]


@pytest.mark.long
def test_each_value_has_the_feed_of_its_submission_in_older_homes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    fill(home, tmp_path / "files", monkeypatch, "")
    tables = ("acute_sitrep", "ambulance_handover", "acute_realtime", "published_total")
    lost = " UNION ALL ".join(
        f"SELECT h.feed_id FROM history.{table} AS h JOIN ops.submission AS s "
        "USING (submission_id) WHERE h.feed_id IS DISTINCT FROM s.feed_id"
        for table in tables
    )
    assert ask_ledger(home, lost) == []
    before = everything(home)
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM ops.migration WHERE name BETWEEN '0006' AND '0007'")
        for table in tables:
            connection.execute(f"ALTER TABLE history.{table} DROP COLUMN feed_id")
    with open_warehouse(home):
        pass
    assert ask_ledger(home, lost) == []
    assert everything(home).keys() == before.keys()
    feeds = ask_ledger(home, "SELECT DISTINCT feed_id FROM history.acute_realtime")
    assert feeds == [{"feed_id": "acute_realtime.r0a"}]


@pytest.mark.long
@pytest.mark.parametrize("engine", ENGINES[:2])
def test_an_older_home_counts_organisations_where_it_had_counted_sites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    home = tmp_path / "home"
    fill(home, tmp_path / "files", monkeypatch, engine)
    before = everything(home)
    for mart in ("mart.national_slot", "mart.national_daily"):
        counted = f"SELECT DISTINCT organisations, sites_reporting FROM {mart} WHERE collection = "
        assert ask_ledger(home, f"{counted}'acute_realtime'") == [
            {"organisations": 1, "sites_reporting": 2}
        ]
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM ops.migration WHERE name = '0012_organisations_counted'")
        for mart in ("national_slot", "national_daily"):
            connection.execute(
                f"UPDATE mart.{mart} SET organisations = sites_reporting "
                "WHERE sites_reporting IS NOT NULL"
            )
            connection.execute(f"ALTER TABLE mart.{mart} DROP COLUMN sites_reporting")
    with open_warehouse(home):
        pass
    assert everything(home) == before


def test_an_older_home_keeps_its_quarantine_and_the_order_of_its_publications(home: Path) -> None:
    with open_warehouse(home):
        pass
    with tamper_with(home) as connection:
        connection.execute("DELETE FROM ops.migration WHERE name = '0005_two_engines'")
        connection.execute("ALTER TABLE ops.quarantine RENAME COLUMN row_index TO row_id")
        connection.execute("ALTER TABLE ops.publication DROP COLUMN number")
        connection.execute(
            "INSERT INTO ops.quarantine VALUES ('a@1', 1, 7, 'RF4', '2019', ['ROW-1'], '{}', NULL)"
        )
        # The clock was set back between the two.
        for name, made_at in (("first", "2019-03-09"), ("second", "2019-03-08")):
            connection.execute(
                f"INSERT INTO ops.publication VALUES ('{name}', '{made_at}', NULL, '')"
            )
    with open_warehouse(home) as connection:
        kept = connection.execute("SELECT row_index, codes FROM ops.quarantine").fetchall()
        names = connection.execute("SELECT name FROM ops.publication ORDER BY number").fetchall()
    assert kept == [(7, ["ROW-1"])]
    assert names == [("first",), ("second",)]
