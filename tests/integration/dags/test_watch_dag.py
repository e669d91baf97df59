"""The DAG `watch` on a real Airflow: when it runs, that it writes alone, and what a run leaves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.settings import PROJECT
from pipelines.registry.registry import load_registry
from pipelines.registry.slots import slot_at
from pipelines.watch.watch_memory import read_open
from warehouse.store.connection import open_warehouse

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]


def watch_dag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags" / "watch_dag.py"))
    assert bag.import_errors == {}
    return bag.dags["watch"]


def test_it_is_the_only_writer_while_it_looks(home: Path) -> None:
    assert watch_dag().get_task("watch").pool == "warehouse"


def test_it_runs_when_the_grace_of_the_slot_before_is_over(home: Path) -> None:
    assert watch_dag().timetable.expression == "5-59/15 * * * *"
    ended = datetime(2026, 11, 9, 10, tzinfo=UTC)
    looks_at = ended + timedelta(minutes=20)
    for collection in load_registry().collections.values():
        if not collection.cadence.is_dated:
            slot = slot_at(collection.cadence, ended - timedelta(minutes=1))
            assert slot.late_after < looks_at, collection.collection


def test_a_run_with_findings_is_green_and_remembers_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-09T10:05:00Z")
    run = watch_dag().test()
    assert run.state == "success"
    with open_warehouse(home) as connection:
        rows = read_open(connection)
    assert "WATCH-009" in {row.finding.code for row in rows}
    assert all(row.alerted_at for row in rows), "the log took the alert"


def test_that_it_failed_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody would hear of anything else."""
    from pipelines.watch import look as watch_run

    def fail() -> int:
        raise watch_run.WatchFault("A check failed.")

    monkeypatch.setattr(watch_run, "watch", fail)
    assert watch_dag().test().state == "failed"
    assert (home / "alerts" / "watch.watch.txt").exists()
