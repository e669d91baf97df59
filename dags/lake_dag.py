"""The DAG that keeps a DuckLake small; there is none where the warehouse is a DuckDB file."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, task

from dags.common import DEFAULT_ARGS
from dags.notifier import TaskFailedNotifier
from pipelines.base.settings import settings
from pipelines.local_airflow.airflow_home import WAREHOUSE_POOL
from warehouse.store.lake_upkeep import is_lake

GUIDANCE = """
### Upkeep of the lake
Once an hour: writes rows that stand in the catalogue as files, merges small files, ends snapshots
older than two days and deletes their files. Loads wait for it, seconds. It is safe to run it again.

**Red?** `WarehouseBusy` or `StateUnavailable`: it is tried again. Anything else: read the log.
A day without it costs speed and nothing else.
"""


@task(
    pool=WAREHOUSE_POOL,
    execution_timeout=timedelta(minutes=30),
    on_failure_callback=TaskFailedNotifier("the lake grows slower to read until it runs again."),
)
def tidy() -> dict[str, Any]:
    """Tidies the lake; returns its files before and after, and the seconds of each step."""
    from dataclasses import asdict

    from warehouse.store.lake_upkeep import tidy_lake

    return asdict(tidy_lake(settings().root))


if is_lake(settings().root):
    with DAG(
        dag_id="lake",
        dag_display_name="Upkeep of the lake",
        description="Merges the lake's small files and ends its old snapshots",
        doc_md=GUIDANCE,
        schedule=CronTriggerTimetable("37 * * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULT_ARGS,
        tags=["uec", "storage"],
    ):
        tidy()
