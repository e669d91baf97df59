"""What the DAG files share: the warehouse's assets, and what a retry can cure."""

from datetime import timedelta
from typing import Any

from airflow.sdk import (
    Asset,
    AssetOrTimeSchedule,
    AssetWatcher,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
)
from airflow.sdk.bases.timetable import BaseTimetable

from dags.arrival_trigger import ArrivalTrigger
from pipelines.base.connections import Connection, extra_of, resolve_with
from pipelines.base.errors import ConfigurationError, Retryable
from pipelines.base.secrets import tell_of_secrets
from pipelines.base.settings import settings
from pipelines.registry.cadence import Cadence
from pipelines.registry.contract import Collection

LOCAL_QUARTER_HOURLY, LOCAL_DAILY = "* * * * *", "*/5 * * * *"
"""How often the collections of a local run are looked after."""

MOST_RUNS = 2
"""Of a DAG that events wake: one that works and one that waits, since its task runs once at a time.

With one, Airflow 3.3 at times keeps the next run waiting until it reads the DAG's file again, half
a minute: the DAG processor notes that the DAG has all its runs just as the last of them ends.
"""

RETRY_ONLY_WHAT_CAN_HEAL = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=Retryable,
            action=RetryAction.RETRY,
            reason="A source or lock was unavailable; a retry may work.",
        )
    ],
    default=RetryAction.FAIL,
)

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "uec-feeds",
    "retries": 2,
    # Short, because the other sources of the same run wait for an unreachable one.
    "retry_delay": timedelta(seconds=20),
    "retry_policy": RETRY_ONLY_WHAT_CAN_HEAL,
}


def warehouse_asset(collection: str) -> Asset:
    """The asset that changes whenever a submission of the collection has been settled."""
    return Asset(name=f"warehouse.{collection}", uri=f"sitrep://warehouse/{collection}")


def arrived_asset(collection: str) -> Asset:
    """The asset that changes when something of the collection arrives."""
    return Asset(
        name=f"arrived.{collection}",
        uri=f"sitrep://arrived/{collection}",
        watchers=[AssetWatcher(name=f"arrivals.{collection}", trigger=ArrivalTrigger(collection))],
    )


def timetable(cadence: Cadence) -> CronTriggerTimetable:
    """The collection's cadence in its own time zone; a local run's override begins at once."""
    override = settings().schedule_override
    if override is None:
        return CronTriggerTimetable(cadence.cron, timezone=cadence.time_zone)
    # Those of days and months wait a little longer, so that a small machine is not always busy.
    cron = LOCAL_DAILY if cadence.is_dated and override == LOCAL_QUARTER_HOURLY else override
    return CronTriggerTimetable(cron, timezone=cadence.time_zone, run_immediately=True)


def at_the_hour(hour: str, weekday: str = "*") -> CronTriggerTimetable:
    """At that time of London's clock, as `07:30`, every day or on that weekday of cron."""
    hours, minutes = (int(part) for part in hour.split(":"))
    return CronTriggerTimetable(f"{minutes} {hours} * * {weekday}", timezone="Europe/London")


def woken(collection: Collection) -> BaseTimetable:
    """The collection's cadence, and any arrival besides.

    An arrival that is not told, or told while nobody listens, is taken by the next run of the
    cadence.
    """
    by_the_clock = timetable(collection.cadence)
    if not settings().wake_on_arrival:
        return by_the_clock
    return AssetOrTimeSchedule(
        timetable=by_the_clock, assets=[arrived_asset(collection.collection)]
    )


def ask_airflow_for_connections() -> None:
    """In this process connections are Airflow's, and it masks their secrets in the task's log."""
    from airflow.sdk.log import mask_secret

    tell_of_secrets(mask_secret)
    resolve_with(_from_airflow)


def _from_airflow(name: str) -> Connection | None:
    """The connection as Airflow has it: from its variables, its database or a secrets backend."""
    from airflow.sdk import Connection as AirflowConnection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found = AirflowConnection.get(name)
    except AirflowNotFoundException:
        return None
    try:
        extra = extra_of(found.extra)
    except ValueError:
        # Neither the text nor the error is told: both may hold a secret.
        raise ConfigurationError(
            f"The extra of Airflow's connection '{name}' is no JSON object. Correct it there."
        ) from None
    return Connection(
        name,
        host=found.host or "",
        port=found.port,
        login=found.login or "",
        password=found.password or "",
        schema=found.schema or "",
        extra=extra,
    )
