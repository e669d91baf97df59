"""Chance that depends on names only: the same seed and words give the same numbers anywhere.

Numbers come from a counter-based generator whose key is a hash of the words, so a value does not
depend on which window is generated, in which order, or beside which others. Only the raw bits
of Philox are used, which NumPy keeps the same from version to version.
"""

import hashlib
import math
from datetime import date

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_SCALE = 2.0**-53
_WAVE_DAYS = (2.3, 5.1, 11.0)
"""Periods of the slow waves that pressure is made of, in days."""


def uniforms(count: int, *words: object) -> Numbers:
    """So many numbers from 0 (included) to 1 (not), of that name."""
    name = "|".join(map(str, words)).encode()
    key = int.from_bytes(hashlib.blake2b(name, digest_size=16).digest(), "little")
    bits = np.random.Philox(key=key).random_raw(count)
    numbers: Numbers = (bits >> np.uint64(11)).astype(np.float64) * _SCALE
    return numbers


def poisson(mean: Numbers, chance: Numbers) -> Counts:
    """Poisson counts of these means by inversion: each draw takes one number of `chance`."""
    counts = np.zeros(mean.shape, dtype=np.int64)
    term = np.exp(-mean)
    below = term.copy()
    most = int(mean.max(initial=0) + 8 * math.sqrt(mean.max(initial=0) + 1) + 8)
    for number in range(1, most):
        more = chance > below
        if not more.any():
            break
        counts += more
        term = term * mean / number
        below += term
    return counts


def share_of(whole: Counts, share: Numbers | float, chance: Numbers) -> Counts:
    """A part of each whole: the share, rounded up or down by chance, never more than the whole."""
    part = np.floor(whole * share + chance).astype(np.int64)
    return np.minimum(np.maximum(part, 0), whole)


def wave(phases: Numbers, days: Numbers) -> Numbers:
    """Slow pressure about 0, mostly within ±1: phases (keys × 3), times in days (n) → keys × n."""
    total = np.zeros((len(phases), len(days)))
    for number, period in enumerate(_WAVE_DAYS):
        angle = 2 * math.pi * (days / period + phases[:, number : number + 1])
        total += np.sin(angle) * 0.55
    return total


def winter(day: date) -> float:
    """1 in the middle of January, -1 in the middle of July."""
    return math.cos(2 * math.pi * (day.timetuple().tm_yday - 15) / 365.25)
