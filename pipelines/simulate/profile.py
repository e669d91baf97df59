"""The shape of the days: facts of published data, rounded, each with its source.

A figure that is not published is an estimate and says so.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from pipelines.base.clock import LONDON
from pipelines.simulate.days import slots_of_day
from pipelines.simulate.draws import Numbers

# England's unplanned A&E attendances by weekday and hour, 2024-25: "Attendances by time of day
# distribution", NHS England, Open Government Licence v3.0. 25.8 million in the year, 70,700 a day.
HOUR_PER_MILLE = (
    *(22.3, 14.3, 10.8, 9.9, 9.7, 10.4, 10.1, 18.1, 49.2, 66.2, 72.2, 74.5),
    *(71.4, 67.3, 64.7, 63.2, 64.0, 62.2, 57.6, 50.0, 43.5, 35.9, 29.1, 23.3),
)
"""Share of a day's attendances that arrive in each hour of the day in London."""

WEEKDAY_FACTORS = (1.14, 1.03, 1.00, 0.99, 0.99, 0.92, 0.93)
"""A weekday's attendances against the mean day, Monday first."""

AMBULANCE_PER_CENT = (
    *(29, 42, 39, 42, 46, 47, 27, 18, 11, 11, 11, 13),
    *(13, 14, 14, 15, 16, 17, 15, 15, 21, 25, 28, 32),
)
"""Share of the attendances of each hour that come by ambulance."""

# Estimates: no published figure has the hours of NHS 111. Calls go on when surgeries are closed.
CALLS_PER_MILLE_AFTER_HOURS = 12.0
"""Calls per mille of the day that each hour outside 08:00 to 18:00 has beyond A&E's own share."""
CALLS_WEEKDAY_FACTORS = (0.98, 0.90, 0.88, 0.88, 0.92, 1.25, 1.19)

CALLS_PER_DAY = 55_000
"""NHS 111 calls a day in England (IUC ADC)."""
CONTRACT_AREAS = 42


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """An ambulance service's mean day in December 2024."""

    calls: int
    incidents: int
    call_answer_mean_seconds: int
    response_c1_mean_seconds: int
    response_c2_mean_seconds: int


# Ambulance Systems Indicators, December 2024: A1 and A7 of the month over 31 days; A3, A25, A31.
# NHS England, Open Government Licence v3.0.
SERVICES = {
    "R1F": ServiceLevel(62, 89, 8, 518, 1655),
    "RRU": ServiceLevel(4693, 3942, 8, 469, 2986),
    "RX6": ServiceLevel(1332, 1373, 2, 415, 2270),
    "RX7": ServiceLevel(3647, 3150, 1, 483, 2542),
    "RX8": ServiceLevel(2521, 2655, 3, 495, 2479),
    "RX9": ServiceLevel(2973, 2406, 7, 588, 3975),
    "RYA": ServiceLevel(3650, 2999, 2, 514, 2648),
    "RYC": ServiceLevel(3395, 2672, 20, 587, 3440),
    "RYD": ServiceLevel(2734, 2304, 8, 521, 1933),
    "RYE": ServiceLevel(1889, 1849, 15, 533, 2014),
    "RYF": ServiceLevel(3265, 2625, 2, 594, 3633),
}
OTHER_SERVICE = ServiceLevel(2700, 2400, 7, 520, 2800)
"""Level of a service that is not listed: about England's mean."""


@lru_cache(maxsize=64)
def local_hours(day: date, slot_minutes: int) -> tuple[int, ...]:
    """The hour of the day in London of each slot."""
    return tuple(slot.astimezone(LONDON).hour for slot in slots_of_day(day, slot_minutes))


def attendances_by_slot(day: date, slot_minutes: int) -> Numbers:
    """Share of the mean day's attendances that arrive in each slot of that day."""
    return _by_slot(HOUR_PER_MILLE, WEEKDAY_FACTORS, day, slot_minutes)


def ambulance_share_by_slot(day: date, slot_minutes: int) -> Numbers:
    """Share of each slot's attendances that come by ambulance."""
    return np.array([AMBULANCE_PER_CENT[hour] / 100 for hour in local_hours(day, slot_minutes)])


def calls_by_slot(day: date, slot_minutes: int) -> Numbers:
    """Share of the mean day's NHS 111 calls that come in each slot of that day."""
    hours = [
        share + (0 if 8 <= hour < 18 else CALLS_PER_MILLE_AFTER_HOURS)
        for hour, share in enumerate(HOUR_PER_MILLE)
    ]
    per_mille = tuple(1000 * share / sum(hours) for share in hours)
    return _by_slot(per_mille, CALLS_WEEKDAY_FACTORS, day, slot_minutes)


def _by_slot(
    per_mille: tuple[float, ...], weekdays: tuple[float, ...], day: date, slot_minutes: int
) -> Numbers:
    """The hour's share, evenly over its slots: a repeated hour comes twice, a skipped one never."""
    scale = weekdays[day.weekday()] / 1000 * slot_minutes / 60
    return np.array([per_mille[hour] * scale for hour in local_hours(day, slot_minutes)])
