"""One DAG per collection and cadence, made from the registry.

One task collects, validates, loads and answers, in one process (docs/adr/0015-one-road.md). It
loads everything that the ledger says is pending, so the next run makes up for one that failed or
never ran. A broken file in the registry costs its own DAG only; `registry_check.py` shows it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import (
    DEFAULT_ARGS,
    MOST_RUNS,
    ask_airflow_for_connections,
    warehouse_asset,
    woken,
)
from dags.told_task import collecting_task
from pipelines.registry.cadence import DAY_MINUTES, MONTH_MINUTES
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry, load_registry

SUFFIXES = {15: "quarter_hourly", 60: "hourly", DAY_MINUTES: "daily", MONTH_MINUTES: "monthly"}
"""Ending of the DAG id by slot length in minutes."""

GUIDANCE = """
### {title}
{description}

**A green run with few or no rows is not a fault.** A rejected file is a result, and the ledger has
the outcome of each file.

Red tasks:
- `ask_again` at one map index: that source could not be reached, even at the second try; the
  others went on. Check the source; the next run tries it again.
- `bring_in`: the fault is ours, not a provider's. Read the task's log, fix it and clear the task.

`bring_in` is *skipped* when no file arrived, `ask_again` when every source could be reached. The
log of `bring_in` has the outcome of each feed and the reason for each rejected file; its result
`counts` has what came, what became of it, and the seconds of each step.

It is safe to run this DAG by hand at any time. **To read submissions again** after a contract, a
feed or a reader has changed, trigger it with `since` (and `until`, `feed`), or run
`airflow backfill create --dag-id … --from-date … --to-date …`: each run reads again the
submissions received in its interval.
"""

PARAMS = {
    "feed": Param(None, type=["null", "string"], description="Read only this feed again."),
    "since": Param(
        None,
        type=["null", "string"],
        description="Read again submissions received from this time on, and ask HTTP sources for "
        "every missing slot from this time on: 2026-11-01T00:00 (London).",
    ),
    "until": Param(
        None, type=["null", "string"], description="Only those received before this time."
    ),
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


@collecting_task(execution_timeout=timedelta(hours=2), max_active_tis_per_dag=1)
def bring_in(
    collection: str,
    slot_minutes: int,
    params: dict[str, Any] | None = None,
    dag_run: Any = None,
) -> list[str]:
    """Collects, validates, loads and answers; returns the sources that could not be reached.

    Reads submissions again first where a time is asked for, and asks sources for its slots.
    Skipped, so that the publisher is not woken, when nothing changed.
    """
    from pipelines import steps

    ask_airflow_for_connections()
    window = asked_window(params, dag_run, slot_minutes)
    reread = 0
    if window is not None:
        reread = steps.rerun(collection, (params or {}).get("feed"), *window)
    brought = steps.bring_in(collection, since=window[0] if window else None)
    if not (reread or brought.settled or brought.unreachable):
        raise AirflowSkipException("No file arrived, so nothing changed in the warehouse.")
    return list(brought.unreachable)


@collecting_task(
    execution_timeout=timedelta(minutes=30),
    map_index_template="{{ task.op_kwargs['endpoint'] }}",
)
def ask_again(
    collection: str,
    slot_minutes: int,
    endpoint: str,
    params: dict[str, Any] | None = None,
    dag_run: Any = None,
) -> int:
    """Collects from a source that could not be reached before; fails where it still cannot be."""
    from pipelines import steps

    ask_airflow_for_connections()
    window = asked_window(params, dag_run, slot_minutes)
    brought = steps.bring_in(collection, [endpoint], window[0] if window else None)
    for error in brought.unreachable.values():
        raise error
    return brought.settled


def dag_id(collection: Collection) -> str:
    """The collection's name with its cadence, for instance `acute_sitrep_daily`."""
    minutes = collection.cadence.slot_minutes
    return f"{collection.collection}_{SUFFIXES.get(minutes, f'every_{minutes}_minutes')}"


def collection_dag(collection: Collection) -> DAG:
    """The DAG that brings one collection up to date."""
    name = collection.collection
    # Months are looked for each day: a run by hand or a backfill is of a day at most.
    minutes = min(collection.cadence.slot_minutes, DAY_MINUTES)
    with DAG(
        dag_id=dag_id(collection),
        dag_display_name=collection.title,
        description=collection.title,
        doc_md=GUIDANCE.format(title=collection.title, description=collection.description),
        schedule=woken(collection),
        catchup=False,
        max_active_runs=MOST_RUNS,
        default_args=DEFAULT_ARGS,
        params=PARAMS,
        tags=["uec", "collection", name],
    ) as dag:
        changed = [warehouse_asset(name)]
        unreachable = bring_in.override(outlets=changed)(name, minutes)
        again = ask_again.override(outlets=changed).partial(collection=name, slot_minutes=minutes)
        again.expand(endpoint=unreachable)
    return dag


def make_dags(registry: Registry) -> dict[str, DAG]:
    """A DAG for every usable collection, by DAG id."""
    dags = [collection_dag(collection) for collection in registry.collections.values()]
    return {dag.dag_id: dag for dag in dags}


globals().update(make_dags(load_registry()))
