"""One migrated Airflow database per test process, made once for all of them.

Airflow reads its environment when it is first imported, so the fixture sets it before, and a
test module must import Airflow inside its tests.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from pipelines.local_airflow.airflow_home import PREPARE_METADATA, environment, state_of

LIMIT_SECONDS = 180
"""Airflow's own imports take up to 20 s on two busy cores; the rest is margin."""


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory, worker_number: str) -> Iterator[Path]:
    """This process's own Airflow with an empty, migrated database; its environment is set."""
    if "airflow" in sys.modules:
        pytest.fail("Airflow was imported before its environment was set: import it in the test.")
    shared = tmp_path_factory.getbasetemp()
    if worker_number:
        shared = shared.parent
    template = shared / "airflow-template"
    with FileLock(shared / "airflow-template.lock", timeout=LIMIT_SECONDS):
        if not template.exists():
            _make_template(template)
    home = tmp_path_factory.mktemp("airflow")
    shutil.copytree(state_of(template), state_of(home))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _airflow_variables(home).items():
            patch.setenv(name, value)
        yield state_of(home)


@pytest.fixture(scope="session")
def worker_number() -> str:
    """The name of this pytest-xdist worker, or nothing when there is one process only."""
    return os.environ.get("PYTEST_XDIST_WORKER", "")


def _make_template(template: Path) -> None:
    """A migrated database at `template`, complete or not there at all."""
    partial = template.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    state_of(partial).mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-c", PREPARE_METADATA],
        env={**os.environ, **environment(partial)},
        check=True,
        capture_output=True,
        timeout=LIMIT_SECONDS,
    )
    partial.rename(template)


def _airflow_variables(home: Path) -> dict[str, str]:
    """Airflow's settings for `home`, without ours: each test has a SITREP_HOME of its own."""
    return {name: value for name, value in environment(home).items() if name.startswith("AIRFLOW")}
