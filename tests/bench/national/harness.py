"""Measures one way of doing the job, in a process of its own that is warm before it counts.

Two kinds of work: `ticks`, one tick after the other on one home, and `bulk`, all ticks at once on
a new home. The measured span is the same for all: from files on disk to rows loaded.

Only the standard library is needed here, as a rival may live in an environment of its own.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

from tests.bench.measure import peak_mb, say
from tests.bench.national.ticks import Tick, read_ticks


@dataclass(frozen=True)
class Work:
    """What is to be measured."""

    kind: Literal["ticks", "bulk"]
    data: str
    """Folder of the files, as `ticks` describes it."""
    scratch: str
    """Folder that may be filled."""
    ticks: int
    """Measured ticks, or ticks that are loaded at once."""
    warm_up: int = 3
    """Ticks before those that are measured."""
    runs: int = 1
    """How often a bulk is loaded."""


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
        """What follows happens in that folder, which is empty."""

    def prepare(self, ticks: Sequence[Tick]) -> None:
        """All that comes before the measured span."""

    def load(self, ticks: Sequence[Tick]) -> None:
        """The files of the ticks are checked and loaded: the measured span."""

    def close(self) -> dict[str, int]:
        """Nothing is open any more; what was done. Raises `AssertionError` where it is wrong."""


def measure(contender: Contender, work: Work) -> Outcome:
    """The outcome of the work."""
    is_bulk = work.kind == "bulk"
    return _measure_bulk(contender, work) if is_bulk else _measure_ticks(contender, work)


def _measure_ticks(contender: Contender, work: Work) -> Outcome:
    contender.open(new_folder(work, "ticks"))
    spans = []
    for tick in read_ticks(Path(work.data), work.warm_up + work.ticks):
        contender.prepare([tick])
        spans.append(time_load(contender, [tick]))
    peak = peak_mb()
    return Outcome(spans[work.warm_up :], peak, contender.close())


def _measure_bulk(contender: Contender, work: Work) -> Outcome:
    ticks = read_ticks(Path(work.data), work.ticks)
    contender.open(new_folder(work, "warm"))
    contender.prepare(ticks[:1])
    contender.load(ticks[:1])
    contender.close()
    spans, counts, peak = [], {}, 0.0
    for _ in range(work.runs):
        contender.open(new_folder(work, "bulk"))
        contender.prepare(ticks)
        spans.append(time_load(contender, ticks))
        peak = peak_mb()
        counts = contender.close()
    return Outcome(spans, peak, counts)


def time_load(contender: Contender, ticks: Sequence[Tick]) -> Span:
    """How long the contender takes to load the files of the ticks."""
    wall, cpu = time.perf_counter(), time.process_time()
    contender.load(ticks)
    span = Span(time.perf_counter() - wall, time.process_time() - cpu)
    say(f"    {len(ticks)} tick(s): {span.wall_seconds:.3f} s, CPU {span.cpu_seconds:.3f} s")
    return span


def new_folder(work: Work, name: str) -> Path:
    """A folder of that name, and of a number of its own.

    None is emptied to be used again: where many files were deleted, ext4 takes half a millisecond
    for each new one for minutes.
    """
    Path(work.scratch).mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=work.scratch, prefix=f"{name}-"))


def serve(make: Callable[[], Contender]) -> None:
    """The whole of a contender's script: work comes in as JSON, its outcome goes out as JSON."""
    work = Work(**json.loads(sys.argv[1]))
    with answers() as stream:
        stream.write(json.dumps(asdict(measure(make(), work))))


@contextmanager
def answers() -> Iterator[TextIO]:
    """Standard output, to which meanwhile nothing else is printed: that goes to standard error."""
    with os.fdopen(os.dup(1), "w") as stream:
        os.dup2(2, 1)
        yield stream


def read_outcome(content: dict[str, Any]) -> Outcome:
    """The outcome that a contender's process gave."""
    return Outcome(**{**content, "spans": [Span(**one) for one in content["spans"]]})
