"""Runs everybody over the same files, one process after the other, and compares what they did."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.measure import PROJECT, say
from tests.bench.national.harness import Outcome, Work, read_outcome
from tests.bench.national.ticks import TICKS_PER_DAY

OURS = "ours"
_BENCH_VENV = PROJECT / ".bench-venv"
_WARM_UP = 3
_LONG_DAYS = 5
"""From so many days on a bulk is loaded once, unless more runs are asked for."""
_SAME_ROWS = ("files", "accepted", "quarantined", "duplicates", "rejected")


@dataclass(frozen=True)
class Options:
    """What is to be measured."""

    ticks: int = 20
    days: tuple[int, ...] = (1, 10)
    """Bulks of so many days."""
    runs: int = 3
    long_runs: int = 1
    years: float = 5.0
    """History behind a tick; without any it is left out."""
    only: tuple[str, ...] = ()
    folder: Path | None = None
    """Where files and filled homes stay for another run; without it they go."""


@dataclass(frozen=True)
class Racer:
    """One way of doing the job, and how it is started."""

    name: str
    title: str
    module: str
    python: Path = Path(sys.executable)
    ready: Path = Path(sys.executable)
    """A file that is there once it is installed."""
    most_days: int = 10_000
    """Bulks of more days are not asked of it."""
    knows_rules: bool = True


RACERS = (
    Racer(OURS, "ours", "tests.bench.national.ours"),
    Racer("plain", "plain DuckDB SQL", "tests.bench.rivals.plain_duckdb"),
    Racer(
        "keeping",
        "plain DuckDB SQL, files kept and answered",
        "tests.bench.rivals.plain_keeping",
    ),
    Racer(
        "dlt",
        "dlt, schema contract",
        "tests.bench.rivals.dlt_contract",
        _BENCH_VENV / "bin" / "python",
        _BENCH_VENV / ".ready",
        most_days=1,
        knows_rules=False,
    ),
    Racer("gx", "Great Expectations per column", "tests.bench.rivals.gx_per_column"),
)


@dataclass
class Results:
    """Outcomes by racer and task; a task is `ticks` or a number of days."""

    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    empty: Outcome | None = None
    full: Outcome | None = None
    filled: Mapping[str, Any] = field(default_factory=dict)
    landed: Outcome | None = None
    """A span for each tick."""
    notes: list[str] = field(default_factory=list)


def run_all(options: Options) -> Results:
    """Everything that was asked for. Ends the program where racers did not do the same."""
    results = Results()
    with _folder(options) as folder, _scratch(folder) as scratch:
        data = _make_data(folder, options)
        for racer in RACERS:
            if options.only and racer.name not in options.only:
                continue
            if not racer.ready.exists():
                results.notes.append(f"{racer.title}: not installed, which `make bench` tries.")
                continue
            own = results.outcomes[racer.name] = {}
            for task, work in _tasks(racer, options, data, scratch):
                say(f"{racer.title}: {task}")
                command = [str(racer.python), "-m", racer.module, json.dumps(asdict(work))]
                own[task] = read_outcome(json.loads(_run(command)))
        _compare(results)
        if options.days and (not options.only or OURS in options.only):
            results.landed = _measure_landing(max(options.days), data, scratch)
        if options.years and (not options.only or OURS in options.only):
            _measure_with_history(results, options, data, scratch)
    return results


def _tasks(racer: Racer, options: Options, data: Path, scratch: Path) -> Iterator[tuple[str, Work]]:
    files, own = str(data), str(scratch / racer.name)
    if options.ticks:
        yield "ticks", Work("ticks", files, own, options.ticks, warm_up=_WARM_UP)
    for days in options.days:
        if days <= racer.most_days:
            runs = options.long_runs if days >= _LONG_DAYS else options.runs
            yield str(days), Work("bulk", files, own, days * TICKS_PER_DAY, runs=runs)


def _measure_landing(days: int, data: Path, scratch: Path) -> Outcome:
    """Landing alone, tick by tick."""
    say(f"landing alone: {days} days")
    work = Work("ticks", str(data), str(scratch / "landed"), days * TICKS_PER_DAY, warm_up=0)
    command = [sys.executable, "-m", "tests.bench.national.landed", json.dumps(asdict(work))]
    return read_outcome(json.loads(_run(command)))


def _measure_with_history(results: Results, options: Options, data: Path, scratch: Path) -> None:
    """Ticks on an empty warehouse, and on one with years behind it."""
    home = scratch / "filled"
    say(f"{options.years:g} years of history")
    command = [sys.executable, "-m", "tests.bench.national.history"]
    results.filled = json.loads(_run([*command, str(home), str(data), str(options.years)]))
    work = Work("ticks", str(data), str(scratch), ticks=options.ticks or 20, warm_up=_WARM_UP)
    command = [sys.executable, "-m", "tests.bench.national.beside", json.dumps(asdict(work))]
    outcomes = json.loads(_run([*command, str(home)]))
    results.empty, results.full = map(read_outcome, outcomes)


def _compare(results: Results) -> None:
    """Whoever knows the rules accepted the same rows and holds the same values in the end."""
    for task, wanted in results.outcomes.get(OURS, {}).items():
        for racer in RACERS:
            found = results.outcomes.get(racer.name, {}).get(task)
            if found is None or racer.name == OURS:
                continue
            names = [
                name
                for name in wanted.counts
                if name in _SAME_ROWS or name.startswith(("held_", "sum_"))
            ]
            if not racer.knows_rules:
                names = ["files"]
            for name in names:
                ours, theirs = wanted.counts[name], found.counts.get(name)
                if ours != theirs:
                    raise SystemExit(f"{racer.title}, {task}: {name} is {theirs}, and ours {ours}")


def _make_data(folder: Path, options: Options) -> Path:
    """The files of as many days as are needed; those of a former run if they are enough."""
    days = max([1, *options.days, -(-(options.ticks + _WARM_UP) // TICKS_PER_DAY)])
    data = folder / f"files-{days}"
    if not data.exists():
        making = folder / "files-tmp"
        subprocess.run(["rm", "-rf", str(making)], check=True)
        _run([sys.executable, "-m", "tests.bench.national.data", str(making), str(days)])
        making.rename(data)
    return data


@contextmanager
def _folder(options: Options) -> Iterator[Path]:
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        yield options.folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="uec-bench-") as folder:
        yield Path(folder)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder for all that is measured, deleted in the end: to delete slows what comes after."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="scratch-") as scratch:
        yield Path(scratch)


def _run(command: Sequence[str]) -> str:
    """What the command says on standard output; its progress is told as it goes."""
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} ended with {done.returncode}")
    return done.stdout
