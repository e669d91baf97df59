"""A whole Airflow, whose workers are forked warm: their metrics and lineage arrive."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from pipelines.base.settings import PROJECT
from tests.support.ledger_questions import ask_ledger
from tests.support.local_airflow import running_airflow
from tests.support.receivers import Figure, otlp_receiver, statsd_receiver
from tests.support.simulated import SimulatedHome

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("airflow")]

NOW = "2026-11-20T12:00:00Z"
NAME = "acute_realtime"
WINDOW = ("--from", "2026-11-20T10:30Z", "--to", "2026-11-20T11:45Z")
LIMIT_SECONDS = 600.0
PORT = 8497


@contextmanager
def airflow(home: Path, **variables: str) -> Iterator[Callable[[Callable[[], bool]], None]]:
    """A whole Airflow on the home; what waits for something to be true while it runs."""
    common = {"SITREP_NOW": NOW, "SITREP_SCHEDULE": "* * * * *"}
    with running_airflow(home, common | variables, PORT) as process:
        yield partial(await_true, process)


def await_true(process: "subprocess.Popen[bytes]", what: Callable[[], bool]) -> None:
    """Returns when it is true; it is asked four times a second while the process lives."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not what():
        assert process.poll() is None, "Airflow has ended"
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.25)


def told(figures: list[Figure]) -> Counter[str]:
    """Submissions of the collection by status, as metrics have them."""
    sums: Counter[str] = Counter()
    for one in figures:
        if one.name == "airflow.sitrep.submissions":
            tags = dict(one.tags)
            assert tags["collection"] == NAME
            sums[tags["status"]] += int(one.value)
    return sums


def is_published(figures: list[Figure]) -> bool:
    return any(one.name == "airflow.sitrep.collection_age_minutes" for one in figures)


def events_of(path: Path, job: str) -> dict[str, dict[str, object]]:
    """The events of a task by what they tell."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    events = [json.loads(line) for line in lines]
    return {one["eventType"]: one for one in events if one["job"]["name"] == job}


def simulated_home(folder: Path) -> SimulatedHome:
    home = SimulatedHome(folder / "home", PROJECT / "pipelines" / "feeds", NOW)
    sent = home.call("simulate", *WINDOW, "--folder", "--collection", NAME, "--faults", "0.3")
    assert sent.returncode == 0, sent.stderr
    return home


def in_ledger(home: Path) -> dict[str, int]:
    rows = ask_ledger(home, "SELECT status, count(*) AS number FROM ops.submission GROUP BY ALL")
    return {row["status"]: row["number"] for row in rows}


def test_statsd_and_lineage(tmp_path: Path) -> None:
    home = simulated_home(tmp_path)
    events = tmp_path / "events.jsonl"
    transport = {"type": "file", "log_file_path": str(events), "append": True}
    with statsd_receiver() as receiver:
        with airflow(
            home.home,
            AIRFLOW__METRICS__STATSD_ON="True",
            AIRFLOW__METRICS__STATSD_PORT=str(receiver.port),
            AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED="True",
            AIRFLOW__OPENLINEAGE__TRANSPORT=json.dumps(transport),
            AIRFLOW__OPENLINEAGE__NAMESPACE="winter",
            AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD="True",
        ) as awaits:
            awaits(lambda: is_published(receiver.figures()))
            awaits(lambda: "COMPLETE" in events_of(events, "publish.publish"))
        figures = receiver.figures()
    assert told(figures) == in_ledger(home.home)
    brought = events_of(events, f"{NAME}_quarter_hourly.bring_in")
    assert {"START", "COMPLETE"} <= set(brought)
    history = {"namespace": "sitrep://winter/warehouse", "name": f"history.{NAME}"}
    outputs = brought["COMPLETE"]["outputs"]
    assert isinstance(outputs, list)
    assert any(history.items() <= one.items() for one in outputs)


def test_opentelemetry(tmp_path: Path) -> None:
    home = simulated_home(tmp_path)
    with otlp_receiver() as receiver:
        with airflow(
            home.home,
            AIRFLOW__METRICS__OTEL_ON="True",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{receiver.port}",
            OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="delta",
        ) as awaits:
            awaits(lambda: is_published(receiver.figures()))
        figures = receiver.figures()
    assert told(figures) == in_ledger(home.home)
