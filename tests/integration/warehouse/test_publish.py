"""What a publication holds, and what is left of those that failed."""

import json
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.registry.registry import load_registry
from tests.support.each_time import others_are_long
from tests.support.small_slots import FIRST_FILE, SITES, SLOTS, write_slots
from tests.support.small_workbook import (
    DAYS,
    ENGLAND,
    FILE_NAME,
    GA_BEDS,
    TRUSTS,
    figure,
    write_workbook,
)
from tests.support.warehouse import lay_empty_warehouse
from warehouse.publish import publish as publishing
from warehouse.publish import turned_links
from warehouse.publish.publications import current_path, read_description
from warehouse.publish.publish import FaultyPublication, publish, publish_if_changed

pytestmark = pytest.mark.usefixtures("engine")

NOON = "2019-03-08T12:00:00Z"


@pytest.fixture(scope="module")
def prepared(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one workbook, to copy."""
    folder = tmp_path_factory.mktemp("publish")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", NOON)
        settings.cache_clear()
        lay_empty_warehouse(folder / "home")
        steps.land_files([write_workbook(folder / FILE_NAME)])
        steps.drain()
    settings.cache_clear()
    return folder / "home"


@pytest.fixture
def loaded(prepared: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one workbook, not yet published."""
    monkeypatch.setenv("SITREP_NOW", NOON)
    return Path(shutil.copytree(prepared, home, dirs_exist_ok=True))


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    path = current_path(home)
    assert path is not None
    with duckdb.connect(str(path), read_only=True) as reader:
        return reader.execute(sql).fetchall()


def entries(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "publications").iterdir())


def test_every_figure_stands_in_the_tables_of_its_collection(loaded: Path) -> None:
    publish(loaded, load_registry())
    rows = ask(
        loaded,
        "SELECT org_code, report_date, ga_beds_open, ga_beds_occupied, patients_over_21_days, "
        "opel_level FROM acute_sitrep",
    )
    assert sorted(rows) == sorted(
        (
            code,
            day,
            figure("Total Beds Open", code, day),
            figure("Total beds occ'd", code, day),
            figure("> 21 days", code, day),
            None,
        )
        for code in TRUSTS
        for day in DAYS
    )


@pytest.mark.long_on_lake
def test_each_row_tells_its_organisation_region_submission_and_time(loaded: Path) -> None:
    publish(loaded, load_registry())
    for collection in ("acute_sitrep", "ambulance_handover"):
        rows = ask(
            loaded,
            "SELECT DISTINCT org_code, org_name, region_code, submission_id, "
            "date_trunc('second', recorded_at)::VARCHAR "
            f"FROM {collection} ORDER BY org_code",
        )
        assert [row[:3] for row in rows] == [
            ("R1H", "Barts Health NHS Trust", "Y56"),
            ("RF4", TRUSTS["RF4"], "Y56"),
            ("RQM", TRUSTS["RQM"], "Y56"),
        ]
        assert all(row[3].startswith(f"{collection}.winter_timeseries@") for row in rows)
        assert {row[4] for row in rows} == {"2019-03-08 12:00:00"}


@pytest.mark.long_on_lake
def test_england_is_computed_from_the_trusts(loaded: Path) -> None:
    publish(loaded, load_registry())
    told = ask(
        loaded,
        "SELECT report_date, value, organisations, published_value, sites_reporting "
        "FROM national_daily WHERE measure = 'ga_beds_open' ORDER BY report_date",
    )
    england = [figure("Total Beds Open", ENGLAND, day) for day in DAYS]
    assert told == [(day, sum_, 3, sum_, None) for day, sum_ in zip(DAYS, england, strict=True)]
    missing = ask(loaded, "SELECT * FROM national_daily WHERE measure = 'opel_level'")
    assert missing == [], "a measure that nobody reports is not zero"


@pytest.mark.long_on_lake
def test_the_freshness_of_each_feed_and_the_age_of_the_publication(loaded: Path) -> None:
    publish(loaded, load_registry())
    rows = ask(
        loaded,
        "SELECT feed_id, stage, last_status, data_as_of, submissions, rejected, duplicates, "
        "rows_accepted, rows_quarantined FROM feed_status WHERE submissions > 0 ORDER BY feed_id",
    )
    # The last day's first moment; in winter London's is UTC's.
    assert rows == [
        (feed, "live", "accepted", datetime(2018, 12, 5), 1, 0, 0, 9, 0)
        for feed in ("acute_sitrep.winter_timeseries", "ambulance_handover.winter_timeseries")
    ]
    configured = load_registry().feeds
    assert ask(loaded, "SELECT feed_id, stage FROM feed_status ORDER BY ALL") == sorted(
        (feed.feed_id, feed.stage) for feed in configured.values()
    )
    assert ask(loaded, "SELECT made_at::VARCHAR, settled_through::VARCHAR FROM publication") == [
        ("2019-03-08 12:00:00", "2019-03-08 12:00:00.001")
    ]
    told = read_description(loaded)
    assert told is not None
    assert told["made_at"] == NOON


