"""Figures of ambulance services by day: calls, incidents, responses, outcomes, handovers, REAP."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from pipelines.simulate.days import london_midnight
from pipelines.simulate.draws import Counts, Numbers, share_of, uniforms, wave, winter
from pipelines.simulate.keys import Key
from pipelines.simulate.profile import OTHER_SERVICE, SERVICES

_DRAWS_OF_A_DAY = 24

# England, Ambulance Systems Indicators, December 2024: A8, A11, A12 over the sum of the four
# categories; A17, A55, A53, A54 over A7; each category's 90th centile over its mean.
_C1, _C3, _C4 = 0.146, 0.181, 0.008
_OUTCOMES = (
    ("hear_and_treat", 0.177),
    ("see_and_treat", 0.296),
    ("conveyed_to_ed", 0.480),
    ("conveyed_elsewhere", 0.043),
)
_P90_OVER_MEAN = {"c1": 1.77, "c2": 2.14, "c3": 2.42, "c4": 2.44}
_C3_OVER_C2, _C4_OVER_C2 = 3.8, 4.3
_WEEKDAY_FACTORS = (1.03, 0.99, 0.98, 0.98, 1.00, 1.02, 1.00)
"""Estimate: AmbSYS is monthly."""


class AmbulanceFigures:
    """The figures of ambulance services, day by day; a key is the service's code."""

    def __init__(self, seed: int, keys: Sequence[Key]) -> None:
        self._seed = seed
        self._keys = keys
        self._levels = [SERVICES.get(key[0], OTHER_SERVICE) for key in keys]
        nature = np.array([uniforms(8, seed, "service", *key) for key in keys])
        self._strain = nature[:, 0] - 0.5
        self._phases = nature[:, 1:4]
        self._delays = 0.25 + 0.2 * nature[:, 4]

    def of_day(self, day: date) -> dict[str, Counts | Numbers]:
        """Column → values, keys × 1."""
        chance = np.array(
            [uniforms(_DRAWS_OF_A_DAY, self._seed, "ambulance_sitrep", *k, day) for k in self._keys]
        )
        noon = london_midnight(day).timestamp() / 86400 + 0.5
        pressure = wave(self._phases, np.array([noon]))[:, 0] + self._strain + 0.25 * winter(day)
        busy = _WEEKDAY_FACTORS[day.weekday()] * (1 + 0.04 * pressure + 0.04 * (chance[:, 0] - 0.5))
        incidents = np.rint(np.array([one.incidents for one in self._levels]) * busy).astype(
            np.int64
        )
        columns = {
            **self._calls(busy, pressure, chance),
            "incidents": incidents,
            **_categories(incidents, chance),
            **self._responses(pressure, chance),
            **(outcomes := _outcomes(incidents, chance)),
            **self._handovers(outcomes["conveyed_to_ed"], pressure, chance),
            **_unit_hours(incidents, chance),
            "reap_level": 1
            + (pressure > -0.8).astype(np.int64)
            + (pressure > 0.4)
            + (pressure > 1.3),
        }
        return {name: values[:, None] for name, values in columns.items()}

    def _calls(self, busy: Numbers, pressure: Numbers, chance: Numbers) -> dict[str, Counts]:
        """Calls answered, and call answer times whose centiles are in order."""
        calls = np.array([one.calls for one in self._levels]) * busy * (0.98 + 0.04 * chance[:, 1])
        usual = np.array([one.call_answer_mean_seconds for one in self._levels])
        mean = np.clip(usual * (1 + 0.3 * pressure) + 2 * chance[:, 2], 0, 200)
        p90 = np.maximum(mean * 3.4 - 8, 0)
        p95 = p90 + 12 + 20 * chance[:, 3]
        times = {"mean": mean, "p90": p90, "p95": p95, "p99": p95 + 40 + 30 * chance[:, 4]}
        return {"calls_answered": np.rint(calls).astype(np.int64)} | {
            f"call_answer_{name}_seconds": np.rint(time).astype(np.int64)
            for name, time in times.items()
        }

    def _responses(self, pressure: Numbers, chance: Numbers) -> dict[str, Counts]:
        """Mean response times in whole seconds, and 90th centiles that are longer."""
        c1 = np.array([one.response_c1_mean_seconds for one in self._levels], dtype=np.float64)
        c2 = np.array([one.response_c2_mean_seconds for one in self._levels], dtype=np.float64)
        means = {"c1": c1, "c2": c2, "c3": c2 * _C3_OVER_C2, "c4": c2 * _C4_OVER_C2}
        found: dict[str, Counts] = {}
        for number, (category, usual) in enumerate(means.items()):
            sway = 0.06 if category == "c1" else 0.22
            noise = 0.9 + 0.2 * chance[:, 5 + number]
            mean = usual * np.clip(1 + sway * pressure, 0.4, 2) * noise
            p90 = mean * _P90_OVER_MEAN[category] * (0.95 + 0.1 * chance[:, 9 + number])
            found[f"response_{category}_mean_seconds"] = np.rint(mean).astype(np.int64)
            found[f"response_{category}_p90_seconds"] = np.rint(p90).astype(np.int64)
        return found

    def _handovers(
        self, conveyed: Counts, pressure: Numbers, chance: Numbers
    ) -> dict[str, Counts | Numbers]:
        """Handovers, the longer ones counted within the shorter; shares are estimates [?]."""
        handovers = share_of(conveyed, 0.98, chance[:, 17])
        over_15 = share_of(handovers, np.clip(0.68 + 0.08 * pressure, 0.3, 0.95), chance[:, 18])
        over_30 = share_of(
            over_15, np.clip(self._delays + 0.12 * pressure, 0.05, 0.9), chance[:, 19]
        )
        over_60 = share_of(
            over_30, np.clip(self._delays + 0.1 * pressure, 0.05, 0.8), chance[:, 20]
        )
        lost = 0.12 * (over_15 - over_30) + 0.45 * (over_30 - over_60) + 1.2 * over_60
        return {
            "handovers": handovers,
            "handovers_over_15_minutes": over_15,
            "handovers_over_30_minutes": over_30,
            "handovers_over_60_minutes": over_60,
            "handover_time_lost_hours": np.round(lost, 1),
        }


