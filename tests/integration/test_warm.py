"""A process that tasks are forked from: what is warm in it, and that nothing of it is left open."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.base.settings import PROJECT, settings
from pipelines.warm import forks_workers

WARM = """
import os, sys
from pipelines.warm import warm_up
warm_up()
from warehouse.store import connection
assert not connection._databases, "no DuckDB is left"
before = set(sys.modules)
pid = os.fork()
if not pid:
    from pipelines import steps
    steps.land_files([__import__("pathlib").Path(sys.argv[1])])
    assert steps.drain() == 1
    print(steps.publish())
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    heavy = new & {"great_expectations", "pandas", "pyarrow", "duckdb", "numpy"}
    print("imported late:", sorted(heavy))
    sys.stdout.flush()
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=PROJECT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_task_that_is_forked_has_all_it_needs(home: Path, tmp_path: Path) -> None:
    from tests.support.small_slots import FIRST_FILE, write_slots

    ended = run(WARM, str(write_slots(tmp_path / FIRST_FILE)))
    assert ended.returncode == 0, ended.stderr
    assert "imported late: []" in ended.stdout
    assert "rehearsal failed" not in ended.stderr
    assert {path.name for path in home.iterdir()} >= {"warehouse.duckdb", "publications"}


def test_a_rehearsal_that_fails_keeps_no_scheduler_from_starting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_EXPECTATIONS_DIR", str(home / "nowhere"))
    settings.cache_clear()
    ended = run("from pipelines.warm import warm_up; warm_up(); print('up')")
    assert ended.stdout == "up\n", ended.stderr


@pytest.mark.parametrize(
    ("arguments", "is_warm"),
    [
        (["airflow", "scheduler", "--skip-serve-logs"], True),
        (["airflow", "celery", "worker", "-c", "2"], True),
        (["airflow", "celery", "flower"], False),
        (["airflow", "api-server"], False),
        (["airflow", "dag-processor"], False),
        (["airflow", "triggerer"], False),
        (["airflow"], False),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else str(value),
)
def test_only_the_parents_of_workers_are_warmed(arguments: list[str], is_warm: bool) -> None:
    assert forks_workers(arguments) is is_warm
