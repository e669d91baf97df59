"""The DAG that makes providers' letters of the week, on Mondays when `SITREP_LETTERS_AT` says."""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task

from dags.common import DEFAULT_ARGS, ask_airflow_for_connections
from dags.notifier import TaskFailedNotifier
from pipelines.base.settings import settings

GUIDANCE = """
### Weekly letters to providers
Makes each provider's letter of the last London week (Monday to Sunday) from the current
publication, as HTML and plain text, and keeps it in `letters/<provider>` of the home. A letter goes
by the way back of the provider's first feed that has one; while that source is down it is owed, and
given by a later run of any collection of that source. A letter that is kept is not made again, so
it is safe to run this again.

**Red?** `UsageError`: there is no publication, or none was made since the week ended. Publish, and
clear the task. `LettersBusy`: another process makes letters; it is tried again.
"""


@task(
    execution_timeout=timedelta(minutes=15),
    on_failure_callback=TaskFailedNotifier("providers have no letter of last week."),
)
def make_the_letters() -> str:
    """Makes the letters of last week and gives them back; returns how many."""
    from dashboard.letters.make_letters import make_weekly_letters

    ask_airflow_for_connections()
    return make_weekly_letters()


def on_mondays(hour: str) -> CronTriggerTimetable:
    """Every Monday at that time of London's clock, as `08:00`."""
    hours, minutes = (int(part) for part in hour.split(":"))
    return CronTriggerTimetable(f"{minutes} {hours} * * 1", timezone="Europe/London")


with DAG(
    dag_id="letters",
    dag_display_name="Weekly letters to providers",
    description="Makes, keeps and gives back each provider's letter of the week",
    doc_md=GUIDANCE,
    schedule=on_mondays(settings().letters_at),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["uec", "publication"],
):
    make_the_letters()
