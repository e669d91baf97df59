"""The DAG that looks for what goes wrong over time, and tells it in one alert.

It runs five minutes after each quarter of an hour: by then the grace of the slot before is over and
what the collections' DAGs took at the quarter is loaded, so that nobody is accused in between.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task

from dags.common import DEFAULT_ARGS, WAREHOUSE_POOL
from dags.notifier import TaskFailedNotifier

GUIDANCE = """
### Watch over freshness and quality
Silent and stuck feeds, counts that fall, England's figures off their level, rows that are gone,
unknown codes, refused patient data. **A green run can have findings**: they stand in the table
`watch` of the publication and in `sitrep watch`; what is new or over was told in one alert (the
log of the task; e-mail and webhook where `SITREP_ALERT_...` says so).

**Red?**
- `AlertNotTaken`: a mail server or webhook did not take the alert. It is kept and sent again.
- `WatchFault`: our fault. A monitor or a collection could not be looked at: the log names it.
  What the others found was told.

That this DAG fails is told by itself, once an hour, where alerts go.
"""


@task(
    pool=WAREHOUSE_POOL,
    execution_timeout=timedelta(minutes=10),
    on_failure_callback=TaskFailedNotifier(
        "nobody is told of silent or stuck feeds, or of patient data, until it runs again."
    ),
)
def watch() -> int:
    """Looks once and tells what is new or over; returns how many findings are open."""
    from pipelines.watch.look import watch as look_and_tell

    return look_and_tell()


with DAG(
    dag_id="watch",
    dag_display_name="Watch",
    description="Looks for silent and stuck feeds, odd figures, unknown codes and patient data",
    doc_md=GUIDANCE,
    schedule=CronTriggerTimetable("5-59/15 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["uec", "watch"],
):
    watch()
