"""What a local Airflow takes over from the environment that it is started in."""

from pathlib import Path

import pytest

from pipelines.local_airflow.local_run import _child_environment


@pytest.mark.parametrize(
    ("name", "is_taken_over"),
    [
        ("AIRFLOW__METRICS__STATSD_ON", True),
        ("AIRFLOW__OPENLINEAGE__TRANSPORT", True),
        ("AIRFLOW_CONN_TRUST", True),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", True),
        ("AIRFLOW__CORE__FERNET_KEY", False),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_SCHEMA", False),
    ],
    ids=["metrics", "lineage", "connection", "opentelemetry", "key", "schema"],
)
def test_settings_of_another_airflow_stay_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_taken_over: bool
) -> None:
    monkeypatch.setenv(name, "a value")
    assert (name in _child_environment(tmp_path, 8080)) is is_taken_over
