"""What DAGs send to real receivers is what the ledger says: metrics, and lineage."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dags.telemetry import METRICS, MetricKind
from pipelines.base import connections
from pipelines.base.settings import PROJECT, settings
from pipelines.base.tally import TimedStep
from pipelines.registry.registry import load_registry
from tests.support.ledger_questions import ask_ledger, ask_publication
from tests.support.lineage_told import lineage_told
from tests.support.metrics_begun import metrics_begun
from tests.support.receivers import Figure, otlp_receiver, statsd_receiver
from tests.support.simulated import SimulatedHome
from tests.support.small_slots import write_slots

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]

NOW = "2026-11-20T12:00:00Z"
MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAME = "acute_realtime"
DAG_ID = f"{NAME}_quarter_hourly"
WINDOW = ("--from", "2026-11-20T10:30Z", "--to", "2026-11-20T11:45Z")
RATES = (
    "duplicate=0.1",
    "malformed=0.1",
    "text_in_number=0.1",
    "wrong_code=0.1",
    "nhs_number=0.05",
)
FILES = {DAG_ID: "collection_dags.py", "publish": "publish_dag.py", "watch": "watch_dag.py"}


@dataclass(frozen=True)
class Told:
    """A home whose DAGs have run, and what came of it at the receivers."""

    home: Path
    figures: list[Figure]
    events: list[dict[str, Any]]
    ended: list[str]

    def of(self, name: str) -> list[Figure]:
        """The figures of one metric."""
        return [one for one in self.figures if one.name == f"airflow.{name}"]

    def sums(self, name: str) -> Counter[tuple[str, ...]]:
        """The sum of a counter by the values of its tags, in the order of its table."""
        tags = next(one.tags for one in METRICS if one.name == name)
        sums: Counter[tuple[str, ...]] = Counter()
        for one in self.of(name):
            sums[tuple(dict(one.tags)[tag] for tag in tags)] += int(one.value)
        return sums


def simulated_home(folder: Path) -> Path:
    """A home in whose folders simulated trusts have put the files of some slots."""
    home = SimulatedHome(folder / "home", PROJECT / "pipelines" / "feeds", NOW)
    faults = [word for rate in RATES for word in ("--fault", rate)]
    sent = home.call("simulate", *WINDOW, "--folder", "--collection", NAME, *faults)
    assert sent.returncode == 0, sent.stderr
    own, slot = home.home / "incoming" / NAME, "2026-11-20T09:45:00Z"
    wrong = {("R0A02", slot): {"opel_level": 5}}
    write_slots(own / "R0A_acute_realtime_20261120T100500.csv", wrong, [slot])
    return home.home


def run(dag_id: str, home: Path) -> str:
    """The state that a run of the DAG ends in."""
    from airflow.dag_processing.dagbag import DagBag

    with pytest.MonkeyPatch.context() as patch:
        # A task asks Airflow for connections for the rest of its process.
        patch.setattr(connections, "_resolver", connections.from_environment)
        patch.setenv("SITREP_HOME", str(home))
        patch.setenv("SITREP_NOW", NOW)
        patch.setenv("SITREP_QUIET_SECONDS", "0")
        settings.cache_clear()
        bag = DagBag(dag_folder=str(PROJECT / "dags" / FILES[dag_id]))
        assert bag.import_errors == {}
        state = str(bag.dags[dag_id].test().state)
    settings.cache_clear()
    return state


@pytest.fixture(scope="module")
def told(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A simulated tick, brought in, published and watched, and a publication that fails."""
    folder = tmp_path_factory.mktemp("told")
    home = simulated_home(folder)
    events = folder / "events.jsonl"
    broken = folder / "broken"
    broken.mkdir()
    (broken / "publications").write_text("no folder", "utf-8")
    with pytest.MonkeyPatch.context() as patch, statsd_receiver() as receiver:
        patch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
        patch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(receiver.port))
        patch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", "True")
        with metrics_begun(), lineage_told(events, "winter"):
            ended = [run(dag_id, home) for dag_id in FILES] + [run("publish", broken)]
        figures = receiver.figures()
    lines = events.read_text("utf-8").splitlines()
    return Told(home, figures, [json.loads(one) for one in lines], ended)


def test_a_failed_publication_fails_and_the_others_do_not(told: Told) -> None:
    assert told.ended == ["success", "success", "success", "failed"]


def test_submissions_are_those_of_the_ledger(told: Told) -> None:
    rows = ask_ledger(
        told.home,
        "SELECT coalesce(collection, 'unmatched') AS name, status, count(*) AS number "
        "FROM ops.submission GROUP BY ALL",
    )
    assert len({row["status"] for row in rows}) > 2, "the tick has faults of several kinds"
    expected = {(row["name"], row["status"]): row["number"] for row in rows}
    assert told.sums("sitrep.submissions") == expected
    assert told.of("sitrep.submissions_read_again") == []


