"""In the scheduler of a local run SQLite tells the time to the millisecond."""

import os
import subprocess
import sys

import pytest

from pipelines.base.settings import PROJECT

PROGRAM = """
import runpy, sys
sys.argv = ["airflow", sys.argv[1]]
runpy.run_path("dashboard/airflow_plugins/sqlite_clock.py")
from sqlalchemy import cast, create_engine, func, select, String
from sqlalchemy.dialects import postgresql
with create_engine("sqlite://").connect() as database:
    print(database.execute(select(cast(func.now(), String))).scalar())
    print(repr(database.execute(select(func.now())).scalar().microsecond % 1000))
print(select(func.now()).compile(dialect=postgresql.dialect()))
"""


@pytest.mark.parametrize(("component", "length"), [("scheduler", 26), ("api-server", 19)])
def test_only_the_scheduler_has_milliseconds_and_only_of_sqlite(
    component: str, length: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, component],
        cwd=PROJECT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    # Airflow may say something before, as where another process makes its database just now.
    told, thousandths, of_postgres = done.stdout.splitlines()[-3:] or [done.stderr, "", ""]
    assert len(told) == length, told
    assert thousandths == "0", "it is read back as it was told"
    assert of_postgres == "SELECT now() AS now_1"
