"""The home of a local Airflow: its environment variables, its metadata database, its pool.

All state is under `SITREP_HOME`/airflow. A real deployment sets its own database, executor and
login; from this file it needs only the pool.
"""

import os
import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from pipelines.base.settings import PROJECT

HOST = "127.0.0.1"
DEFAULT_PORT = 8080
WAREHOUSE_POOL = "warehouse"
"""Pool of one slot for tasks that do nothing but work on the warehouse: one waits and does not
take a worker from others. `sitrep` creates it for a local run; elsewhere `airflow pools set
warehouse 1 "One writer"`. Without the pool its tasks wait for ever. Collections' tasks do most
of their work outside the warehouse and wait for its lock."""


def environment(home: Path, port: int = DEFAULT_PORT) -> dict[str, str]:
    """The environment variables of a local Airflow whose whole state is under `home`/airflow."""
    state = state_of(home)
    url = f"http://{HOST}:{port}"
    return {
        "SITREP_HOME": str(home.absolute()),
        "PYTHONPATH": os.pathsep.join([str(PROJECT), *_inherited_path("PYTHONPATH")]),
        "NO_PROXY": ",".join(["127.0.0.1", "localhost", *_inherited_path("NO_PROXY", ",")]),
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW_HOME": str(state),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "dashboard" / "airflow_plugins"),
        # The plugin that warms the workers has to be there before they are forked.
        "AIRFLOW__CORE__LAZY_LOAD_PLUGINS": "False",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # Three that bring in, and the publisher, who waits for them.
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{state / 'airflow.db'}",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(state / "logs" / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
            state / "logs" / "dag-files"
        ),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        # A task that was killed with its scheduler is found and tried again after a minute.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        # The end of a task is at times noticed only at its next heartbeat: 1 s and not 5 s.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
    }


PREPARE_METADATA = (
    "from pipelines.local_airflow.airflow_home import prepare_metadata; prepare_metadata()"
)
"""Program of a child process, because Airflow reads its environment when it is imported."""


def prepare_metadata() -> None:
    """Airflow's metadata database is current and has the pool; needs the environment set.

    Also writes `airflow.cfg` with this home's own keys: left to Airflow's programs, which start
    together, each could make keys of its own, and every task would be refused (403).
    """
    from airflow.configuration import write_default_airflow_configuration_if_needed
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    write_default_airflow_configuration_if_needed()
    initdb()
    Pool.create_or_update_pool(
        name=WAREHOUSE_POOL,
        slots=1,
        description="The warehouse has one writer",
        include_deferred=False,
    )


def is_prepared(home: Path) -> bool:
    """Whether this Airflow version made the database, and the pool has its one slot."""
    database, made_by = state_of(home) / "airflow.db", _version_file(home)
    needed = (database, made_by, state_of(home) / "airflow.cfg")
    if not all(path.exists() for path in needed):
        return False
    if made_by.read_text(encoding="utf-8", errors="replace") != _airflow_version():
        return False
    query = "SELECT slots FROM slot_pool WHERE pool = ?"
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query, [WAREHOUSE_POOL]).fetchall() == [(1,)]


def note_prepared(home: Path) -> None:
    """The home remembers which Airflow version made its database."""
    _version_file(home).write_text(_airflow_version(), encoding="utf-8")


def state_of(home: Path) -> Path:
    """The folder of all of Airflow's state."""
    return home.absolute() / "airflow"


def _airflow_version() -> str:
    return version("apache-airflow-core")


def _version_file(home: Path) -> Path:
    return state_of(home) / "metadata-version"


def _inherited_path(name: str, separator: str = os.pathsep) -> list[str]:
    return [part for part in os.environ.get(name, "").split(separator) if part]
