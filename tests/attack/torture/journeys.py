"""Everything that may be killed: each command, each step of the DAGs, each task of a DAG.

The journeys of a round follow one another on one home; whatever a round sends follows from its
number. A command that the application does not have is left out.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from pipelines import steps
from pipelines.base.errors import SitrepError
from pipelines.base.settings import settings
from pipelines.cli.app import COULD_NOT_RUN, _run, make_app
from pipelines.registry.registry import load_registry
from pipelines.simulate.faults import RATED, Fault
from tests.support import small_slots
from tests.support.small_slots import write_slots
from tests.support.small_workbook import DAYS, FILE_NAME, GA_BEDS, write_workbook

MOMENT = "2026-11-25T13:00:00Z"
"""What the clock says: an hour after the valid files were loaded."""
_FIRST_SLOT = datetime(2026, 11, 25, 6, tzinfo=UTC)
_SLOT = timedelta(minutes=15)
_SINCE = "2026-11-20T00:00Z"

Journey = Callable[[int], int]
"""Does its work for a round on the home of this process; an exit code."""


@dataclass(frozen=True)
class Stage:
    """One journey of a round."""

    name: str
    journey: Journey
    writes: bool = True
    """Whether it changes the home, so that a full disk can stop it."""


_FAULTS = tuple(fault for fault in RATED if fault is not Fault.OUT_OF_ORDER)
"""Of a file and the newer one that overtook it, the history depends on whether they were loaded
together: after a kill they are not."""


def _simulate(number: int, slot: int, *options: str) -> int:
    start = _FIRST_SLOT + (number % 8 * 2 + slot) * _SLOT
    window = ("--from", f"{start:%Y-%m-%dT%H:%MZ}", "--to", f"{start + _SLOT:%Y-%m-%dT%H:%MZ}")
    rates = (word for fault in _FAULTS for word in ("--fault", f"{fault}=0.03"))
    return _run(["simulate", *window, "--seed", str(number), *rates, *options])


def _as_a_task(work: Journey) -> Journey:
    """Ends as a task of a DAG does: a fault that is known is told, and the task is red."""

    def told(number: int) -> int:
        try:
            return work(number)
        except SitrepError as error:
            print(error, file=sys.stderr)
            return COULD_NOT_RUN

    return told


@_as_a_task
def _collect(_: int) -> int:
    registry = load_registry()
    for collection in registry.collections:
        for endpoint in registry.endpoints_of(collection):
            steps.collect(endpoint)
    return 0


@_as_a_task
def _bring_in(_: int) -> int:
    for collection in load_registry().collections:
        steps.bring_in(collection)
    return 0


def _ingest(number: int) -> int:
    """A workbook with another figure in each round, one wrong cell, and a file of slots."""
    folder = Path(os.environ["SITREP_TORTURE_INPUTS"]) / str(number)
    trust = ("RF4", "R1H", "RQM")[number % 3]
    workbook = write_workbook(
        folder / FILE_NAME,
        {
            (GA_BEDS, trust, "Core Beds Open", DAYS[0]): 700 + number,
            (GA_BEDS, "R1H", "Total beds occ'd", DAYS[1]): "many",
        },
    )
    slots = write_slots(
        folder / small_slots.SECOND_FILE,
        {(small_slots.SITES[0], small_slots.SLOTS[0]): {"arrivals": number}},
    )
    return _run(["ingest", str(workbook), str(slots)])


@_as_a_task
def _rerun(_: int) -> int:
    steps.rerun("acute_realtime", None, datetime(2026, 11, 20, tzinfo=UTC), None)
    return 0


@_as_a_task
def _task_bring_in(_: int) -> int:
    from airflow.sdk.exceptions import AirflowSkipException

    from dags.collection_dags import bring_in

    for name, collection in load_registry().collections.items():
        try:
            bring_in.function(name, collection.cadence.slot_minutes)
        except AirflowSkipException:
            continue
    return 0


@_as_a_task
def _task_publish(_: int) -> int:
    from dags.publish_dag import publish

    publish.function()
    return 0


@_as_a_task
def _task_watch(_: int) -> int:
    from dags.watch_dag import watch

    watch.function()
    return 0


def _command(*arguments: str) -> Journey:
    return lambda _: _run([one.format(home=settings().root) for one in arguments])


def _reads(name: str, *arguments: str) -> Stage:
    return Stage(name, _command(*arguments), writes=False)


_STAGES: Sequence[Stage] = (
    Stage("simulate --folder", lambda number: _simulate(number, 0, "--folder")),
    Stage("collect", _collect),
    Stage("bring_in", _bring_in),
    Stage("simulate", lambda number: _simulate(number, 1)),
    Stage("drain", _command("drain")),
    Stage("ingest", _ingest),
    Stage("watch", _command("watch")),
    Stage("publish", _command("publish")),
    Stage("simulate more", lambda number: _simulate(number + 100, 0, "--folder")),
    Stage("task bring_in", _task_bring_in),
    Stage("task watch", _task_watch),
    Stage("task publish", _task_publish),
    Stage("reprocess", _command("reprocess", "--since", _SINCE)),
    Stage("rerun", _rerun),
    _reads("status", "status"),
    _reads("submissions", "submissions", "--json"),
    _reads("feeds", "feeds"),
    _reads("slots", "slots", "acute_realtime.r0a"),
    _reads("query", "query", "SELECT count(*) FROM acute_realtime"),
    _reads("query --ledger", "query", "--ledger", "SELECT count(*) FROM ops.submission"),
    _reads("as-of", "as-of", "2026-11-25T11:00Z", "SELECT count(*) FROM acute_sitrep"),
    Stage("backup", _command("backup", "{home}-backup")),
    Stage("rebuild", _command("rebuild")),
    Stage("retain", _command("retain")),
    Stage("publish again", _command("publish")),
)
_OF_OTHERS = ("backup", "rebuild", "retain")
"""Commands that this application may not have yet."""


def stages() -> Mapping[str, Stage]:
    """The journeys of a round in their order, by name."""
    known = set(typer.main.get_command(make_app()).commands)  # type: ignore[attr-defined]
    return {one.name: one for one in _STAGES if one.name not in _OF_OTHERS or one.name in known}
