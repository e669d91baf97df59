"""The DAG `letters` on a real Airflow: when it runs, and what a run keeps and gives."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from tests.support.answered_back import ANSWERS, put, use_feeds

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]


def letters_dag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags" / "letters_dag.py"))
    assert bag.import_errors == {}
    return bag.dags["letters"]


def runs_after(moment: datetime, count: int) -> list[str]:
    """When it runs next, in UTC."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import DataInterval, TimeRestriction
    from pendulum import instance

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(letters_dag())).timetable
    found = []
    last = instance(moment)
    for _ in range(count):
        info = timetable.next_dagrun_info(
            last_automated_data_interval=DataInterval.exact(last),
            restriction=TimeRestriction(earliest=None, latest=None, catchup=True),
        )
        assert info is not None
        last = info.run_after
        found.append(f"{last.astimezone(UTC):%a %d %b %H:%M}")
    return found


def test_it_runs_on_mondays_at_eight_in_london(home: Path) -> None:
    assert letters_dag().catchup is False
    # The clocks go back on Sunday 25 October 2026.
    assert runs_after(datetime(2026, 10, 17, tzinfo=UTC), 3) == [
        "Mon 19 Oct 07:00",
        "Mon 26 Oct 08:00",
        "Mon 02 Nov 08:00",
    ]


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
