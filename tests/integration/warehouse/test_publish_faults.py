"""A fault in one collection, or in one table, costs that one only when it is published."""

import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import current_thread, main_thread
from types import ModuleType
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.base.clock import now
from pipelines.base.errors import DiskFault
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.registry.column import Column
from pipelines.registry.registry import Registry, load_registry
from tests.support.each_time import others_are_long
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from warehouse.marts import slot_grid
from warehouse.publish import parquet_copies, preparation, queries, snapshot
from warehouse.publish.as_of import open_as_of
from warehouse.publish.publications import current_path, read_description
from warehouse.publish.publish import FaultyPublication, Publication, publish, publish_if_changed
from warehouse.store.connection import open_warehouse

FAULTY = "acute_realtime"
LATER = ("2019-03-08T12:15:00Z", "2019-03-08T12:30:00Z")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with days and quarter-hours, not yet published, to copy."""
    folder = tmp_path_factory.mktemp("faults")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        settings.cache_clear()
        steps.land_files([write_workbook(folder / FILE_NAME)])
        steps.land_files([write_slots(folder / FIRST_FILE)])
        steps.drain()
    settings.cache_clear()
    return folder / "home"


@pytest.fixture
def loaded(prepared: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
    return Path(shutil.copytree(prepared, home, dirs_exist_ok=True))


@pytest.fixture
def published(loaded: Path, tmp_path: Path) -> Path:
    """A home with one publication, and two later slots that it does not hold yet."""
    publish(loaded, load_registry())
    steps.land_files([write_slots(tmp_path / SECOND_FILE, slots=LATER)])
    steps.drain()
    return loaded


def spoil_a_value(home: Path) -> Registry:
    """The history holds a text where a number should be, as after a repair by hand."""
    with open_warehouse(home) as connection:
        connection.execute(f"ALTER TABLE warehouse.history.{FAULTY} ALTER arrivals TYPE VARCHAR")
        connection.execute(f"UPDATE warehouse.history.{FAULTY} SET arrivals = 'many'")
    return load_registry()


def with_contract(**changes: Any) -> Registry:
    registry = load_registry()
    contract = registry.collections[FAULTY].model_copy(update=changes)
    return replace(registry, collections={**registry.collections, FAULTY: contract})


def name_a_column_like_a_keyword(home: Path) -> Registry:
    """A contract that no table can be made from, as if its name had not been refused."""
    strange = Column.model_construct(
        name="order", type="count", unit="orders", description="Orders."
    )
    return with_contract(columns=(*load_registry().collections[FAULTY].columns, strange))


def name_a_column_twice(home: Path) -> Registry:
    """A contract with a column that every collection's table has besides."""
    strange = Column.model_construct(name="org_name", type="text", unit="", description="A name.")
    return with_contract(columns=(*load_registry().collections[FAULTY].columns, strange))


def say_nothing_of_a_column(home: Path) -> Registry:
    """A contract that leaves a description empty."""
    *columns, last = load_registry().collections[FAULTY].columns
    return with_contract(columns=(*columns, last.model_copy(update={"description": ""})))


Spoil = Callable[[Path], Registry]
EACH_FAULT = pytest.mark.parametrize(
    "spoil",
    others_are_long(
        [
            spoil_a_value,
            name_a_column_like_a_keyword,
            name_a_column_twice,
            say_nothing_of_a_column,
        ],
        spoil_a_value,
    ),
)


@EACH_FAULT
def test_the_tables_of_the_one_are_carried_over_and_the_others_are_new(
    published: Path, spoil: Spoil
) -> None:
    before = ask(published, f"FROM {FAULTY} ORDER BY ALL")
    made = publish_with_faults(published, spoil(published))
    assert list(made.faults) == [FAULTY]
    assert ask(published, f"FROM {FAULTY} ORDER BY ALL") == before
    assert ask(published, "SELECT count(*) FROM acute_sitrep") == [(9,)]
    assert ask(published, "SELECT count(DISTINCT slot_start) FROM national_slot") == [(4,)]
    assert set(made.rows) == set(tables_of_file(published))
    comments = f"SELECT comment FROM duckdb_tables() WHERE table_name = '{FAULTY}'"
    assert all("hospital site" in told for (told,) in ask(published, comments))


@EACH_FAULT
def test_without_a_publication_before_the_tables_of_the_one_are_left_out(
    loaded: Path, spoil: Spoil
) -> None:
    made = publish_with_faults(loaded, spoil(loaded))
    assert list(made.faults) == [FAULTY]
    told = read_description(loaded)
    assert told is not None
    held = tables_of_file(loaded)
    assert set(told["rows"]) == set(held)
    assert FAULTY not in held
    assert {"acute_sitrep", "national_slot", "feed_status"} <= set(held)


