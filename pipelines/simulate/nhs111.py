"""Figures of NHS 111 by contract area and slot: calls, how soon they are answered, outcomes."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from pipelines.simulate.days import slots_of_day
from pipelines.simulate.draws import Counts, Numbers, poisson, share_of, uniforms, wave, winter
from pipelines.simulate.keys import Key
from pipelines.simulate.profile import CALLS_PER_DAY, CONTRACT_AREAS, calls_by_slot

SLOT_MINUTES = 15
_DRAWS_OF_A_DAY = 11
_MOST_SLOTS = 100

# Shares of the calls triaged, in the order in which they are taken: estimates [?].
_OUTCOMES = (
    ("outcome_ambulance", 0.12),
    ("outcome_ed", 0.10),
    ("outcome_primary_care", 0.45),
    ("outcome_self_care", 0.13),
)


class Nhs111Figures:
    """The figures of contract areas, day by day; a key is the area's code."""

    def __init__(self, seed: int, keys: Sequence[Key]) -> None:
        self._seed = seed
        self._keys = keys
        nature = np.array([uniforms(8, seed, "area", *key) for key in keys])
        mean = CALLS_PER_DAY / CONTRACT_AREAS
        self._daily = mean * (0.45 + 1.1 * nature[:, 0])
        self._queue = 12 + 60 * nature[:, 1]
        self._strain = nature[:, 2] - 0.5
        self._phases = nature[:, 3:6]

    def of_day(self, day: date) -> dict[str, Counts | Numbers]:
        """Column → values, keys × slots of that London day."""
        slots = slots_of_day(day, SLOT_MINUTES)
        shape = calls_by_slot(day, SLOT_MINUTES)
        count = _DRAWS_OF_A_DAY * _MOST_SLOTS
        own = [uniforms(count, self._seed, "nhs111", *key, day) for key in self._keys]
        chance = np.array(own).reshape(len(self._keys), _DRAWS_OF_A_DAY, _MOST_SLOTS)
        chance = chance[:, :, : len(slots)]
        times = slots[0].timestamp() / 86400 + np.arange(len(slots)) / 96
        pressure = wave(self._phases, times) + self._strain[:, None] + 0.25 * winter(day)
        return self._calls(shape, pressure, chance)

    def _calls(
        self, shape: Numbers, pressure: Numbers, chance: Numbers
    ) -> dict[str, Counts | Numbers]:
        """What becomes of the calls; of the received some are answered, of those some in time."""
        received = poisson(self._daily[:, None] * shape * (1 + 0.08 * pressure), chance[:, 0])
        answered = share_of(received, np.clip(0.93 - 0.05 * pressure, 0.6, 0.99), chance[:, 1])
        in_time = share_of(answered, np.clip(0.74 - 0.2 * pressure, 0.1, 0.98), chance[:, 2])
        abandoned = np.minimum(share_of(received, 0.04, chance[:, 3]), received - answered)
        seconds = in_time * (14 + 20 * chance[:, 4]) + (answered - in_time) * (
            150 + 260 * chance[:, 5]
        )
        triaged = share_of(answered, 0.86, chance[:, 6])
        queue = self._queue[:, None] * (1 + 0.35 * pressure) * (0.5 + 60 * shape) + chance[:, 7]
        return {
            "calls_received": received,
            "calls_answered": answered,
            "calls_answered_within_60_seconds": in_time,
            "calls_abandoned": abandoned,
            "answer_time_total_seconds": np.rint(seconds).astype(np.int64),
            "calls_triaged": triaged,
            "clinical_input_calls": share_of(triaged, 0.5, chance[:, 8]),
            "callback_queue": np.maximum(np.floor(queue), 0).astype(np.int64),
            **_outcomes(triaged, chance[:, 9]),
        }


def _outcomes(triaged: Counts, chance: Numbers) -> dict[str, Counts | Numbers]:
    """The outcomes of the triaged calls, together never more than those; others have none yet."""
    found: dict[str, Counts | Numbers] = {}
    left = triaged
    for number, (column, share) in enumerate(_OUTCOMES):
        # Another part of the same draw, so that the parts are not rounded alike.
        part = np.minimum(share_of(triaged, share, (chance + number / 4) % 1), left)
        found[column] = part
        left = left - part
    found["outcome_other"] = share_of(left, 0.9, chance)
    return found
