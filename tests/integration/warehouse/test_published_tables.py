"""Every table and column of a publication is described, and every description has its column."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import steps
from pipelines.base.clock import now
from pipelines.base.settings import settings
from pipelines.registry.cadence import SlotKind
from pipelines.registry.registry import load_registry
from tests.support.published import tables_of
from tests.support.small_slots import FIRST_FILE, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from warehouse.marts import feed_health
from warehouse.publish import queries
from warehouse.publish.preparation import prepare, prepare_now
from warehouse.publish.publications import current_path
from warehouse.publish.publish import publish
from warehouse.publish.published_tables import PublishedTable
from warehouse.publish.published_views import published_views
from warehouse.publish.queries import queries_of
from warehouse.store.connection import open_warehouse

HOUR = timedelta(hours=1)

Columns = dict[str, dict[str, str]]
"""Table → column → type, in the order of the columns."""


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a publication with days and quarter-hours in it."""
    folder = tmp_path_factory.mktemp("described")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        settings.cache_clear()
        steps.land_files([write_workbook(folder / FILE_NAME)])
        steps.land_files([write_slots(folder / FIRST_FILE)])
        steps.drain()
        publish(folder / "home", load_registry())
    settings.cache_clear()
    return current_of(folder / "home")


def described() -> Columns:
    """What the contracts say."""
    return {
        name: {column: told.type for column, told in table.columns.items()}
        for name, table in tables_of(load_registry()).items()
    }


def all_described() -> dict[str, PublishedTable]:
    """What is said of tables and of views."""
    return {**tables_of(load_registry()), **published_views()}


def test_a_publication_holds_the_tables_and_columns_that_are_described(publication: Path) -> None:
    held: Columns = {}
    with duckdb.connect(str(publication), read_only=True) as reader:
        for schema, table, column, kind in reader.execute(
            "SELECT table_schema, table_name, column_name, data_type "
            "FROM information_schema.columns ORDER BY ALL"
        ).fetchall():
            name = table if schema == "main" else f"{schema}.{table}"
            held.setdefault(name, {})[column] = kind
    assert held == {
        name: {column: told.type for column, told in table.columns.items()}
        for name, table in all_described().items()
    }


def test_the_queries_give_the_columns_that_are_described_in_their_order(home: Path) -> None:
    registry, moment = load_registry(), now()
    given: Columns = {}
    with open_warehouse(home) as connection:
        shapes = prepare(connection, registry, moment, {})
        prepare_now(connection, registry, moment, {})
        for name, query in queries_of(registry, shapes, moment).items():
            rows = connection.execute(f"DESCRIBE {query()}").fetchall()
            given[name] = {column: kind for column, kind, *_ in rows}
    wanted = described()
    assert given == wanted
    assert {name: list(one) for name, one in given.items()} == {
        name: list(one) for name, one in wanted.items()
    }


def test_no_two_rows_of_a_table_share_its_key(publication: Path) -> None:
    with duckdb.connect(str(publication), read_only=True) as reader:
        for name, table in all_described().items():
            rows, keys = reader.execute(
                f"SELECT count(*), count(DISTINCT ({', '.join(table.key)})) FROM {name}"
            ).fetchall()[0]
            assert rows == keys, name


@pytest.mark.parametrize(
    ("table", "window"),
    [
        ("national_slot", f"{queries.NATIONAL_SLOT_DAYS} days"),
        ("submission", f"{queries.SUBMISSION_DAYS} days"),
        ("slot_status", f"{feed_health._DAYS_SHOWN.days} days for daily feeds"),
        ("slot_status", f"{feed_health._QUARTER_HOURS_SHOWN.days} days for all others"),
        ("slot_status", f"{feed_health._MONTHS_SHOWN.days} days for monthly ones"),
        ("feed_status", f"{feed_health._JUDGED[SlotKind.DAY].days} days for daily feeds"),
        ("feed_status", f"{feed_health._JUDGED[SlotKind.MONTH].days} days for monthly ones"),
        ("feed_status", f"{feed_health._JUDGED[SlotKind.MINUTES] // HOUR} hours for all others"),
    ],
)
def test_the_windows_that_are_told_are_those_of_the_queries(table: str, window: str) -> None:
    assert window in tables_of(load_registry())[table].window


def test_a_reader_finds_the_meaning_of_every_table_and_column(publication: Path) -> None:
    wanted = all_described()
    assert comments(publication) == (
        {path(name): table.text for name, table in wanted.items()},
        {
            f"{path(name)}.{column}": told.text
            for name, table in wanted.items()
            for column, told in table.columns.items()
        },
    )


@pytest.mark.long
def test_the_next_publication_has_the_same_comments_though_it_takes_another_way(
    home: Path,
) -> None:
    """It copies its tables from the one before; a change of the contracts has them made anew."""
    registry = load_registry()
    publish(home, registry)
    first = comments(current_of(home))
    publish(home, registry)
    assert comments(current_of(home)) == first
    contract = registry.collections["nhs111"].model_copy(update={"title": "Another title"})
    changed = replace(registry, collections={**registry.collections, "nhs111": contract})
    publish(home, changed)
    tables, _ = comments(current_of(home))
    assert tables["main.nhs111"].startswith("Another title. ")


@pytest.mark.long
def test_a_publication_before_that_cannot_be_opened_does_not_stop_the_next(home: Path) -> None:
    publish(home, load_registry())
    first = current_of(home)
    first.write_bytes(b"broken")
    publish(home, load_registry())
    assert current_of(home) != first
    assert comments(current_of(home))[0]["main.nhs111"]


def current_of(home: Path) -> Path:
    found = current_path(home)
    assert found is not None
    return found


def path(table: str) -> str:
    return table if "." in table else f"main.{table}"


def comments(publication: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What the file says of its tables and of their columns."""
    with duckdb.connect(str(publication), read_only=True) as reader:
        tables = reader.execute(
            "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() UNION ALL "
            "SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        columns = reader.execute(
            "SELECT schema_name || '.' || table_name || '.' || column_name, comment "
            "FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    return dict(tables), dict(columns)
