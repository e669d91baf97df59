"""Lets SQLite tell the scheduler the time to the millisecond: runs start half a second sooner.

Airflow examines runs whose `run_after` is at most SQL's `now()`, and that is whole seconds in
SQLite. A run that an event has made waited for the next full second. Postgres has no such gap.
"""

import sys
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import now


class SQLiteClock(AirflowPlugin):
    """Nothing of it shows in Airflow."""

    name = "sqlite_clock"


def tell_milliseconds() -> None:
    """From here on this process's `now()` has milliseconds in SQLite, as text with six digits."""

    @compiles(now, "sqlite")
    def _now(element: Any, compiler: Any, **_: Any) -> str:
        return "STRFTIME('%Y-%m-%d %H:%M:%f000', 'now')"


if sys.argv[1:2] == ["scheduler"]:
    tell_milliseconds()
