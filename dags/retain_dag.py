"""The DAG that deletes what is past its time, once a day."""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task

from dags.common import DEFAULT_ARGS
from dags.notifier import TaskFailedNotifier

GUIDANCE = """
### Retention
Deletes what is older than the retention file says (`pipelines/storage/retention.yaml`, or
`SITREP_RETENTION_FILE`). As delivered it deletes nothing: every class is kept for ever until a
number of days is set. `sitrep retain --dry-run` shows what would go. Every run is noted in
`retention.jsonl` in the home.

**Red?** Nothing is lost by a run that fails: it deletes the oldest first, and the next one goes on.
`ConfigurationError` names the line of the retention file. `StorageBusy`: a backup, a rebuild or a
restore was running; it is tried again.
"""


@task(
    execution_timeout=timedelta(hours=1),
    on_failure_callback=TaskFailedNotifier("data past its time stays until it runs again."),
)
def retain() -> int:
    """Deletes what is past its time; returns how many items."""
    from pipelines.storage.retain import retain_home

    return retain_home()


with DAG(
    dag_id="retain",
    dag_display_name="Retention",
    description="Deletes what is past its time",
    doc_md=GUIDANCE,
    schedule=CronTriggerTimetable("40 3 * * *", timezone="Europe/London"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["uec", "retention"],
):
    retain()
