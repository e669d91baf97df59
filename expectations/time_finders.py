"""Which times of a column break a rule: pure functions over arrays of times in UTC, NaT for null.

A missing time is never at fault. No engine is imported here.
"""

from datetime import UTC, date

import numpy as np
import numpy.typing as npt

from expectations.instants import to_instant

Times = npt.NDArray[np.datetime64]
"""In microseconds."""
Faults = npt.NDArray[np.bool_]
_MICROSECONDS_PER_MINUTE = 60_000_000


def find_times_outside(times: Times, first: date | None, last: date | None) -> Faults:
    """True where a time lies before the first, or after the last; a day is its midnight in UTC."""
    failing = np.zeros(len(times), dtype=np.bool_)
    if first is not None:
        failing |= times < _to_numpy(first)
    if last is not None:
        failing |= times > _to_numpy(last)
    return failing


def find_times_off_grid(times: Times, minutes: int) -> Faults:
    """True where a time is no whole multiple of so many minutes after the epoch."""
    off_grid = times.view(np.int64) % (minutes * _MICROSECONDS_PER_MINUTE) != 0
    failing: Faults = off_grid & ~np.isnat(times)
    return failing


def _to_numpy(moment: date) -> np.datetime64:
    return np.datetime64(to_instant(moment).astimezone(UTC).replace(tzinfo=None), "us")
