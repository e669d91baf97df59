"""The clock of a simulation that goes on: real time, or a replay that runs faster."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from pipelines.base.clock import now

Wait = Callable[[float], None]
"""Waits for so many seconds."""

_LONGEST_WAIT_SECONDS = 1.0
"""So that a machine that slept, or a clock that was put forward, is noticed soon."""


class PacedClock:
    """A time that begins at `start` and runs `pace` times as fast, but never ahead of the clock.

    With pace 1 it is the clock's own time, and files that were due before are due at once.
    """

    def __init__(
        self,
        start: datetime,
        pace: float,
        read_clock: Callable[[], datetime] = now,
        wait: Wait = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start = start
        self._pace = pace
        self._wait = wait
        self._ticks = ticks
        self._read_clock = read_clock
        # A clock that SITREP_NOW fixes is the time of the beginning, and goes on from there.
        self._began = read_clock()
        self._began_ticks = ticks()

    def now(self) -> datetime:
        """The simulation's time."""
        elapsed = self._ticks() - self._began_ticks
        clock = max(self._read_clock(), self._began + timedelta(seconds=elapsed))
        if self._pace == 1:
            return clock
        return min(clock, self._start + timedelta(seconds=elapsed * self._pace))

    def wait_until(self, moment: datetime) -> None:
        """The simulation's time is `moment` or later."""
        while (left := (moment - self.now()).total_seconds()) > 0:
            self._wait(min(_LONGEST_WAIT_SECONDS, left / max(self._pace, 1.0)))