@pytest.mark.parametrize(
    "table",
    others_are_long(["feed_status", "slot_status", "coverage", "organisation"], "feed_status"),
)
def test_a_faulty_table_that_is_no_collections_is_carried_over_too(
    published: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    before = ask(published, f"FROM {table} ORDER BY ALL")
    really = queries.queries_of

    def one_fails(*arguments: Any) -> dict[str, queries.Query]:
        return {**really(*arguments), table: lambda: "SELECT no_such_column"}

    monkeypatch.setattr(snapshot, "queries_of", one_fails)
    made = publish_with_faults(published, load_registry())
    assert list(made.faults) == [table]
    assert ask(published, f"FROM {table} ORDER BY ALL") == before
    assert ask(published, f"SELECT count(*) FROM {FAULTY}") == [(8,)]


@pytest.mark.long
def test_a_slot_grid_that_fails_costs_the_rows_of_its_collection(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = slot_grid.ensure_grid

    def fail_for_one(connection: Any, registry: Registry, *told: Any) -> None:
        if FAULTY in registry.collections:
            raise ZeroDivisionError("of a slot")
        really(connection, registry, *told)

    received = f"SELECT last_received_at FROM feed_status WHERE feed_id = '{FAULTY}.r0a'"
    before = ask(published, received)
    with monkeypatch.context() as patch:
        patch.setattr(preparation, "ensure_grid", fail_for_one)
        made = publish_with_faults(published, load_registry())
    assert made.faults == {f"slots of {FAULTY}": "ZeroDivisionError: of a slot"}
    assert ask(published, received) == before
    assert ask(published, f"SELECT count(*) FROM {FAULTY}") == [(8,)], "its values are new"
    assert publish(published, load_registry()).faults == {}
    assert ask(published, received) != before


@pytest.mark.long
def test_a_fault_is_told_until_it_is_mended(published: Path) -> None:
    """Each time the publisher is woken it tries again, although nothing was settled since."""
    spoil_a_value(published)
    for _ in range(2):
        with pytest.raises(FaultyPublication, match=f"(?s)not all of it is new.*{FAULTY}: "):
            publish_if_changed(published, load_registry())
        told = read_description(published)
        assert told is not None
        assert list(told["faults"]) == [FAULTY]
    with open_warehouse(published) as connection:
        connection.execute(f"UPDATE warehouse.history.{FAULTY} SET arrivals = '7'")
        connection.execute(f"ALTER TABLE warehouse.history.{FAULTY} ALTER arrivals TYPE INTEGER")
    publish_if_changed(published, load_registry())
    told = read_description(published)
    assert told is not None
    assert told["faults"] == {}
    assert ask(published, f"SELECT DISTINCT arrivals FROM {FAULTY}") == [(7,)]


@pytest.mark.long
def test_the_command_line_tells_the_fault_and_ends_with_3(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil_a_value(published)
    assert _run(["publish"]) == 3
    told = capsys.readouterr()
    assert "Published uec-" in told.out
    assert f"  {FAULTY}: 4 rows" in told.out
    assert f"  {FAULTY}: ContractFault: column arrivals of" in told.err
    assert _run(["status"]) == 0
    assert f"could not be made: {FAULTY}: ContractFault" in capsys.readouterr().out


def publish_with_faults(home: Path, registry: Registry) -> Publication:
    with pytest.raises(FaultyPublication) as caught:
        publish(home, registry)
    return caught.value.publication


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    path = current_path(home)
    assert path is not None
    with duckdb.connect(str(path), read_only=True) as reader:
        return reader.execute(sql).fetchall()


def tables_of_file(home: Path) -> list[str]:
    found = ask(home, "SELECT schema_name, table_name FROM duckdb_tables()")
    return [table if schema == "main" else f"{schema}.{table}" for schema, table in found]


@pytest.mark.parametrize(
    "spoil",
    others_are_long(
        [name_a_column_like_a_keyword, name_a_column_twice], name_a_column_like_a_keyword
    ),
)
def test_as_of_a_time_one_faulty_collection_is_left_out(
    published: Path, spoil: Spoil, caplog: pytest.LogCaptureFixture
) -> None:
    with open_as_of(published, spoil(published), now()) as reader:
        tables = reader.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        days = reader.execute(
            "SELECT DISTINCT collection FROM national_daily ORDER BY ALL"
        ).fetchall()
    held = {table for (table,) in tables}
    assert FAULTY not in held
    assert {"acute_sitrep", "nhs111", "national_slot"} <= held
    assert days == [("acute_sitrep",), ("ambulance_handover",)]
    assert f"{FAULTY} could not be made" in caplog.text


@pytest.mark.parametrize(
    ("module", "step"),
    [
        pytest.param(preparation, "gather_now", id="gather_now", marks=pytest.mark.long),
        pytest.param(parquet_copies, "_write_parquet", id="write_parquet"),
    ],
)
def test_a_full_disk_that_the_second_thread_meets_stops_the_publication(
    published: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str
) -> None:
    current = current_path(published)
    really = getattr(module, step)

    def fill_the_disk(*arguments: Any) -> None:
        if current_thread() is not main_thread():
            raise OSError(errno.ENOSPC, "No space left on device")
        really(*arguments)

    monkeypatch.setattr(module, step, fill_the_disk)
    with pytest.raises((OSError, DiskFault), match=r"No space|is full"):
        publish(published, load_registry())
    assert current_path(published) == current
    monkeypatch.undo()
    publish(published, load_registry())
    assert not list(published.glob("publications/*.tmp*"))


def test_tables_stand_in_their_order_whichever_thread_filled_them(loaded: Path) -> None:
    rows = publish(loaded, load_registry()).rows
    assert list(rows)[-5:] == ["change", "watch", "submission", "finding_day", "publication"]
    assert list(rows).index("organisation") < list(rows).index("slot_status")
