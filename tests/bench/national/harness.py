"""Measures one way of doing the job, in a process of its own that is warm before it counts.

Two kinds of work: `ticks`, one tick after the other on one home, and `bulk`, all ticks at once on
a new home. The measured span is the same for all: from files on disk to rows loaded.

Only the standard library is needed here, as a rival may live in an environment of its own.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from tests.bench.measure import peak_mb, say
from tests.bench.national.ticks import Tick, read_ticks


@dataclass(frozen=True)
class Work:
    """What is to be measured."""

    kind: Literal["ticks", "bulk"]
    data: str
    """Folder of the files, as `ticks` describes it."""
    scratch: str
    """Folder that may be filled and emptied."""
    ticks: int
    """Measured ticks, or ticks that are loaded at once."""
    warm_up: int = 3
    """Ticks before those that are measured."""
    runs: int = 1
    """How often a bulk is loaded."""
    home: str | None = None
    """A home that is filled already, for ticks on top of it; it is changed."""


@dataclass(frozen=True)
class Span:
    """How long one piece of work took."""

    wall_seconds: float
    cpu_seconds: float
    """Of all threads of the process, in its own code and in the system's."""


@dataclass(frozen=True)
class Outcome:
    """What was measured."""

    spans: list[Span]
    peak_mb: float
    counts: dict[str, int] = field(default_factory=dict)
    """What the last run left behind: `files`, `accepted` rows and the like."""


class Contender(Protocol):
    """A way of doing the job."""

    def open(self, home: Path) -> None:
        """What follows happens in that folder, which is empty or was used before."""

    def prepare(self, ticks: Sequence[Tick]) -> None:
        """All that comes before the measured span."""

    def load(self, ticks: Sequence[Tick]) -> None:
        """The files of the ticks are checked and loaded: the measured span."""

    def close(self) -> dict[str, int]:
        """Nothing is open any more; what was done. Raises `AssertionError` where it is wrong."""


def measure(contender: Contender, work: Work) -> Outcome:
    """The outcome of the work."""
    spans = _measure_ticks(contender, work) if work.kind == "ticks" else []
    if work.kind == "ticks":
        counts = contender.close()
    else:
        spans, counts = _measure_bulk(contender, work)
    return Outcome(spans, peak_mb(), counts)


def _measure_ticks(contender: Contender, work: Work) -> list[Span]:
    ticks = read_ticks(Path(work.data), work.warm_up + work.ticks)
    contender.open(Path(work.home) if work.home else _empty(Path(work.scratch) / "ticks"))
    spans = []
    for tick in ticks:
        contender.prepare([tick])
        spans.append(_time(contender, [tick]))
    return spans[work.warm_up :]


def _measure_bulk(contender: Contender, work: Work) -> tuple[list[Span], dict[str, int]]:
    ticks = read_ticks(Path(work.data), work.ticks)
    contender.open(_empty(Path(work.scratch) / "warm"))
    contender.prepare(ticks[:1])
    contender.load(ticks[:1])
    contender.close()
    spans, counts = [], {}
    home = _empty(Path(work.scratch) / "bulk")
    for _ in range(work.runs):
        contender.open(home)
        contender.prepare(ticks)
        spans.append(_time(contender, ticks))
        counts = contender.close()
    return spans, counts


def _time(contender: Contender, ticks: Sequence[Tick]) -> Span:
    wall, cpu = time.perf_counter(), time.process_time()
    contender.load(ticks)
    span = Span(time.perf_counter() - wall, time.process_time() - cpu)
    say(f"    {len(ticks)} tick(s): {span.wall_seconds:.3f} s, CPU {span.cpu_seconds:.3f} s")
    return span


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run_child(make: Callable[[], Contender]) -> None:
    """The whole of a contender's script: the work as JSON comes in, its outcome as JSON goes out.

    What the contender itself prints goes to standard error.
    """
    work = Work(**json.loads(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with answers:
        answers.write(json.dumps(asdict(measure(make(), work))))