def _categories(incidents: Counts, chance: Numbers) -> dict[str, Counts]:
    """The four categories, which add up to all incidents."""
    c1 = share_of(incidents, _C1 * (0.95 + 0.1 * chance[:, 13]), chance[:, 21])
    c3 = share_of(incidents, _C3 * (0.95 + 0.1 * chance[:, 14]), chance[:, 22])
    c4 = share_of(incidents, _C4, chance[:, 23])
    return {
        "incidents_c1": c1,
        "incidents_c2": incidents - c1 - c3 - c4,
        "incidents_c3": c3,
        "incidents_c4": c4,
    }


def _outcomes(incidents: Counts, chance: Numbers) -> dict[str, Counts]:
    """The outcomes, together never more than the incidents; a few have none yet."""
    found: dict[str, Counts] = {}
    left = incidents
    for number, (column, share) in enumerate(_OUTCOMES):
        turn = (chance[:, 15] + number / 4) % 1
        part = np.minimum(share_of(incidents, share * (0.985 + 0.02 * turn), turn), left)
        found[column] = part
        left = left - part
    return found


def _unit_hours(incidents: Counts, chance: Numbers) -> dict[str, Numbers]:
    """Crewed hours, planned and on the road: about an hour and a half an incident, an estimate."""
    planned = np.round(incidents.astype(np.float64) * 1.6, 0)
    return {
        "unit_hours_planned": planned,
        "unit_hours_deployed": np.round(planned * (0.92 + 0.07 * chance[:, 16]), 1),
    }