def test_rows_and_values_are_those_of_the_ledger(told: Told) -> None:
    (row,) = ask_ledger(
        told.home,
        "SELECT sum(rows_accepted)::INT AS accepted, sum(rows_quarantined)::INT AS quarantined, "
        "sum(values_rejected)::INT AS rejected FROM ops.submission WHERE collection = ?",
        NAME,
    )
    sums = told.sums("sitrep.rows")
    assert sums[NAME, "accepted"] == row["accepted"] > 0
    assert sums[NAME, "quarantined"] == row["quarantined"] > 0
    assert told.sums("sitrep.values_rejected")[(NAME,)] == row["rejected"] > 0


def test_refused_patient_data_is_counted_and_nothing_more(told: Told) -> None:
    (row,) = ask_ledger(
        told.home,
        "SELECT count(DISTINCT submission_id) AS number FROM ops.issue WHERE code LIKE 'DATA-00_'",
    )
    assert told.sums("sitrep.withheld")[(NAME,)] == row["number"] > 0


def test_lateness_is_that_of_the_ledger(told: Told) -> None:
    rows = ask_ledger(
        told.home,
        "SELECT feed_id, max(slot_start) AS newest, any_value(received_at) AS received_at "
        "FROM (SELECT *, row_number() OVER (PARTITION BY feed_id, slot_start "
        "ORDER BY received_at, submission_id) AS turn FROM ops.submission_slot) "
        "WHERE turn = 1 GROUP BY feed_id, submission_id",
    )
    due = timedelta(minutes=15 + 5)
    late = [
        max(row["received_at"] - row["newest"] - due, timedelta())
        for row in rows
        if load_registry().feeds[row["feed_id"]].slots_from
    ]
    sent = [timedelta(milliseconds=one.value) for one in told.of("sitrep.lateness")]
    assert sorted(sent) == sorted(late)
    assert len(late) > 20


def test_each_step_has_its_seconds(told: Told) -> None:
    figures = told.of("sitrep.step_duration")
    steps = {dict(one.tags)["step"] for one in figures}
    assert steps == set(TimedStep)
    assert all(one.value >= 0 for one in figures)
    published = [one for one in figures if dict(one.tags)["step"] == "publish"]
    assert [dict(one.tags) for one in published] == [{"step": "publish"}] * 2
    others = [dict(one.tags) for one in figures if one not in published]
    awaited = [one for one in others if "collection" not in one]
    assert awaited == [{"step": "wait"}] * 2, "the publisher's wait for what is under way"
    assert {one["collection"] for one in others if one not in awaited} == {NAME}


def test_ages_are_those_of_the_publication(told: Told) -> None:
    (row,) = ask_publication(
        told.home,
        "SELECT max(data_as_of) AS newest FROM feed_status WHERE collection = ?",
        NAME,
    )
    end = row["newest"].replace(tzinfo=UTC) + timedelta(minutes=15)
    expected = (MOMENT - end) / timedelta(minutes=1)
    ages = told.of("sitrep.collection_age_minutes")
    assert [(dict(one.tags), one.value) for one in ages] == [({"collection": NAME}, expected)] * 2
    assert [one.value for one in told.of("sitrep.publication_age_minutes")] == [0, 0]


def test_what_waits_and_what_is_open_is_told_by_the_watch(told: Told) -> None:
    queue = told.of("sitrep.queue")
    assert {one.value for one in queue} == {0}
    assert {dict(one.tags)["collection"] for one in queue} > {NAME, "nhs111", "unmatched"}
    assert [one.value for one in told.of("sitrep.queue_age_minutes")] == [0]
    (row,) = ask_ledger(
        told.home, "SELECT count(*) AS number FROM ops.watch WHERE ended_at IS NULL"
    )
    assert [one.value for one in told.of("sitrep.open_findings")] == [row["number"]]


def test_all_that_is_sent_is_in_the_table(told: Told) -> None:
    kinds = {MetricKind.COUNTER: "c", MetricKind.GAUGE: "g", MetricKind.TIMER: "ms"}
    known = {f"airflow.{one.name}": one for one in METRICS}
    for one in told.figures:
        if ".sitrep." in one.name:
            metric = known[one.name]
            assert one.kind == kinds[metric.kind], one.name
            assert {name for name, _ in one.tags} <= set(metric.tags), one.name


def test_no_provider_and_no_file_is_in_a_metric(told: Told) -> None:
    feeds = ask_ledger(told.home, "SELECT DISTINCT feed_id, file_name FROM ops.submission")
    words = {word for row in feeds for word in (row["feed_id"], row["file_name"])}
    assert words
    for one in told.figures:
        if ".sitrep." in one.name:
            text = f"{one.name} {sorted(one.tags)}"
            assert not any(word in text for word in words), text


def test_no_file_and_no_submission_is_in_lineage(told: Told) -> None:
    rows = ask_ledger(told.home, "SELECT file_name, submission_id, sha256 FROM ops.submission")
    text = json.dumps(told.events)
    assert not [word for row in rows for word in row.values() if word in text]


