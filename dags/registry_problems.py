"""The DAG that fails, every hour, while a configuration file is broken: for alerts and history.

`registry_check.py` shows the same at once, on the front page, as an import error.
"""

from airflow.sdk import DAG, CronTriggerTimetable, task
from airflow.sdk.exceptions import AirflowFailException

from dags.common import DEFAULT_ARGS

GUIDANCE = """
### Broken feed and collection files
Red while a YAML file of the registry, or a rule in one, cannot be used. The log names the file,
the line and the mistake. The feed or collection of that file does not run meanwhile; all others do.
Correct the file: within half a minute its DAG is back and the import error on the front page is
gone.
"""


@task(retries=0)
def report_problems() -> str:
    """Fails with every broken file, its line and its mistake; says so when there is none."""
    from pipelines.registry.registry import load_registry
    from pipelines.validate.check_rules import rule_mistakes

    registry = load_registry()
    told = [problem.message for problem in registry.problems] + rule_mistakes(registry)
    if told:
        lines = "\n".join(told)
        raise AirflowFailException(f"{len(told)} broken configuration file(s) or rule(s):\n{lines}")
    return "Every feed and collection file is usable."


with DAG(
    dag_id="registry_problems",
    dag_display_name="Registry problems",
    description="Red while a feed or collection file is broken",
    doc_md=GUIDANCE,
    schedule=CronTriggerTimetable("5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["uec", "watch"],
):
    report_problems()
