"""What `deploy/` says is what the pipeline and Airflow read."""

import json
import subprocess
from pathlib import Path

import pytest

from pipelines.base.settings import Settings
from pipelines.local_airflow.airflow_home import WAREHOUSE_POOL
from pipelines.local_airflow.cluster_settings import (
    DEPLOY,
    ClusterServers,
    cluster_environment,
    processes_of_deploy,
    settings_of_deploy,
)

SERVERS = ClusterServers("state", "lake", "postgresql://meta", "redis", "s3://b", {"AWS_X": "1"})


def test_each_setting_of_the_pipeline_is_one() -> None:
    named = {name for name in settings_of_deploy() if name.startswith("SITREP_")}
    known = {f"SITREP_{name.upper()}" for name in Settings.model_fields}
    assert named <= known
    assert {"SITREP_STATE", "SITREP_OBJECTS", "SITREP_WAREHOUSE", "SITREP_WAREHOUSE_DATA"} <= named


def test_each_process_is_a_program_of_this_environment() -> None:
    processes = processes_of_deploy()
    assert {"scheduler", "worker", "triggerer", "api-server", "dag-processor"} <= set(processes)
    assert {words[0] for words in processes.values()} == {"airflow", "sitrep"}


def test_a_cluster_here_has_the_same_settings_at_other_addresses(tmp_path: Path) -> None:
    own = cluster_environment(SERVERS, tmp_path, 8080, {})
    assert settings_of_deploy().keys() - own.keys() == set()
    assert own["SITREP_WAREHOUSE"] == "ducklake:postgres:lake"
    assert own["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert "example" not in "".join(own.values())


def test_the_pool_is_the_one_that_tasks_ask_for() -> None:
    pools = json.loads((DEPLOY / "pools.json").read_text("utf-8"))
    assert pools[WAREHOUSE_POOL]["slots"] == 1


@pytest.mark.parametrize(("name", "code"), [("nobody", 2), ("worker; echo", 2)])
def test_a_process_that_is_not_there_is_refused(name: str, code: int) -> None:
    command = [str(DEPLOY / "start"), name]
    assert subprocess.run(command, capture_output=True, check=False).returncode == code
