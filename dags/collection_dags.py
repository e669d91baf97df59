"""One DAG per collection and cadence, made from the registry: collect, validate, load, answer.

Every step drains what the ledger says is pending, whatever the step before it did, so a run that
failed or never ran is made good by the next one. A broken file in the registry costs its own DAG
only; `registry_check.py` shows it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, chain, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags.common import DEFAULT_ARGS, WAREHOUSE_POOL, timetable, warehouse_asset
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry, load_registry

SUFFIXES = {15: "quarter_hourly", 60: "hourly", 1440: "daily"}
"""Ending of the DAG id by slot length in minutes."""

GUIDANCE = """
### {title}
{description}

**A green run with few or no rows** is not a fault: a rejected file is a result. The ledger says
what became of each file.

Red tasks:
- `collect` at one map index: that source could not be reached; the others went on. Check the
  source; the next run asks again by itself.
- `validate`, `load` or `answer`: our fault and not a provider's. Read the task's log, cure it,
  clear the red task.
- `fail_the_run`: only makes the run red because one of the above is.

`load` is *skipped* when there was nothing to load, `rerun` in every ordinary run. The log of
`answer` says what came of each feed, and for each file that was kept out, why.

Running this DAG by hand at any time is safe. **To read submissions again**, after a contract, a
feed or a reader has changed, trigger it with `since` (and `until`, `feed`), or run
`airflow backfill create --dag-id … --from-date … --to-date …`: every run of it reads again what was
received in its interval.
"""

PARAMS = {
    "feed": Param(None, type=["null", "string"], description="Only this feed is read again."),
    "since": Param(
        None,
        type=["null", "string"],
        description="Submissions received from then on are read again, and sources that are asked "
        "are asked for every missing slot from then on: 2026-11-01T00:00 (London).",
    ),
    "until": Param(None, type=["null", "string"], description="Only those received before then."),
}


def asked_window(
    params: dict[str, Any] | None, dag_run: Any, slot_minutes: int
) -> tuple[datetime, datetime | None] | None:
    """The time that a run by hand or a backfill asks for; None in an ordinary run."""
    from pipelines.base.clock import LONDON, parse_instant

    asked = params or {}
    if asked.get("since"):
        until = parse_instant(asked["until"]) if asked.get("until") else None
        return parse_instant(asked["since"]), until
    if dag_run is not None and dag_run.run_type == "backfill":
        end = dag_run.logical_date
        length = timedelta(minutes=slot_minutes)
        if length < timedelta(days=1):
            return end - length, end
        # A daily run has 25 hours before it when the clocks go back, and 23 when they go forward.
        return (end.astimezone(LONDON) - length).astimezone(UTC), end
    return None


@task(execution_timeout=timedelta(hours=2), pool=WAREHOUSE_POOL)
def rerun(
    collection: str,
    slot_minutes: int,
    params: dict[str, Any] | None = None,
    dag_run: Any = None,
) -> int:
    """Reads submissions again, of the time that was asked for; skipped in an ordinary run."""
    from pipelines import steps

    window = asked_window(params, dag_run, slot_minutes)
    if window is None:
        raise AirflowSkipException("Nothing is to be read again.")
    return steps.rerun(collection, (params or {}).get("feed"), *window)


@task(
    trigger_rule=TriggerRule.ALL_DONE,
    execution_timeout=timedelta(minutes=10),
    map_index_template="{{ task.op_kwargs['endpoint'] }}",
)
def collect(
    slot_minutes: int,
    endpoint: str,
    params: dict[str, Any] | None = None,
    dag_run: Any = None,
) -> int:
    """Lands the new files of one source endpoint; returns how many.

    A source that is asked for its slots is asked for those of the time that the run is for, too.
    """
    from pipelines import steps

    window = asked_window(params, dag_run, slot_minutes)
    return steps.collect(endpoint, window[0] if window else None)


@task(trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=30))
def validate(collection: str) -> str | None:
    """Stages all pending submissions of the collection; returns the batch, if there was any."""
    from pipelines import steps

    return steps.validate(collection)


@task(trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=30))
def load(collection: str) -> int:
    """Settles every staged submission; returns how many. Skipped, so no event, when none."""
    from pipelines import steps

    settled = steps.load(collection)
    if settled == 0:
        raise AirflowSkipException("Nothing was staged, so nothing changed in the warehouse.")
    return settled


@task(trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=10))
def answer() -> int:
    """Writes the answers that the ledger still owes to providers; returns how many."""
    from pipelines import steps

    return steps.answer()


@task(trigger_rule=TriggerRule.ONE_FAILED, retries=0)
def fail_the_run() -> None:
    """Makes the run red when any of its tasks is, since the later steps go on regardless."""
    raise AirflowFailException("A task of this run failed: open the red ones for the reason.")


def dag_id(collection: Collection) -> str:
    """The collection's name with its cadence, for instance `acute_sitrep_daily`."""
    minutes = collection.cadence.slot_minutes
    return f"{collection.collection}_{SUFFIXES.get(minutes, f'every_{minutes}_minutes')}"


def collection_dag(collection: Collection, endpoints: list[str]) -> DAG:
    """The DAG that brings one collection up to date."""
    name, minutes = collection.collection, collection.cadence.slot_minutes
    with DAG(
        dag_id=dag_id(collection),
        dag_display_name=collection.title,
        description=collection.title,
        doc_md=GUIDANCE.format(title=collection.title, description=collection.description),
        schedule=timetable(collection.cadence),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULT_ARGS,
        params=PARAMS,
        tags=["uec", "collection", name],
    ) as dag:
        changed = [warehouse_asset(name)]
        steps = [
            rerun.override(outlets=changed)(name, minutes),
            collect.partial(slot_minutes=minutes).expand(endpoint=endpoints),
            validate(name),
            load.override(pool=WAREHOUSE_POOL, outlets=changed)(name),
            answer(),
        ]
        chain(*steps)
        steps >> fail_the_run()
    return dag


def make_dags(registry: Registry) -> dict[str, DAG]:
    """A DAG for every usable collection, by DAG id."""
    dags = [
        collection_dag(collection, registry.endpoints_of(name))
        for name, collection in registry.collections.items()
    ]
    return {dag.dag_id: dag for dag in dags}


globals().update(make_dags(load_registry()))
