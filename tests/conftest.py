"""Fixtures that every test may use: a home of its own, the clock, and the real files."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.base.settings import published_data_folder, settings
from pipelines.local_servers.postgres_server import LocalPostgres
from tests.support.shared_servers import STATES, fresh_state, postgres_of_tests, state_at
from tests.support.warehouse import ENGINES, lay_empty_warehouse, use_engine

REAL_DATA = published_data_folder()
# The tests' own processes share the cores; threads of each would wait for those of the others.
os.environ.setdefault("SITREP_DUCKDB_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` runs what stands behind `make test-long`, too."""
    parser.addoption("--long", action="store_true", help="also what takes long")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long is left out unless it is asked for.

    The tests of a file share what it prepares, so that one process runs them all.
    """
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(_group_of(item)))
    if config.getoption("--long"):
        return
    long = [item for item in items if _is_long(item)]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in set(long)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What asks for `each_state` runs on every one; what looks at files (`in_folder`) on one."""
    if "each_state" in metafunc.fixturenames:
        is_of_files = metafunc.definition.get_closest_marker("in_folder") is not None
        metafunc.parametrize("each_state", STATES[:1] if is_of_files else STATES, indirect=True)


def pytest_collection_finish() -> None:
    """No collection of garbage looks through the tests themselves; a dashboard asks for many."""
    gc.collect()
    gc.freeze()


def _group_of(item: pytest.Item) -> str:
    if {"postgres", "each_state"} & set(getattr(item, "fixturenames", ())):
        return "postgres"
    return f"{item.path.stem}{_engine_of(item)}"


def _engine_of(item: pytest.Item) -> str:
    """The engine that the test runs on; empty where it asks for none."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("engine", "") if callspec else ""


def _is_long(item: pytest.Item) -> bool:
    if item.get_closest_marker("long"):
        return True
    on_lake = item.get_closest_marker("long_on_lake") is not None
    return on_lake and _engine_of(item) == "ducklake"


@pytest.fixture
def home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty SITREP_HOME for this test alone; files in its sources need not lie still.

    On a lake it has a warehouse without rows.
    """
    path = tmp_path / "home"
    if "engine" in request.fixturenames and request.getfixturevalue("engine") == "ducklake":
        lay_empty_warehouse(path)
    monkeypatch.setenv("SITREP_HOME", str(path))
    monkeypatch.setenv("SITREP_QUIET_SECONDS", "0")
    settings.cache_clear()
    yield path
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """A Postgres; tests that need it are skipped by name where it is not installed."""
    with postgres_of_tests() as server:
        yield server


@pytest.fixture
def each_state(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The home, else the test's own folder, has its state in itself, or in Postgres."""
    if request.param == "folder":
        yield request.param
        return
    if "home" in request.fixturenames:
        request.getfixturevalue("home")
    else:
        monkeypatch.setenv("SITREP_HOME", str(tmp_path))
    with state_at(fresh_state(request.getfixturevalue("postgres"))):
        yield request.param


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each engine that can hold a warehouse; a module's own fixtures that fill one ask for it."""
    with use_engine(request.param) as name:
        yield name


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published files; tests that need it are skipped by name where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"real data absent: {REAL_DATA} (set SITREP_REAL_DATA)")
    return REAL_DATA


@pytest.fixture(scope="session")
def winter_2018(real_data: Path) -> Path:
    """The published workbook of winter 2018-19: 134 trusts, 91 days."""
    return real_data / "uec_daily_sitrep" / "Winter-data-timeseries-20190307.xlsx"


@pytest.fixture(scope="session")
def winter_2016(real_data: Path) -> Path:
    """The published workbook of winter 2016-17: 152 trusts, 102 days."""
    return real_data / "uec_daily_sitrep" / "Winter-data-timeseries-20170312.xlsx"
