"""The DAG that looks for faults over time and sends one alert.

It runs five minutes after each quarter of an hour: by then the grace of the previous slot is over
and the files collected at the quarter are loaded, so that no feed is reported too early.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from dags.common import DEFAULT_ARGS, ask_airflow_for_connections
from dags.notifier import TaskFailedNotifier
from dags.told_task import watching_task
from pipelines.local_airflow.airflow_home import WAREHOUSE_POOL

GUIDANCE = """
### Watch over freshness and quality
Looks for silent and stuck feeds, falling counts, figures that are unusual or beyond their alert
level, missing rows, unknown codes and refused patient data, and removes copies of refused files
that are left somewhere (the log says how many). **A green run can have findings.** They are in the
table `watch` of the publication and in `sitrep watch`; new and ended findings are sent in one alert
(to the task's log, and to e-mail and webhook where `SITREP_ALERT_...` says so).

**Red?**
- `AlertNotTaken`: a mail server or webhook did not take the alert. It is kept and sent again.
- `WatchFault`: our fault. A monitor or a collection could not be looked at: the log names it.
  What the others found was told.

A failure of this DAG sends its own alert, once an hour.
"""


@watching_task(
    pool=WAREHOUSE_POOL,
    execution_timeout=timedelta(minutes=10),
    on_failure_callback=TaskFailedNotifier(
        "silent feeds, stuck feeds and patient data raise no alert until it runs again."
    ),
)
def watch() -> int:
    """Looks once and reports new and ended findings; returns how many findings are open."""
    from pipelines.steps import sweep_copies
    from pipelines.watch.look import watch as look_and_tell

    ask_airflow_for_connections()
    try:
        return look_and_tell()
    finally:
        sweep_copies()


with DAG(
    dag_id="watch",
    dag_display_name="Watch",
    description="Looks for silent and stuck feeds, unusual figures, unknown codes and patient data",
    doc_md=GUIDANCE,
    schedule=CronTriggerTimetable("5-59/15 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["uec", "watch"],
):
    watch()
