"""The DAG `letters` on a real Airflow: when it runs, and what a run keeps and gives."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from tests.support.answered_back import ANSWERS, put, use_feeds
from tests.support.timetables import dag_of, runs_after

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]


def letters_dag() -> Any:
    return dag_of("letters_dag.py", "letters")


def test_it_runs_on_mondays_at_eight_in_london(home: Path) -> None:
    assert letters_dag().catchup is False
    # The clocks go back on Sunday 25 October 2026.
    runs = runs_after(letters_dag(), datetime(2026, 10, 17, tzinfo=UTC), 3)
    assert [f"{run:%a %d %b %H:%M}" for run in runs] == [
        "Mon 19 Oct 07:00",
        "Mon 26 Oct 08:00",
        "Mon 02 Nov 08:00",
    ]


@pytest.mark.long
def test_a_run_keeps_and_gives_the_letters_and_a_second_leaves_them(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_feeds(monkeypatch, tmp_path / "feeds")
    put(home, 35)
    steps.bring_in("acute_realtime")
    monkeypatch.setenv("SITREP_NOW", "2019-03-11T08:00:00Z")
    settings.cache_clear()
    steps.publish()
    dag = letters_dag()
    given = home / ANSWERS / "R0A.2019-W10.letter.html"
    first = b""
    for _ in range(2):
        assert dag.test().state == "success"
        first = first or given.read_bytes()
        assert given.read_bytes() == first
    assert sorted(path.name for path in (home / "letters" / "R0A").iterdir()) == [
        "2019-W10.html",
        "2019-W10.txt",
    ]
