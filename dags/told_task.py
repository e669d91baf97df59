"""Tasks that tell what they did: in their log and result, as metrics, and as lineage.

They are Airflow's `@task`, and their functions know nothing of it. The steps count what they do
while a task's tally is open (`pipelines/base/tally.py`). What cannot be told fails no task.
"""

import json
import logging
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk.bases.decorator import DecoratedOperator, task_decorator_factory

from dags import telemetry
from dags.lineage import lineage_of_collection, lineage_of_publication, lineage_of_watch
from pipelines.base.clock import now
from pipelines.base.settings import settings
from pipelines.base.tally import RunTally, tallied
from pipelines.registry.registry import load_registry

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

COUNTS = "counts"
"""Key of the task's result beside its return value: counts and seconds."""

_log = logging.getLogger(__name__)


class ToldOperator(DecoratedOperator, PythonOperator):
    """Runs its function as `@task` does, with a tally open, and tells it whatever it ends with."""

    template_fields = PythonOperator.template_fields
    template_fields_renderers = PythonOperator.template_fields_renderers
    custom_operator_name = "@task"
    tally: RunTally | None = None

    def __init__(
        self, *, python_callable: Any, op_args: Any, op_kwargs: Any, **others: Any
    ) -> None:
        own = {"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs}
        super().__init__(kwargs_to_upstream=own, **own, **others)

    def execute(self, context: Any) -> Any:
        """The result of the function; what was counted is told after it."""
        result = None
        is_sent = telemetry.metrics_are_on()
        with tallied(wants_lateness=is_sent) as self.tally:
            try:
                result = super().execute(context)
                return result
            finally:
                self._tell(context, result, is_sent=is_sent)

    def send(self, tally: RunTally, result: Any) -> None:
        """Sends metrics of a run; only where metrics are on. `result` is None after a failure."""
        telemetry.send_tally(tally, self.argument("collection"))

    def lineage(self, tally: RunTally | None) -> "OperatorLineage[Any, Any]":
        """What the task reads and writes; the tally is None before it has begun."""
        raise NotImplementedError

    def argument(self, name: str) -> Any:
        """The argument of the function by that name; None where it has none."""
        bound = signature(self.python_callable).bind_partial(*self.op_args, **self.op_kwargs)
        return bound.arguments.get(name)

    def get_openlineage_facets_on_start(self) -> "OperatorLineage[Any, Any]":
        """What the task is going to read and write, as OpenLineage's provider asks for it."""
        return self.lineage(None)

    def get_openlineage_facets_on_complete(self, _: Any) -> "OperatorLineage[Any, Any]":
        """What it has read and written, with counts."""
        return self.lineage(self.tally)

    def get_openlineage_facets_on_failure(self, _: Any) -> "OperatorLineage[Any, Any]":
        """What it has read and written until it failed."""
        return self.lineage(self.tally)

    def _tell(self, context: Any, result: Any, *, is_sent: bool) -> None:
        """The log, the task's result and the metrics have what was counted."""
        assert self.tally is not None
        try:
            if told := self.tally.told():
                _log.info("Done: %s", json.dumps(told))
                context["ti"].xcom_push(COUNTS, told)
            if is_sent:
                self.send(self.tally, result)
        except Exception:
            _log.warning("What the task did could not be told", exc_info=True)


class CollectingOperator(ToldOperator):
    """A task that brings in a collection, or what comes from one of its endpoints."""

    def lineage(self, tally: RunTally | None) -> "OperatorLineage[Any, Any]":
        """From the endpoints to the collection's history and its quarantine."""
        registry, name = load_registry(), self.argument("collection")
        endpoint = self.argument("endpoint")
        endpoints = registry.endpoints_of(name) if endpoint is None else [endpoint]
        return lineage_of_collection(settings().root, name, endpoints, tally)


class PublishingOperator(ToldOperator):
    """The task that publishes."""

    def send(self, tally: RunTally, result: Any) -> None:
        """Seconds, and how old the publication and what it holds are."""
        super().send(tally, result)
        telemetry.send_ages(settings().root, load_registry(), now())

    def lineage(self, tally: RunTally | None) -> "OperatorLineage[Any, Any]":
        """From the histories to the tables that are published."""
        return lineage_of_publication(settings().root, load_registry(), is_done=tally is not None)


class WatchingOperator(ToldOperator):
    """The task that looks for faults over time, by the clock: it tells what stands still, too."""

    def send(self, tally: RunTally, result: Any) -> None:
        """Ages, what waits, and the findings that are open where it could look."""
        super().send(tally, result)
        registry, moment = load_registry(), now()
        telemetry.send_ages(settings().root, registry, moment)
        telemetry.send_queue(settings().root, registry, moment)
        if result is not None:
            telemetry.send_open_findings(result)

    def lineage(self, tally: RunTally | None) -> "OperatorLineage[Any, Any]":
        """It reads the histories and writes findings."""
        return lineage_of_watch(load_registry())


collecting_task = partial(task_decorator_factory, decorated_operator_class=CollectingOperator)
publishing_task = partial(task_decorator_factory, decorated_operator_class=PublishingOperator)
watching_task = partial(task_decorator_factory, decorated_operator_class=WatchingOperator)
