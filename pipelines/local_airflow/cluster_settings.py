"""The settings and processes of `deploy/`, with the addresses of servers on this machine."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.base.settings import PROJECT
from pipelines.local_airflow.airflow_home import HOST

DEPLOY = PROJECT / "deploy"


@dataclass(frozen=True, slots=True)
class ClusterServers:
    """Where the servers of a cluster are."""

    state: str
    catalogue: str
    metadata: str
    """Addresses of databases of Postgres: of the pipeline, of the lake's catalogue, of Airflow."""
    broker: str
    bucket: str
    """`s3://<bucket>`."""
    access: Mapping[str, str]
    """What programs of S3 find in their environment."""


def settings_of_deploy() -> dict[str, str]:
    """The settings of `deploy/cluster.env`."""
    lines = (DEPLOY / "cluster.env").read_text("utf-8").splitlines()
    named = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in named}


def processes_of_deploy() -> dict[str, Sequence[str]]:
    """Name → command, of `deploy/Procfile`."""
    lines = (DEPLOY / "Procfile").read_text("utf-8").splitlines()
    named = [line.partition(":") for line in lines if line and not line.startswith("#")]
    return {name: shlex.split(command) for name, _, command in named}


def cluster_environment(
    servers: ClusterServers, home: Path, port: int, secrets: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a process of the cluster whose scratch is `home`.

    `secrets` are those that all of its processes share.
    """
    url = f"http://{HOST}:{port}"
    airflow_home = home / "airflow"
    sqlalchemy = servers.metadata.replace("postgresql://", "postgresql+psycopg2://")
    return {
        **settings_of_deploy(),
        **servers.access,
        **secrets,
        "SITREP_STATE": servers.state,
        "SITREP_OBJECTS": f"{servers.bucket}/home",
        "SITREP_WAREHOUSE": f"ducklake:postgres:{servers.catalogue}",
        "SITREP_WAREHOUSE_DATA": f"{servers.bucket}/lake",
        "SITREP_HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "dashboard" / "airflow_plugins"),
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": sqlalchemy,
        "AIRFLOW__CELERY__BROKER_URL": servers.broker,
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{sqlalchemy}",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(airflow_home / "logs" / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
            airflow_home / "logs" / "dag-files"
        ),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        # Nobody outside of this machine may read logs.
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_HOST": HOST,
    }


def inherited_environment() -> dict[str, str]:
    """This process's environment without Airflow's settings, the project's, and access to S3."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("AIRFLOW_CONN_")
        or not name.startswith(("AIRFLOW", "AWS_", "SITREP_"))
        or name in _KEPT
    }


_KEPT = ("SITREP_FEEDS_DIR", "SITREP_EXPECTATIONS_DIR", "SITREP_SCHEDULE", "SITREP_NOW")
