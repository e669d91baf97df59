"""The cases of a batch go the whole road on a home of their own, in this process."""

import logging
import os
import re
import shutil
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.registry.registry import load_registry
from tests.attack.fuzz.case import Case, Fault, Report
from tests.attack.fuzz.oracle import ids_in, judge
from tests.attack.fuzz.originals import MOMENT, originals


@dataclass(frozen=True)
class Base:
    """The home that each batch gets a copy of: every valid file was loaded."""

    home: Path
    submissions: frozenset[str]


@dataclass(frozen=True)
class Way:
    """How a batch is brought in."""

    by_folder: bool = False
    """By the folders that providers put files into, as the DAGs do; else as `ingest` does."""
    published: bool = False
    """Whether a publication is made of it, the watch looks, and the readers' commands run."""


def prepare(folder: Path) -> Base:
    """The base, made in this process, which is warm and knows its settings afterwards."""
    home = folder / "base"
    inputs = folder / "base inputs"
    use_home(home)
    for number, one in enumerate(originals()):
        # Of the files of one feed the first form is loaded, so that others bring something new.
        if one.form in ("csv", "json", "xlsx"):
            steps.land_files([_written(inputs / str(number), one.name, one.content)], [one.feed_id])
    steps.drain()
    steps.publish()
    shutil.rmtree(home / "publications")
    return Base(home, ids_in(home))


def use_home(home: Path) -> None:
    """The pipeline of this process works in that home at the moment of the attack."""
    home.mkdir(parents=True, exist_ok=True)
    os.environ |= {"SITREP_HOME": str(home), "SITREP_NOW": MOMENT, "SITREP_QUIET_SECONDS": "0"}
    settings.cache_clear()


def go(base: Base, folder: Path, cases: Sequence[Case], way: Way) -> Report:
    """What came of the cases; the folder holds the home and is the caller's to remove."""
    home = folder / "home"
    shutil.copytree(base.home, home)
    use_home(home)
    causes: dict[str, str] = {}
    faults: list[Fault] = []
    with _told_exceptions(causes):
        steps_of_it: Mapping[str, Callable[[], None]] = {
            "bring in": lambda: _bring_in(home, folder / "inputs", cases, way),
            "publish": lambda: _publish(home) if way.published else None,
        }
        for name, step in steps_of_it.items():
            try:
                step()
            except Exception as error:
                told = f"{type(error).__name__}: {error}"
                cause = causes.get("could not be loaded") or cause_of(error)
                faults.append(Fault(f"{name} failed", told[:300], cause))
                break
    if faults:
        return Report(faults=faults)
    return judge(home, cases, base.submissions, causes)


def _bring_in(home: Path, inputs: Path, cases: Sequence[Case], way: Way) -> None:
    registry = load_registry()
    by_feed: dict[str, list[Path]] = {}
    for case in cases:
        feed, name = registry.feeds[case.feed_id], _own_name(case)
        if way.by_folder and name and feed.matches(case.name):
            _written(home / feed.source.endpoint, name, case.content)
        else:
            path = _written(inputs / str(case.number), case.name, case.content)
            by_feed.setdefault(case.feed_id, []).append(path)
    for feed_id, paths in by_feed.items():
        steps.land_files(paths, [feed_id])
    if way.by_folder:
        for collection in registry.collections:
            steps.bring_in(collection)
    steps.drain()


def _own_name(case: Case) -> str | None:
    """A name that no other case of the batch has: its time is another; None without a time."""
    minute, second = divmod(case.number % 3600, 60)
    name, found = re.subn(r"T\d{6}\.", f"T00{minute:02}{second:02}.", case.name, count=1)
    return name if found else None


def _publish(home: Path) -> None:
    """A publication is made, the watch looks, and the commands that read say what there is."""
    steps.publish()
    for command in (
        ["watch", "--json"],
        ["status", "--json"],
        ["submissions", "--json"],
        ["feeds"],
    ):
        code = _run(command)
        if code not in (0, 1):
            raise AssertionError(f"sitrep {' '.join(command)} ended with {code}")


def _written(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


@contextmanager
def _told_exceptions(causes: dict[str, str]) -> Iterator[None]:
    """What the log says of exceptions is kept: as the finding says it → where it was raised."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            if error is not None:
                cause = cause_of(error)
                causes[f"{type(error).__name__}: {error}"] = cause
                causes.setdefault(type(error).__name__, cause)
                if "could not be loaded" in str(record.msg):
                    causes.setdefault("could not be loaded", cause)

    handler = Keep(logging.ERROR)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def cause_of(error: BaseException) -> str:
    """The exception's type and the deepest line of ours that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if "/tests/" not in one.filename and str(PROJECT) in one.filename]
    own = [one for one in own if "site-packages" not in one.filename]
    if not own:
        return type(error).__name__
    last = own[-1]
    return f"{type(error).__name__} at {last.filename[len(str(PROJECT)) + 1 :]}:{last.lineno}"
