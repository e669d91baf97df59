"""The DAG that makes a publication: at an arrival, at a change, and every quarter of an hour.

Asset events are a wake-up and not a promise, so the timetable backs them up. One that arrives
while a run is active is kept for the next run.
"""

from datetime import timedelta

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable
from airflow.sdk.bases.timetable import BaseTimetable

from dags.common import DEFAULT_ARGS, MOST_RUNS, arrived_asset, warehouse_asset
from dags.notifier import TaskFailedNotifier
from dags.told_task import publishing_task
from pipelines.base.settings import settings
from pipelines.local_airflow.airflow_home import WAREHOUSE_POOL
from pipelines.registry.registry import load_registry

GUIDANCE = """
### Publication for the winter control room
Builds a complete, verified snapshot of the tables and makes it current. Readers of the previous
one carry on. If this fails, the previous one stays current and grows older. If only some of its
tables could not be made, the new one is current with those tables of the previous one, and this
task is red until they can be made again. If tables have lost rows, the previous one stays current
too: restore what the warehouse lost, or insist with `sitrep publish --allow-shrink`.

**Red?** An alert is sent once an hour. Read the task's log and fix the cause. Then clear the task,
or wait: it runs again at the next quarter of an hour. Running it again is safe.
"""


@publishing_task(
    pool=WAREHOUSE_POOL,
    execution_timeout=timedelta(minutes=15),
    on_failure_callback=TaskFailedNotifier(
        "the control room still reads the previous publication, or those of its tables that the "
        "error names; they grow older."
    ),
)
def publish() -> str:
    """Makes a new publication current; returns its name."""
    from pipelines import steps

    return steps.publish(awaits_arrivals=True)


def schedule(collections: list[str]) -> BaseTimetable:
    """Any arrival, any change of a collection, and the quarter-hours besides.

    A run that an arrival has woken waits until what came is in the ledger: it is there by then.
    """
    quarter_hours = CronTriggerTimetable("*/15 * * * *", timezone="UTC")
    if not collections:
        return quarter_hours
    wake = [warehouse_asset(name) for name in collections]
    if settings().wake_on_arrival:
        wake += [arrived_asset(name) for name in collections]
    return AssetOrTimeSchedule(timetable=quarter_hours, assets=AssetAny(*wake))


with DAG(
    dag_id="publish",
    dag_display_name="Publish",
    description="Makes a new publication for the control room",
    doc_md=GUIDANCE,
    schedule=schedule(list(load_registry().collections)),
    catchup=False,
    max_active_runs=MOST_RUNS,
    default_args=DEFAULT_ARGS,
    tags=["uec", "publication"],
):
    publish()
