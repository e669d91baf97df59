"""What a run does, counted while it goes on, for whoever opened a tally; others pay nothing.

The steps say what they did where it is done: seconds of a step, what became of submissions once
the ledger holds it. What a process that dies had counted is lost: the ledger is the truth.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class TimedStep(StrEnum):
    """The steps whose seconds are counted."""

    COLLECT = "collect"
    WAIT = "wait"
    """For the lock of the collection and for the warehouse, which one process has at a time."""
    PARSE = "parse"
    CONFORM = "conform"
    VALIDATE = "validate"
    LOAD = "load"
    ANSWER = "answer"
    GIVE_BACK = "give_back"
    PUBLISH = "publish"


@dataclass
class RunTally:
    """What has been done since it was opened, by collection; None is what no feed expects."""

    wants_lateness: bool = False
    """Whether it is worked out how late submissions came, which takes a query for each load."""
    seconds: dict[TimedStep, float] = field(default_factory=dict)
    """Seconds by the clock that each step took, all its turns together."""
    landed: Counter[str] = field(default_factory=Counter)
    """Endpoint → files that were taken from it."""
    unreachable: int = 0
    """Endpoints that could not be reached."""
    submissions: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    """Collection and status → submissions that came into the ledger."""
    read_again: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    """Collection and status → submissions that the ledger held and that were judged anew."""
    rows: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    """Collection and outcome (accepted, quarantined) → rows of these submissions."""
    values_rejected: Counter[str | None] = field(default_factory=Counter)
    """Collection → values of accepted rows that were rejected by themselves."""
    withheld: Counter[str | None] = field(default_factory=Counter)
    """Collection → submissions that were refused and whose bytes were not kept."""
    revisions: Counter[str | None] = field(default_factory=Counter)
    """Collection → rows that its history got, those of submissions read again too."""
    lateness: list[tuple[str, timedelta]] = field(default_factory=list)
    """Collection, and how long after its newest slot was due a submission came; zero in time."""

    def told(self) -> dict[str, object]:
        """Counts and seconds that are not zero, for a log or a task's result."""
        counts = {
            "landed": sum(self.landed.values()),
            "unreachable": self.unreachable,
            "submissions": _by_last(self.submissions),
            "read_again": _by_last(self.read_again),
            "rows": _by_last(self.rows),
            "values_rejected": sum(self.values_rejected.values()),
            "withheld": sum(self.withheld.values()),
            "seconds": {str(step): round(took, 3) for step, took in self.seconds.items()},
        }
        return {name: count for name, count in counts.items() if count}


_current: ContextVar[RunTally | None] = ContextVar("tally", default=None)


def current_tally() -> RunTally | None:
    """The tally that is open; None where nobody counts."""
    return _current.get()


@contextmanager
def tallied(*, wants_lateness: bool = False) -> Iterator[RunTally]:
    """A tally of what runs inside; one that was open before stands still meanwhile."""
    tally = RunTally(wants_lateness)
    token = _current.set(tally)
    try:
        yield tally
    finally:
        _current.reset(token)


@contextmanager
def timed(step: TimedStep) -> Iterator[None]:
    """The seconds inside count as the step's, whatever it ends with."""
    tally = _current.get()
    if tally is None:
        yield
        return
    begin = time.perf_counter()
    try:
        yield
    finally:
        took = time.perf_counter() - begin
        tally.seconds[step] = tally.seconds.get(step, 0.0) + took


def _by_last(counted: Counter[tuple[str | None, str]]) -> dict[str, int]:
    """The counts of all collections together."""
    together: Counter[str] = Counter()
    for (_, name), count in counted.items():
        together[name] += count
    return {name: count for name, count in together.items() if count}
