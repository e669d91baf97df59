"""Journeys through the pipeline in processes of their own, which are killed for real on the way.

A child is forked from a process that has imported Great Expectations already, so that a kill
costs a second and not ten; it dies by SIGKILL like any other process. The steps are read from
the source: a new `reached("...")` is tested without a change here.
"""

import multiprocessing
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.registry.registry import load_registry

FORK = multiprocessing.get_context("fork")
LONGEST_SECONDS = 60
"""A child needs about a second; after a minute it hangs."""
KILLED = -signal.SIGKILL

Journey = Callable[[], int]

_REACHED = re.compile(r"\breached\(\s*\"([^\"]+)\"\s*\)")
STEPS = list(
    dict.fromkeys(
        step
        for folder in ("pipelines", "warehouse")
        for path in sorted((PROJECT / folder).rglob("*.py"))
        for step in _REACHED.findall(path.read_text("utf-8"))
    )
)


def steps_of(*names: str) -> list[str]:
    """The marks of these steps, in the order of the names."""
    return [step for name in names for step in STEPS if step.partition(":")[0] == name]


OF_LANDING = steps_of("landing")
OF_DRAIN = steps_of("validate", "load", "answer")
OF_GIVING = steps_of("give back")
OF_PUBLISH = steps_of("publish")
_TRIED_EACH_TIME = (
    "load: committed",
    "publish: linked",
)


def few(steps: Sequence[str | None]) -> list[Any]:
    """The steps to parametrize a test with; of a drain and a publication all but a few take long.

    `test_killed_at_each_step_in_turn_on_one_home` has all of them.
    """
    return [
        pytest.param(step, marks=pytest.mark.long)
        if step in (None, *OF_DRAIN, *OF_PUBLISH) and step not in _TRIED_EACH_TIME
        else step
        for step in steps
    ]


def drain() -> int:
    """As the command line does, all collections together."""
    return _run(["drain"])


def bring_in() -> int:
    """As the DAGs of the collections do, one collection after the other."""
    for name in load_registry().collections:
        steps.bring_in(name, endpoints=())
    return 0


def publish() -> int:
    return _run(["publish"])


WAYS: dict[str, Journey] = {"drain": drain, "bring_in": bring_in}
ONE_WAY = [pytest.param(way, marks=[] if way == "drain" else pytest.mark.long) for way in WAYS]
"""All ways take one road: one of them is tried each time, the others where there is time."""


def copy_home(home: Path, name: str) -> Path:
    """A copy of the home beside it."""
    target = home.parent / re.sub(r"\W+", "_", name)
    shutil.copytree(home, target, symlinks=True)
    (target / "incoming").mkdir(exist_ok=True)
    return target


def end_of(home: Path, journey: Journey, prepare: Callable[[], None] = lambda: None) -> int:
    """The exit code of the journey in a child; `prepare` changes the child before."""
    process = FORK.Process(target=_child, args=(home, journey, prepare))
    process.start()
    return _finish(process)


def run(home: Path, journey: Journey) -> int:
    """The exit code of the journey, which nobody kills: 0 or 1."""
    code = end_of(home, journey)
    assert code in (0, 1), f"{journey.__name__} ended with {code}"
    return code


def end_at(home: Path, journey: Journey, step: str) -> int:
    """The exit code of the journey, which is killed where it reaches the step."""
    return end_of(home, journey, lambda: os.environ.update(SITREP_KILL_AT=step))


def kill(home: Path, journey: Journey, step: str) -> None:
    """The journey was killed when it reached the step."""
    code = end_at(home, journey, step)
    assert code == KILLED, f"{journey.__name__} reached no '{step}': it ended with {code}"


def killed_before_each_rename(base: Path, journey: Journey, name: str = "") -> Iterator[Path]:
    """A copy of the home for each rename of the journey, which was killed before it.

    A rename is what makes a file or a folder count.
    """
    for number in count(1):
        home = copy_home(base, f"{journey.__name__} {name} rename {number}")
        code = end_of(home, journey, lambda number=number: _die_at_rename(number))  # type: ignore[misc]
        if code != KILLED:
            assert code in (0, 1), f"{journey.__name__} ended with {code}"
            return
        yield home


def die() -> None:
    """The process is killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def _die_at_rename(number: int) -> None:
    rename, calls = os.replace, [0]

    def die_at(source: Any, target: Any, **options: Any) -> None:
        calls[0] += 1
        if calls[0] == number:
            die()
        rename(source, target, **options)

    os.replace = die_at  # type: ignore[assignment]


def _child(home: Path, journey: Journey, prepare: Callable[[], None]) -> None:
    os.environ["SITREP_HOME"] = str(home)
    settings.cache_clear()
    prepare()
    sys.exit(journey())


def _finish(process: BaseProcess) -> int:
    process.join(LONGEST_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
        pytest.fail(f"{process.name} hung for {LONGEST_SECONDS} seconds")
    return process.exitcode
