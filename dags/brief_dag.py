"""The DAG that makes the daily brief, when `SITREP_BRIEF_AT` says, by London's clock."""

from datetime import timedelta

from airflow.sdk import DAG, task

from dags.common import DEFAULT_ARGS, at_the_hour
from dags.notifier import TaskFailedNotifier
from pipelines.base.settings import settings

GUIDANCE = """
### Daily brief of the control room
Makes the brief of today from the current publication, as HTML and PDF, and keeps both in
`briefs/` of the home. The dashboard lists them under `/briefs`. A brief that is kept is not
overwritten, so it is safe to run this again; `sitrep brief --again` makes one anew. If nothing was
published lately, the brief is made all the same and says so.

**Red?** `PdfNotMade`: the page is kept, libraries of the system that a PDF needs are missing.
Install what the log names and clear the task: it makes the PDF. `UsageError`: there is no
publication yet.
"""


@task(
    execution_timeout=timedelta(minutes=15),
    on_failure_callback=TaskFailedNotifier(
        "the control room has no brief of today, or one without its PDF."
    ),
)
def make_the_brief() -> str:
    """Makes the brief of today and keeps it; returns what was kept."""
    from dashboard.brief.make_brief import make_daily_brief

    return make_daily_brief()


with DAG(
    dag_id="brief",
    dag_display_name="Daily brief",
    description="Makes and keeps the control room's brief of the day",
    doc_md=GUIDANCE,
    schedule=at_the_hour(settings().brief_at),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["uec", "publication"],
):
    make_the_brief()
