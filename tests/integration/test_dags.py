"""The DAGs on a real Airflow: they parse, they run the real steps, a broken file costs itself."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.sample import write_sample
from pipelines.settings import PROJECT, settings

pytestmark = pytest.mark.usefixtures("airflow_home")

DAG_IDS = {
    "acute_realtime_quarter_hourly",
    "acute_sitrep_daily",
    "ambulance_handover_daily",
    "ambulance_sitrep_daily",
    "nhs111_quarter_hourly",
    "publish",
    "registry_problems",
}


def dag_bag() -> Any:
    """The project's DAG files as Airflow reads them now."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(PROJECT / "dags"))


def states(run: Any) -> dict[str, str]:
    """The state of each task of a run, by task id and map index."""
    return {
        f"{task.task_id}[{task.map_index}]" if task.map_index >= 0 else task.task_id: task.state
        for task in run.get_task_instances()
    }


@pytest.fixture
def configuration(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's feed and collection files that the test may break."""
    shutil.copytree(PROJECT / "pipelines" / "feeds", tmp_path / "feeds")
    shutil.copytree(PROJECT / "expectations", tmp_path / "expectations")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(tmp_path / "feeds"))
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(tmp_path / "expectations"))
    settings.cache_clear()
    return tmp_path


def test_there_is_a_dag_for_each_collection_and_for_publishing(home: Path) -> None:
    bag = dag_bag()
    assert bag.import_errors == {}
    assert set(bag.dags) == DAG_IDS


def test_collections_keep_their_own_cadence_unless_a_local_run_overrides_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dag_bag().dags["acute_sitrep_daily"].timetable.expression == "15 11 * * *"
    monkeypatch.setenv("SITREP_SCHEDULE", "* * * * *")
    settings.cache_clear()
    assert dag_bag().dags["acute_sitrep_daily"].timetable.expression == "* * * * *"


def test_only_one_writer_of_the_warehouse_at_a_time(home: Path) -> None:
    dags = dag_bag().dags
    writers = [dags["acute_sitrep_daily"].get_task("load"), dags["publish"].get_task("publish")]
    assert {task.pool for task in writers} == {"warehouse"}


def test_a_sample_workbook_reaches_the_publication(home: Path) -> None:
    (home / "incoming").mkdir(parents=True)
    write_sample(home / "incoming", seed=1, days=3, trusts=4)
    dags = dag_bag().dags

    run = dags["acute_sitrep_daily"].test()
    assert states(run) == {
        "collect[0]": "success",
        "validate": "success",
        "load": "success",
        "answer": "success",
        "fail_the_run": "skipped",
    }
    assert run.state == "success"
    assert dags["publish"].test().state == "success"

    with duckdb.connect(str(home / "publications" / "current.duckdb"), read_only=True) as reader:
        rows = reader.sql("SELECT count(*) FROM acute_sitrep").fetchone()
    assert rows is not None and rows[0] > 0


def test_a_run_with_nothing_new_is_green_and_wakes_nobody(home: Path) -> None:
    (home / "incoming").mkdir(parents=True)
    run = dag_bag().dags["acute_sitrep_daily"].test()
    assert run.state == "success"
    assert states(run)["load"] == "skipped"


def test_an_unreachable_source_is_red_at_its_own_index_and_the_steps_go_on(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import steps
    from pipelines.errors import SourceUnavailable

    feeds = configuration / "feeds" / "acute_sitrep"
    first = (feeds / "winter_timeseries.yaml").read_text(encoding="utf-8")
    second = first.replace("endpoint: incoming", "endpoint: zz_away")
    (feeds / "away.yaml").write_text(second, encoding="utf-8")
    asked = []

    def collect(endpoint: str) -> int:
        asked.append(endpoint)
        if endpoint == "zz_away":
            raise SourceUnavailable(f"{endpoint} cannot be reached")
        return 0

    monkeypatch.setattr(steps, "collect", collect)
    dag = dag_bag().dags["acute_sitrep_daily"]
    dag.get_task("collect").partial_kwargs["retry_delay"] = timedelta(0)
    run = dag.test()

    assert sorted(asked) == ["incoming", "zz_away", "zz_away", "zz_away"]
    assert states(run) == {
        "collect[0]": "success",
        "collect[1]": "failed",
        "validate": "success",
        "load": "skipped",
        "answer": "success",
        "fail_the_run": "failed",
    }
    assert run.state == "failed"


def test_a_retry_is_given_to_what_it_can_cure_and_to_nothing_else() -> None:
    from airflow.sdk import RetryAction

    from dags.common import RETRY_ONLY_WHAT_CAN_HEAL
    from pipelines.errors import ConfigurationError, SourceUnavailable, WarehouseBusy

    def action(error: Exception) -> RetryAction:
        return RETRY_ONLY_WHAT_CAN_HEAL.evaluate(error, try_number=1, max_tries=3).action

    assert action(SourceUnavailable("away")) is RetryAction.RETRY
    assert action(WarehouseBusy("busy")) is RetryAction.RETRY
    assert action(ConfigurationError("wrong")) is RetryAction.FAIL
    assert action(RuntimeError("a bug")) is RetryAction.FAIL


def test_a_broken_feed_file_shows_and_leaves_every_dag_in_place(configuration: Path) -> None:
    broken = configuration / "feeds" / "ambulance_handover" / "broken.yaml"
    broken.write_text("title: A feed\ncolour: blue\n", encoding="utf-8")
    bag = dag_bag()
    assert set(bag.dags) == DAG_IDS
    (shown,) = bag.import_errors.values()
    assert f"{broken}:2: colour" in shown
    assert bag.dags["registry_problems"].test().state == "failed"


def test_a_broken_contract_takes_away_its_own_dag_only(configuration: Path) -> None:
    broken = configuration / "expectations" / "ambulance_handover.yaml"
    broken.write_text("colour: blue\n", encoding="utf-8")
    bag = dag_bag()
    assert set(bag.dags) == DAG_IDS - {"ambulance_handover_daily"}
    assert any(str(broken) in shown for shown in bag.import_errors.values())


def test_whole_configuration_is_a_green_check(home: Path) -> None:
    assert dag_bag().dags["registry_problems"].test().state == "success"
