"""The DAG `brief` on a real Airflow: when it runs, and what a run keeps."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard.brief import make_brief as making
from pipelines import steps
from pipelines.base.errors import ConfigurationError
from pipelines.base.settings import settings
from tests.support.small_slots import FIRST_FILE, write_slots
from tests.support.timetables import dag_of, runs_after

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]


def brief_dag() -> Any:
    return dag_of("brief_dag.py", "brief")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        # The clocks go back on 25 October 2026 and forward on 28 March 2027.
        (datetime(2026, 10, 24), ["24T06:30", "25T07:30", "26T07:30"]),
        (datetime(2027, 3, 27), ["27T07:30", "28T06:30", "29T06:30"]),
    ],
    ids=["back", "forward"],
)
def test_it_runs_at_half_past_seven_in_london_all_the_year(
    home: Path, before: datetime, expected: list[str]
) -> None:
    runs = runs_after(brief_dag(), before.replace(tzinfo=UTC), 3)
    assert [f"{run:%dT%H:%M}" for run in runs] == expected


def test_the_hour_is_a_setting(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert brief_dag().catchup is False
    monkeypatch.setenv("SITREP_BRIEF_AT", "18:05")
    settings.cache_clear()
    assert brief_dag().timetable.expression == "5 18 * * *"
    for wrong in ("24:00", "7:30", "noon"):
        monkeypatch.setenv("SITREP_BRIEF_AT", wrong)
        settings.cache_clear()
        with pytest.raises(ConfigurationError, match="SITREP_BRIEF_AT"):
            settings()


def test_a_run_keeps_the_brief_of_today_and_a_second_leaves_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = brief_dag()
    assert dag.test().state == "failed", "there is no publication yet"
    steps.land_files([write_slots(tmp_path / FIRST_FILE)])
    steps.drain()
    monkeypatch.setenv("SITREP_NOW", "2026-11-25T07:30:00Z")
    steps.publish()
    monkeypatch.setattr(making, "make_pdf", lambda _: b"%PDF")
    kept = home / "briefs" / "2026-11-25.html"
    first = b""
    for _ in range(2):
        assert dag.test().state == "success"
        first = first or kept.read_bytes()
        assert kept.read_bytes() == first
    assert sorted(path.name for path in kept.parent.iterdir()) == [
        "2026-11-25.html", "2026-11-25.pdf", "brief.css",
    ]  # fmt: skip