@pytest.mark.long_on_lake
def test_a_day_of_summer_is_told_by_its_first_moment_and_named_as_the_day_it_is(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """London's 3 June begins at 23:00 UTC on the 2nd."""
    monkeypatch.setenv("SITREP_NOW", "2019-06-05T12:00:00Z")
    days = [date(2019, 6, 2), date(2019, 6, 3)]
    steps.land_files([write_workbook(tmp_path / FILE_NAME, days=days)])
    steps.drain()
    publish(home, load_registry())
    assert ask(
        home,
        "SELECT DISTINCT data_as_of FROM feed_status WHERE submissions > 0",
    ) == [(datetime(2019, 6, 2, 23),)]
    told = read_description(home)
    assert told is not None
    assert told["data_as_of"]["acute_sitrep"] == "2019-06-03"


@pytest.mark.long_on_lake
def test_values_of_quarter_hours_are_told_with_england_by_slot_and_by_day(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", NOON)
    steps.land_files([write_slots(tmp_path / FIRST_FILE)])
    steps.drain()
    assert publish(home, load_registry()).rows["acute_realtime"] == len(SITES) * len(SLOTS)
    told = read_description(home)
    assert told is not None
    assert told["data_as_of"]["acute_realtime"] == "2019-03-08T11:30:00Z"
    sites, slots = len(SITES), len(SLOTS)
    assert ask(
        home,
        "SELECT slot_start::VARCHAR, value, organisations, sites_reporting FROM national_slot "
        "WHERE measure = 'arrivals' ORDER BY slot_start",
    ) == [(f"2019-03-08 11:{minute}:00", 8.0 * sites, 1, sites) for minute in (15, 30)]
    assert ask(
        home,
        "SELECT DISTINCT organisations, sites_reporting FROM national_daily "
        "WHERE collection = 'acute_realtime'",
    ) == [(1, sites)]
    assert ask(
        home,
        "SELECT report_date, measure, value FROM national_daily "
        "WHERE collection = 'acute_realtime' ORDER BY measure",
    ) == [
        (date(2019, 3, 8), "ambulance_arrivals", 2.0 * sites * slots),
        (date(2019, 3, 8), "arrivals", 8.0 * sites * slots),
        (date(2019, 3, 8), "departures", 7.0 * sites * slots),
        (date(2019, 3, 8), "departures_within_4_hours", 5.0 * sites * slots),
    ]


@pytest.mark.long_on_lake
def test_values_of_a_feed_that_is_not_live_stand_apart(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", NOON)
    feeds = tmp_path / "feeds"
    shutil.copytree(PROJECT / "pipelines" / "feeds", feeds)
    feed = feeds / "acute_realtime" / "r0a.yaml"
    text = feed.read_text("utf-8").replace("stage: live", "stage: testing")
    feed.write_text("\n".join(one for one in text.splitlines() if "slots_from" not in one), "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    steps.land_files([write_slots(tmp_path / FIRST_FILE)])
    steps.drain()
    rows = publish(home, load_registry()).rows
    assert (rows["acute_realtime"], rows["testing.acute_realtime"]) == (0, 4)
    assert rows["national_slot"] == 0
    assert ask(home, "SELECT DISTINCT org_code FROM testing.acute_realtime") == [("R0A",)]


@pytest.mark.long_on_lake
def test_no_path_or_hash_of_a_source_is_published(loaded: Path) -> None:
    publish(loaded, load_registry())
    columns = {name for (name,) in ask(loaded, "SELECT column_name FROM duckdb_columns()")}
    assert {"submission_id", "status", "file_name"} <= columns
    assert not {"source", "sha256", "delivery_id"} & columns


@pytest.mark.long_on_lake
def test_before_anything_is_loaded_a_publication_has_empty_tables(home: Path) -> None:
    made = publish(home, load_registry())
    assert made.rows["acute_sitrep"] == made.rows["submission"] == made.rows["national_daily"] == 0
    registry = load_registry()
    assert made.rows["feed_status"] == len(registry.feeds)
    assert ask(home, "SELECT DISTINCT data_as_of, last_status FROM feed_status") == [(None, None)]
    told = read_description(home)
    assert told is not None
    assert told["data_as_of"] == dict.fromkeys(registry.collections)


@pytest.mark.long_on_lake
def test_before_the_first_publication_there_is_none(home: Path) -> None:
    assert current_path(home) is None
    assert read_description(home) is None


@pytest.mark.long_on_lake
def test_a_broken_feed_file_takes_no_rows_out_of_the_publication(
    loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = tmp_path / "feeds"
    shutil.copytree(PROJECT / "pipelines" / "feeds", feeds)
    (feeds / "acute_sitrep" / "winter_timeseries.yaml").write_text("stage: [\n", "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    with pytest.raises(FaultyPublication, match=r"winter_timeseries: .*not valid YAML"):
        publish(loaded, load_registry())
    assert ask(loaded, "SELECT count(*) FROM acute_sitrep") == [(9,)]


@pytest.mark.long
def test_a_broken_contract_takes_no_table_out_of_the_publication(
    loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control room's pages would fail; the last publication must stay, or the table."""
    publish(loaded, load_registry())
    contracts = tmp_path / "expectations"
    shutil.copytree(PROJECT / "expectations", contracts)
    (contracts / "acute_sitrep.yaml").write_text("key: [\n", "utf-8")
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(contracts))
    settings.cache_clear()
    with pytest.raises(FaultyPublication, match=r"acute_sitrep: .*not valid YAML"):
        publish(loaded, load_registry())
    assert ask(loaded, "SELECT count(*) FROM acute_sitrep") == [(9,)]
    uncommented = "SELECT column_name FROM duckdb_columns() WHERE table_name = 'acute_sitrep' "
    assert ask(loaded, f"{uncommented} AND comment IS NULL") == [], "the last that is known"


@pytest.mark.long_on_lake
@pytest.mark.parametrize(
    "step",
    others_are_long(["build_snapshot", "_verify", "_finish", "_describe"], "_finish"),
)
def test_a_publication_that_fails_leaves_the_one_before_and_no_rest(
    loaded: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    publish(loaded, load_registry())
    before = current_path(loaded), read_description(loaded)
    really = getattr(publishing, step)

    def fail(*arguments: Any) -> None:
        really(*arguments)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, step, fail)
        with pytest.raises(OSError, match="No space left"):
            publish(loaded, load_registry())
    assert (current_path(loaded), read_description(loaded)) == before
    made = publish(loaded, load_registry())
    assert [name for name in entries(loaded) if name.endswith((".tmp", ".parquet"))] == []
    assert {f"{made.name}.duckdb", made.name} <= set(entries(loaded))


@pytest.mark.long
def test_a_home_whose_path_has_a_quote_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "O'Brien's home"
    monkeypatch.setenv("SITREP_HOME", str(home))
    settings.cache_clear()
    steps.land_files([write_workbook(tmp_path / FILE_NAME)])
    assert steps.drain() == 2
    assert publish(home, load_registry()).rows["acute_sitrep"] == 9
    settings.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def set_time(time: str) -> None:
        monkeypatch.setenv("SITREP_NOW", f"2019-03-08T{time}Z")

    yield set_time


@pytest.mark.long_on_lake
def test_nothing_is_published_anew_where_nothing_has_changed(
    loaded: Path, tmp_path: Path, clock: Any
) -> None:
    registry = load_registry()
    first = publish_if_changed(loaded, registry)
    clock("12:05:00")
    assert publish_if_changed(loaded, registry) == first
    steps.land_files([write_workbook(tmp_path / FILE_NAME)])
    steps.drain()
    second = publish_if_changed(loaded, registry)
    assert second != first, "a duplicate is something that was settled"
    clock("12:10:00")
    changed = {(GA_BEDS, "RF4", "Total beds occ'd", DAYS[0]): 400}
    steps.land_files([write_workbook(tmp_path / FILE_NAME, changed)])
    steps.drain()
    third = publish_if_changed(loaded, registry)
    assert third != second
    clock("12:20:00")
    assert publish_if_changed(loaded, registry) == third
    clock("12:25:01")
    assert publish_if_changed(loaded, registry) != third, "freshness changes with the clock"


@pytest.mark.long
def test_a_current_publication_whose_file_is_gone_is_made_anew(loaded: Path) -> None:
    name = publish_if_changed(loaded, load_registry())
    (loaded / "publications" / f"{name}.duckdb").unlink()
    assert publish_if_changed(loaded, load_registry()) != name
    assert ask(loaded, "SELECT count(*) FROM acute_sitrep") == [(9,)]


@pytest.mark.long_on_lake
def test_a_description_that_fell_behind_the_link_is_put_right(
    loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process leaves them that dies between the two."""
    publish(loaded, load_registry())

    def die(step: str) -> None:
        if step == "publish: linked":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(turned_links, "reached", die)
        with pytest.raises(KeyboardInterrupt):
            publish(loaded, load_registry())
    publish_if_changed(loaded, load_registry())
    told, path = read_description(loaded), current_path(loaded)
    assert told is not None and path is not None
    assert told["file"] == path.name


@pytest.mark.long_on_lake
def test_the_description_is_json_that_a_page_can_use(loaded: Path) -> None:
    publish(loaded, load_registry())
    told = json.loads((loaded / "publications" / "current.json").read_text("utf-8"))
    assert set(told) == {
        "publication",
        "file",
        "parquet",
        "made_at",
        "data_as_of",
        "rows",
        "faults",
        "remarks",
        "contract",
        "sha256",
        "build",
    }
