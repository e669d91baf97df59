"""Tasks that tell what they did: names where a backend has no tags, and what cannot be told."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dags import telemetry
from dags.telemetry import PUBLICATION_AGE, STEP_DURATION, SUBMISSIONS
from pipelines.base.settings import PROJECT
from tests.support.ledger_questions import ask_ledger
from tests.support.small_slots import ENDPOINT, FIRST_FILE, write_slots

pytestmark = [pytest.mark.usefixtures("airflow_home"), pytest.mark.xdist_group("airflow")]

PLAIN = {"STATSD_ON": "True"}
TAGGED = [
    {"STATSD_ON": "True", "STATSD_INFLUXDB_ENABLED": "True"},
    {"STATSD_DATADOG_ENABLED": "True"},
    {"OTEL_ON": "True"},
]


def use(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"AIRFLOW__METRICS__{name}", value)


def collection_dag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags" / "collection_dags.py"))
    assert bag.import_errors == {}
    return bag.dags["acute_realtime_quarter_hourly"]


def test_metrics_are_off_unless_airflow_sends_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not telemetry.metrics_are_on()
    for variables in (PLAIN, *TAGGED):
        with monkeypatch.context() as patch:
            use(patch, variables)
            assert telemetry.metrics_are_on()


def test_a_backend_without_tags_has_their_values_in_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, PLAIN)
    name = telemetry._addressed(SUBMISSIONS, {"status": "rejected", "collection": "nhs111"})
    assert name == ("sitrep.submissions.nhs111.rejected", {})
    assert telemetry._addressed(STEP_DURATION, {"step": "publish"}) == (
        "sitrep.step_duration.publish",
        {},
    )
    assert telemetry._addressed(PUBLICATION_AGE, {}) == ("sitrep.publication_age_minutes", {})


@pytest.mark.parametrize("variables", TAGGED, ids=["influxdb", "datadog", "otel"])
def test_a_backend_with_tags_has_one_name(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    use(monkeypatch, variables)
    told = telemetry._addressed(SUBMISSIONS, {"collection": None, "status": "rejected"})
    assert told == ("sitrep.submissions", {"collection": "unmatched", "status": "rejected"})


def test_a_tag_that_the_table_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="has no tag feed"):
        telemetry._addressed(SUBMISSIONS, {"feed": "nhs111.national"})


def test_metrics_that_cannot_be_sent_fail_no_task(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def fail(*arguments: object) -> None:
        asked.append(arguments)
        raise OSError("no receiver")

    use(monkeypatch, PLAIN)
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    monkeypatch.setattr(telemetry, "send_tally", fail)
    write_slots(home / ENDPOINT / FIRST_FILE)
    assert collection_dag().test().state == "success"
    assert asked
    assert ask_ledger(home, "SELECT status FROM ops.submission") == [{"status": "accepted"}]


def test_nothing_is_sent_where_metrics_are_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    monkeypatch.setattr(telemetry, "send_tally", pytest.fail)
    write_slots(home / ENDPOINT / FIRST_FILE)
    run = collection_dag().test()
    (task,) = (one for one in run.get_task_instances() if one.task_id == "bring_in")
    counts = task.xcom_pull(task_ids="bring_in", key="counts")
    assert counts["submissions"] == {"accepted": 1} and counts["landed"] == 1
    assert set(counts["seconds"]) >= {"collect", "parse", "load", "answer"}


def test_a_receiver_of_lineage_may_be_spared_the_texts_of_errors() -> None:
    from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import error_message_run

    from dags.shortened_errors import ShortenedErrors

    error = error_message_run.ErrorMessageRunFacet("a file of a trust", "python", "line 1")
    run_id = "0196d5b6-8d3c-7c1a-9d5e-1c2b3a4d5e6f"
    event = RunEvent(
        eventTime="2026-11-20T12:00:00Z",
        run=Run(run_id, {"errorMessage": error}),
        job=Job("winter", "publish.publish"),
        eventType=RunState.FAIL,
        producer="https://example.org",
    )
    told = ShortenedErrors({}).transform(event)
    assert "trust" not in str(told) and told.run.facets["errorMessage"].stackTrace is None
    event.run.facets = {}
    assert ShortenedErrors({}).transform(event) is event


def test_the_settings_of_the_page_are_airflows_own() -> None:
    from airflow.configuration import conf
    from airflow.providers.openlineage.get_provider_info import get_provider_info
    from openlineage.client.transport import get_default_factory

    page = (PROJECT / "docs" / "telemetry.md").read_text("utf-8")
    named = re.findall(r"^AIRFLOW__(METRICS|OPENLINEAGE)__(\w+)=('.*?'|\S+)", page, re.M | re.S)
    assert {section for section, _, _ in named} == {"METRICS", "OPENLINEAGE"}
    info = get_provider_info()  # type: ignore[no-untyped-call]
    of_lineage = info["config"]["openlineage"]["options"]
    for section, option, _ in named:
        is_metric = conf.has_option("metrics", option.lower())
        assert is_metric if section == "METRICS" else option.lower() in of_lineage, option
    transports = [value.strip("'") for _, option, value in named if option == "TRANSPORT"]
    assert len(transports) == 2
    for told in transports:
        # A transport that is made refuses a word that it does not know.
        assert get_default_factory().create(json.loads(told)) is not None


def test_the_collector_of_the_page_is_yaml() -> None:
    page = (PROJECT / "docs" / "telemetry.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (way,) = yaml.safe_load(block)["service"]["pipelines"].values()
    assert way["processors"] == ["deltatocumulative"]