def task_events(told: Told, job: str) -> dict[str, dict[str, Any]]:
    """The events of a task by what they tell; of several of a kind the first."""
    found: dict[str, dict[str, Any]] = {}
    for event in told.events:
        if event["job"]["name"] == job:
            found.setdefault(event["eventType"], event)
    return found


def places(datasets: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["namespace"], one["name"]) for one in datasets}


WAREHOUSE, PUBLICATION = "sitrep://winter/warehouse", "sitrep://winter/publication"


def test_lineage_leads_from_the_folder_to_the_history(told: Told) -> None:
    events = task_events(told, f"{DAG_ID}.bring_in")
    folder = ("file", str(told.home / "incoming" / NAME))
    history = (WAREHOUSE, f"history.{NAME}")
    for kind in ("START", "COMPLETE"):
        assert places(events[kind]["inputs"]) == {folder}, kind
        assert places(events[kind]["outputs"]) == {history, (WAREHOUSE, "ops.quarantine")}, kind
    assert events["START"]["run"]["runId"] == events["COMPLETE"]["run"]["runId"]


def test_lineage_has_the_counts_of_the_ledger(told: Told) -> None:
    complete = task_events(told, f"{DAG_ID}.bring_in")["COMPLETE"]
    (row,) = ask_ledger(
        told.home,
        "SELECT count(*) AS files, sum(rows_new + rows_revised)::INT AS revisions, "
        "sum(rows_quarantined)::INT AS kept_out FROM ops.submission",
    )
    (source,) = complete["inputs"]
    assert source["inputFacets"]["inputStatistics"]["fileCount"] == row["files"]
    written = {
        one["name"]: one["outputFacets"]["outputStatistics"]["rowCount"]
        for one in complete["outputs"]
    }
    assert written == {f"history.{NAME}": row["revisions"], "ops.quarantine": row["kept_out"]}


def test_lineage_leads_from_the_histories_to_the_published_tables(told: Told) -> None:
    events = task_events(told, "publish.publish")
    assert (WAREHOUSE, f"history.{NAME}") in places(events["COMPLETE"]["inputs"])
    rows = json.loads((told.home / "publications" / "current.json").read_bytes())["rows"]
    written = {
        one["name"]: one["outputFacets"]["outputStatistics"]["rowCount"]
        for one in events["COMPLETE"]["outputs"]
    }
    assert written == rows and rows[NAME] > 0
    assert {namespace for namespace, _ in places(events["COMPLETE"]["outputs"])} == {PUBLICATION}
    watch = task_events(told, "watch.watch")["COMPLETE"]
    assert places(watch["outputs"]) == {(WAREHOUSE, "ops.watch")}


def test_a_failed_task_tells_that_it_failed(told: Told) -> None:
    failed = task_events(told, "publish.publish")["FAIL"]
    assert (WAREHOUSE, f"history.{NAME}") in places(failed["inputs"])
    assert failed["run"]["facets"]["errorMessage"]["message"]


def forked(**variables: str) -> None:
    """A process sends a metric and forks one that sends those of a task."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.metrics_begun"],
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def sent(figures: Sequence[Figure]) -> Counter[str]:
    """The sum of all figures of each metric that is looked for."""
    sums: Counter[str] = Counter()
    for one in figures:
        if one.name in OF_BOTH:
            sums[one.name] += int(one.value)
    return sums


OF_BOTH = {
    "airflow.parent": 1,
    "airflow.sitrep.submissions": 3,
    "airflow.sitrep.lateness": 3 * 60_000,
    "airflow.sitrep.step_duration": 1500,
}
"""What the parent and its child send, each once."""


@pytest.mark.long
def test_a_forked_process_sends_its_own_by_statsd() -> None:
    with statsd_receiver() as receiver:
        forked(
            AIRFLOW__METRICS__STATSD_ON="True",
            AIRFLOW__METRICS__STATSD_PORT=str(receiver.port),
            AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED="True",
        )
        assert sent(receiver.figures()) == OF_BOTH


def test_a_forked_process_sends_its_own_by_opentelemetry() -> None:
    with otlp_receiver() as receiver:
        forked(
            AIRFLOW__METRICS__OTEL_ON="True",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{receiver.port}",
            OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="delta",
        )
        figures = receiver.figures()
    assert sent(figures) == OF_BOTH
    (late,) = (one for one in figures if one.name == "airflow.sitrep.lateness")
    assert late.times == 2 and dict(late.tags) == {"collection": "nhs111"}


@pytest.mark.long
def test_totals_in_place_of_deltas_are_noticed() -> None:
    with otlp_receiver() as receiver:
        forked(
            AIRFLOW__METRICS__OTEL_ON="True",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{receiver.port}",
        )
        with pytest.raises(AssertionError):
            receiver.figures()
