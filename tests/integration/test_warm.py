"""A process that tasks are forked from: what is warm in it, and that nothing of it is left open."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.base.settings import PROJECT, settings
from pipelines.local_airflow.airflow_home import environment
from pipelines.warm import forks_workers, import_all

WARM = """
import os, sys
from pipelines import warm
rehearse, rehearsals = warm._rehearse, []
warm._rehearse = lambda *given: (rehearsals.append(1), rehearse(*given))
warm.warm_up()
from warehouse.store import connection
assert not connection._databases, "no DuckDB is left"
before = set(sys.modules)
pid = os.fork()
if not pid:
    warm.warm_up()  # as a task does, which loads Airflow's plugins again
    print("rehearsals:", len(rehearsals))
    from pipelines import steps
    steps.land_files([__import__("pathlib").Path(sys.argv[1])])
    assert steps.drain() == 1
    print(steps.publish())
    kept = {"great_expectations", "pandas", "pyarrow", "duckdb", "numpy", "pipelines", "warehouse"}
    new = {name for name in set(sys.modules) - before if name.partition(".")[0] in kept}
    print("imported late:", sorted(new))
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
    assert "rehearsals: 1" in ended.stdout, "what is forked is warm already"
    assert "rehearsal failed" not in ended.stderr
    assert {path.name for path in home.iterdir()} >= {"warehouse.duckdb", "publications"}


LOADS_PLUGINS = """
import sys
sys.argv = ["airflow", "scheduler"]
from pipelines import warm
rehearsals = []
warm._rehearse = lambda *given: rehearsals.append(1)
from airflow import plugins_manager
from airflow.sdk import plugins_manager as of_tasks
plugins_manager.ensure_plugins_loaded()
of_tasks.integrate_macros_plugins()
print("rehearsals:", len(rehearsals), "warm_workers" in {
    one.name for one in of_tasks._get_plugins()[0]
})
"""


@pytest.mark.long
def test_airflow_loads_the_plugin_twice_and_it_warms_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler loads plugins before it forks, and each task does again."""
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)
    ended = run(LOADS_PLUGINS)
    assert "rehearsals: 1 True" in ended.stdout, ended.stderr


def test_a_module_that_cannot_be_imported_keeps_no_other_from_being_warm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "lacks_its_library.py").write_text("raise OSError('no such library')", "utf-8")
    (tmp_path / "warm_after_it.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import_all(["lacks_its_library", "is_not_installed", "warm_after_it"])
    assert "warm_after_it" in sys.modules
    assert [one.getMessage() for one in caplog.records] == ["lacks_its_library is not warm"]


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
