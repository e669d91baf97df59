"""Metrics begun in a test's process as Airflow begins them in a task's, and a program that forks.

    python -m tests.support.metrics_begun

sends one metric, and forks a child that sends a tally and ends as a task's process ends.
"""

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta


def begin_metrics() -> None:
    """As `airflow.sdk.execution_time.task_runner.main` does it, from Airflow's settings."""
    from airflow.sdk.configuration import conf
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics import stats_utils

    stats.initialize(
        factory=stats_utils.get_stats_factory(),
        export_legacy_names=conf.getboolean("metrics", "legacy_names_on"),
    )


@contextmanager
def metrics_begun() -> Iterator[None]:
    """Metrics go where Airflow's settings say, and nowhere afterwards."""
    from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
    from airflow.sdk.observability import stats

    begin_metrics()
    try:
        yield
    finally:
        stats.initialize(factory=NoStatsLogger, export_legacy_names=True)


def _send_as_task() -> None:
    from dags.telemetry import send_tally
    from pipelines.base.tally import RunTally, TimedStep

    tally = RunTally(seconds={TimedStep.LOAD: 1.5})
    tally.submissions["nhs111", "accepted"] = 3
    tally.lateness = [("nhs111", timedelta(minutes=2)), ("nhs111", timedelta(minutes=1))]
    send_tally(tally, "nhs111")


def _main() -> int:
    from airflow.sdk.observability import stats

    begin_metrics()
    stats.incr("parent", 1)
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        # What Airflow's supervisor does around a task.
        atexit._clear()
        begin_metrics()
        _send_as_task()
        atexit._run_exitfuncs()
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(_main())
