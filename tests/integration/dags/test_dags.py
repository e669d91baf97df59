"""The DAGs on a real Airflow: they parse, they run the real steps, a broken file costs itself."""

import shutil
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.base.settings import PROJECT, settings
from pipelines.registry.registry import load_registry
from pipelines.registry.slots import slot_at
from pipelines.sample import write_sample
from tests.support.ledger_questions import ask_ledger
from tests.support.small_slots import FIRST_FILE, write_slots

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]

DAG_IDS = {
    "acute_realtime_quarter_hourly",
    "ae_attendances_monthly",
    "ambulance_quality_monthly",
    "iuc_adc_monthly",
    "acute_sitrep_daily",
    "ambulance_handover_daily",
    "ambulance_sitrep_daily",
    "brief",
    "letters",
    "nhs111_quarter_hourly",
    "publish",
    "registry_problems",
    "retain",
    "watch",
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
    def cadences() -> list[str]:
        dags = dag_bag().dags
        names = ("acute_sitrep_daily", "acute_realtime_quarter_hourly")
        return [dags[name].timetable.timetable.expression for name in names]

    assert cadences() == ["15 11 * * *", "*/5 * * * *"]
    monkeypatch.setenv("SITREP_SCHEDULE", "*/7 * * * *")
    settings.cache_clear()
    assert cadences() == ["*/7 * * * *"] * 2
    monkeypatch.setenv("SITREP_SCHEDULE", "* * * * *")
    settings.cache_clear()
    assert cadences() == ["*/5 * * * *", "* * * * *"], "a small machine is not always busy"


def test_months_are_looked_for_each_day_and_found_before_they_are_late(home: Path) -> None:
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import DataInterval, TimeRestriction
    from pendulum import instance

    dags = dag_bag().dags
    published = datetime(2027, 1, 14, 9, 30, tzinfo=UTC)
    always = TimeRestriction(earliest=None, latest=None, catchup=True)
    for name in ("ae_attendances", "ambulance_quality"):
        told = DagSerialization.to_dict(dags[f"{name}_monthly"])
        info = DagSerialization.from_dict(told).timetable.next_dagrun_info(
            last_automated_data_interval=DataInterval.exact(instance(published)),
            restriction=always,
        )
        assert info is not None
        slot = slot_at(load_registry().collection(name).cadence, datetime(2026, 12, 1, tzinfo=UTC))
        assert slot.due_at == published
        assert published < info.run_after < slot.late_after


def test_what_is_loaded_or_read_again_wakes_the_publisher(home: Path) -> None:
    dag = dag_bag().dags["nhs111_quarter_hourly"]
    for task in ("bring_in", "ask_again"):
        assert [one.name for one in dag.get_task(task).outlets] == ["warehouse.nhs111"], task


def test_a_sample_workbook_reaches_the_publication(home: Path) -> None:
    (home / "incoming").mkdir(parents=True)
    write_sample(home / "incoming", seed=1, days=3, trusts=4)
    dags = dag_bag().dags

    run = dags["acute_sitrep_daily"].test()
    assert states(run) == {"bring_in": "success", "ask_again": "skipped"}
    assert run.state == "success"
    assert dags["publish"].test().state == "success"

    with duckdb.connect(str(home / "publications" / "current.duckdb"), read_only=True) as reader:
        rows = reader.sql("SELECT count(*) FROM acute_sitrep").fetchone()
    assert rows is not None and rows[0] > 0


def test_a_run_with_nothing_new_is_green_and_wakes_nobody(home: Path) -> None:
    (home / "incoming").mkdir(parents=True)
    run = dag_bag().dags["acute_sitrep_daily"].test()
    assert run.state == "success"
    assert states(run) == {"bring_in": "skipped", "ask_again": "skipped"}


def test_an_unreachable_source_is_red_at_its_own_index_and_the_others_go_on(
    configuration: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import steps
    from pipelines.base.errors import SourceUnavailable
    from pipelines.collect.collect import collect_endpoint

    feeds = configuration / "feeds" / "acute_sitrep"
    first = (feeds / "winter_timeseries.yaml").read_text(encoding="utf-8")
    second = first.replace("endpoint: incoming", "endpoint: away")
    (feeds / "away.yaml").write_text(second, encoding="utf-8")
    (home / "incoming").mkdir(parents=True)
    write_sample(home / "incoming", seed=1, days=3, trusts=4)
    asked = []

    def collect(root: Path, endpoint: str, *others: Any) -> int:
        asked.append(endpoint)
        if endpoint == "away":
            raise SourceUnavailable(f"{endpoint} cannot be reached")
        return collect_endpoint(root, endpoint, *others)

    monkeypatch.setattr(steps, "collect_endpoint", collect)
    dag = dag_bag().dags["acute_sitrep_daily"]
    dag.get_task("ask_again").partial_kwargs["retry_delay"] = timedelta(0)
    run = dag.test()

    assert asked == ["away", "incoming", "away", "away", "away"]
    assert states(run) == {"bring_in": "success", "ask_again[0]": "failed"}
    assert run.state == "failed"
    assert ask_ledger(home, "SELECT DISTINCT status FROM ops.submission") == [
        {"status": "accepted"}
    ]


def test_a_source_that_is_back_when_it_is_asked_again_makes_the_run_green(
    configuration: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import steps
    from pipelines.base.errors import SourceUnavailable
    from pipelines.collect.collect import collect_endpoint

    (home / "incoming").mkdir(parents=True)
    write_sample(home / "incoming", seed=1, days=3, trusts=4)
    asked = []

    def collect(root: Path, endpoint: str, *others: Any) -> int:
        asked.append(endpoint)
        if len(asked) == 1:
            raise SourceUnavailable(f"{endpoint} cannot be reached")
        return collect_endpoint(root, endpoint, *others)

    monkeypatch.setattr(steps, "collect_endpoint", collect)
    run = dag_bag().dags["acute_sitrep_daily"].test()
    assert states(run) == {"bring_in": "success", "ask_again[0]": "success"}
    assert run.state == "success"
    assert ask_ledger(home, "SELECT DISTINCT status FROM ops.submission") == [
        {"status": "accepted"}
    ]


def test_submissions_are_read_again_only_where_a_time_is_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from dags.collection_dags import bring_in
    from pipelines import steps

    asked: list[Any] = []

    def rerun(*arguments: Any) -> int:
        asked.append(arguments)
        return 1

    monkeypatch.setattr(steps, "rerun", rerun)
    monkeypatch.setattr(steps, "bring_in", lambda *_, **__: steps.Brought(0))
    run = SimpleNamespace(run_type="scheduled", logical_date=datetime(2026, 11, 17, tzinfo=UTC))
    for params in (None, {}, {"feed": "a.feed"}, {"until": "2026-11-17T00:00Z"}):
        with pytest.raises(AirflowSkipException):
            bring_in.function("nhs111", 15, params, run)
    assert asked == []

    bring_in.function("nhs111", 15, {"since": "2026-07-01T01:00", "feed": "a.feed"}, run)
    run.run_type = "backfill"
    bring_in.function("nhs111", 15, {}, run)
    assert asked == [
        ("nhs111", "a.feed", datetime(2026, 7, 1, tzinfo=UTC), None),
        ("nhs111", None, datetime(2026, 11, 16, 23, 45, tzinfo=UTC), run.logical_date),
    ]


LAST_OF_SUMMER, FIRST_OF_SUMMER = datetime(2026, 10, 24, 22), datetime(2027, 3, 27, 22)
"""Some hours before the clocks change in London."""


@pytest.mark.parametrize(
    ("slot_minutes", "moments"),
    [
        (15, [LAST_OF_SUMMER + timedelta(minutes=15 * n) for n in range(32)]),
        (15, [FIRST_OF_SUMMER + timedelta(minutes=15 * n) for n in range(32)]),
        # Every day at a quarter past eleven by London's clock.
        (1440, [datetime(2026, 10, day, hour, 15) for day, hour in ((24, 10), (25, 11), (26, 11))]),
        (1440, [datetime(2027, 3, day, hour, 15) for day, hour in ((27, 11), (28, 10), (29, 10))]),
    ],
    ids=["quarters-back", "quarters-forward", "days-back", "days-forward"],
)
def test_runs_of_a_backfill_leave_no_time_out_when_the_clocks_change(
    home: Path, monkeypatch: pytest.MonkeyPatch, slot_minutes: int, moments: list[datetime]
) -> None:
    from dags.collection_dags import bring_in
    from pipelines import steps

    asked: list[Any] = []

    def rerun(*arguments: Any) -> int:
        asked.append(arguments[2:])
        return 1

    monkeypatch.setattr(steps, "rerun", rerun)
    monkeypatch.setattr(steps, "bring_in", lambda *_, **__: steps.Brought(0))
    for moment in moments:
        run = SimpleNamespace(run_type="backfill", logical_date=moment.replace(tzinfo=UTC))
        bring_in.function("a_collection", slot_minutes, {}, run)
    assert [until for _, until in asked] == [moment.replace(tzinfo=UTC) for moment in moments]
    for (_, before), (since, until) in pairwise(asked):
        assert since <= before < until, f"what came from {before} to {since} is left out"


def test_a_retry_is_given_to_what_it_can_cure_and_to_nothing_else() -> None:
    from airflow.sdk import RetryAction

    from dags.common import RETRY_ONLY_WHAT_CAN_HEAL
    from pipelines.base.errors import ConfigurationError, SourceUnavailable, WarehouseBusy

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


def test_a_task_has_its_connections_from_airflow_and_tells_no_secret(
    configuration: Path,
    home: Path,
    airflow_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import json

    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    from pipelines.local_servers.sftp_server import running_sftp

    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    feeds = configuration / "feeds" / "acute_realtime"
    feed = yaml.safe_load((feeds / "r0a.yaml").read_text("utf-8"))
    for path in feeds.glob("*.yaml"):
        path.unlink()
    pattern = feed["source"]["pattern"]
    source = {"kind": "sftp", "connection": "trust_sftp", "folder": "out", "pattern": pattern}
    told = {**feed, "source": {**source, "quiet_seconds": 0}}
    (feeds / "r0a.yaml").write_text(yaml.safe_dump(told), "utf-8")
    with running_sftp(configuration / "sftp") as server:
        write_slots(configuration / "sftp" / "out" / FIRST_FILE)
        words = dict(server.connection)
        secret = words["password"]
        with create_session() as session:
            session.add(
                Connection("trust_sftp", **{**words, "extra": json.dumps(dict(words["extra"]))})
            )
        run = dag_bag().dags["acute_realtime_quarter_hourly"].test()
    assert states(run) == {"bring_in": "success", "ask_again": "skipped"}
    assert ask_ledger(home, "SELECT status FROM ops.submission") == [{"status": "accepted"}]
    out = capsys.readouterr()
    assert secret not in out.out + out.err
    for path in (one for one in home.rglob("*") if one.is_file()):
        assert secret.encode() not in path.read_bytes(), path
    for path in (airflow_home / "logs").rglob("*.log"):
        assert secret not in path.read_text("utf-8"), path


def test_an_arrival_wakes_its_collection_and_the_publisher(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waking(dag_id: str) -> set[str]:
        condition = getattr(dag_bag().dags[dag_id].timetable, "asset_condition", None)
        return {one.name for one in condition.objects} if condition else set()

    changed = {f"warehouse.{name}" for name in load_registry().collections}
    arrived = {f"arrived.{name}" for name in load_registry().collections}
    assert waking("publish") == changed | arrived
    assert waking("nhs111_quarter_hourly") == {"arrived.nhs111"}
    monkeypatch.setenv("SITREP_WAKE_ON_ARRIVAL", "0")
    settings.cache_clear()
    assert waking("publish") == changed
    assert waking("nhs111_quarter_hourly") == set()


def test_a_collection_may_wait_while_it_works_and_works_once_at_a_time(home: Path) -> None:
    """With one run the next can be left alone for half a minute (docs/adr/0057)."""
    dags = dag_bag().dags
    assert dags["publish"].max_active_runs == dags["nhs111_quarter_hourly"].max_active_runs == 2
    assert dags["publish"].get_task("publish").pool == "warehouse"
    assert dags["nhs111_quarter_hourly"].get_task("bring_in").max_active_tis_per_dag == 1
