"""Invented daily figures: right in size and shape, and nobody's.

A trust's parts never exceed their whole here; `warts` puts in what breaks a rule.
"""

import math
from collections.abc import Callable

from pipelines.sample.place import TrustWinter, drift, find_place, near
from pipelines.sample.trusts import Trust
from pipelines.sample.winter import Winter

Figure = int | str
"""A count, or a text that stands where a count should."""

Figures = dict[str, list[list[Figure]]]
"""Measure to trusts to days."""

# Invented means for a trust of size 1; about 130 such trusts make an England of about
# 95,000 beds, 60,000 attendances and 14,000 ambulance arrivals a day.
CORE_BEDS = 750
ESCALATION_SHARE = 0.035
OCCUPANCY = 0.93
TYPE_1_ATTENDANCES = 370
ADMISSIONS_PER_ATTENDANCE = 0.35
AMBULANCE_ARRIVALS = 117
ADULT_CRITICAL_CARE_BEDS = 29

# Monday to Sunday.
OCCUPANCY_BY_WEEKDAY = (1.0, 1.01, 1.01, 1.005, 0.995, 0.985, 0.985)

# Hospitals empty before Christmas.
CHRISTMAS = {(12, 24): 0.95, (12, 25): 0.92, (12, 26): 0.93, (12, 27): 0.97}


def invent_figures(trusts: list[Trust], winter: Winter, seed: int) -> Figures:
    """Every measure for every trust and day, the same for the same arguments."""
    figures: dict[str, list[list[Figure]]] = {}
    for trust in trusts:
        place = find_place(trust, winter, seed)
        for invent in GROUPS:
            for measure, values in invent(place).items():
                figures.setdefault(measure, []).append(list(values))
    return figures


def _emergency_department(place: TrustWinter) -> dict[str, list[int]]:
    shares = (
        0 if place.specialist else 1,
        0.15 if place.nature() < 0.15 else 0,
        0.5 if place.nature() < 0.6 else 0,
    )
    types = [place.demand(TYPE_1_ATTENDANCES * share) for share in shares]
    total = [sum(day) for day in zip(*types, strict=True)]
    names = (f"ae_attendances_type_{n}" for n in (1, 2, 3))
    return dict(zip(names, types, strict=True)) | {
        "ae_attendances": total,
        "emergency_admissions": [
            near(ADMISSIONS_PER_ATTENDANCE * count, 0.12, place.draw) for count in types[0]
        ],
        "ae_closures": [int(place.draw() < 0.002) for _ in place.days],
        "ae_diverts": [(place.draw() < 0.02) * (1 + (place.draw() < 0.3)) for _ in place.days],
    }


def _general_and_acute_beds(place: TrustWinter) -> dict[str, list[int]]:
    usual = OCCUPANCY + 0.05 * (place.nature() + place.nature() - 1)
    core_mean = CORE_BEDS * place.size
    names = ("core", "escalation", "total", "occupied", "7", "14", "21")
    series: dict[str, list[int]] = {name: [] for name in names}
    for day, wave in zip(place.days, drift(len(place.days), place.draw), strict=True):
        core = round(core_mean * (1 + 0.004 * wave))
        escalation = near(core * ESCALATION_SHARE * (1 + 0.3 * wave), 0.5, place.draw)
        rate = usual * OCCUPANCY_BY_WEEKDAY[day.weekday()] + 0.012 * wave
        rate *= CHRISTMAS.get((day.month, day.day), 1)
        open_beds = core + escalation
        occupied = min(open_beds, near(open_beds * rate, 0.02, place.draw))
        week = min(occupied, near(0.47 * occupied, 0.05, place.draw))
        fortnight = min(week, near(0.6 * week, 0.05, place.draw))
        three_weeks = min(fortnight, near(0.62 * fortnight, 0.05, place.draw))
        row = (core, escalation, open_beds, occupied, week, fortnight, three_weeks)
        for name, value in zip(names, row, strict=True):
            series[name].append(value)
    return {
        "ga_core_beds_open": series["core"],
        "ga_escalation_beds_open": series["escalation"],
        "ga_beds_open": series["total"],
        "ga_beds_occupied": series["occupied"],
    } | {f"patients_over_{n}_days": series[n] for n in ("7", "14", "21")}


def _norovirus(place: TrustWinter) -> dict[str, list[int]]:
    closed: list[int] = []
    already = int(30 * place.draw())
    while len(closed) < already + len(place.days):
        quiet = 3 + int(28 * place.draw())
        outbreak = 2 + int(8 * place.draw())
        worst = 4 + int(32 * place.size * place.draw())
        closed += [0] * quiet
        closed += [
            max(1, round(worst * math.sin(math.pi * (n + 1) / (outbreak + 1))))
            for n in range(outbreak)
        ]
    closed = closed[already : already + len(place.days)]
    return {
        "beds_closed_norovirus": closed,
        "beds_closed_norovirus_unoccupied": [int(beds * 0.45 * place.draw()) for beds in closed],
    }


def _intensive_care(place: TrustWinter) -> dict[str, list[int]]:
    adult = ADULT_CRITICAL_CARE_BEDS * place.size
    paediatric = 8 + 14 * place.nature() if place.nature() < 0.16 else 0
    neonatal = 3 + 20 * place.nature() * place.size if place.nature() < 0.84 else 0
    return (
        _unit("adult_critical_care", adult, 0.82, place)
        | _unit("paediatric_intensive_care", paediatric, 0.86, place)
        | _unit("neonatal_intensive_care", neonatal, 0.7, place)
    )


def _unit(name: str, beds: float, rate: float, place: TrustWinter) -> dict[str, list[int]]:
    available, occupied = [], []
    for wave in drift(len(place.days), place.draw):
        count = round(beds * (1 + 0.02 * wave))
        available.append(count)
        busy = near(count * (rate + 0.05 * wave), 0.12, place.draw)
        occupied.append(min(count, busy))
    return {f"{name}_beds_open": available, f"{name}_beds_occupied": occupied}


def _ambulances(place: TrustWinter) -> dict[str, list[int]]:
    arrivals = place.demand(0 if place.specialist else AMBULANCE_ARRIVALS)
    usual = 0.04 + 0.12 * place.nature()
    delays, long_delays = [], []
    for count, wave in zip(arrivals, drift(len(place.days), place.draw), strict=True):
        share = max(0.0, usual * (1 + 0.5 * wave))
        delayed = min(count, near(count * share, 0.3, place.draw))
        delays.append(delayed)
        long = near(delayed * (0.22 + 0.1 * wave), 0.6, place.draw)
        long_delays.append(min(count - delayed, long))
    return {
        "ambulance_arrivals": arrivals,
        "handovers_30_to_60_minutes": delays,
        "handovers_over_60_minutes": long_delays,
    }


def _pressure(place: TrustWinter) -> dict[str, list[int]]:
    usual = 1.2 * (place.nature() - 0.75)
    return {
        "opel_level": [
            4 if level > 1.35 else 3 if level > 0.5 else 0
            for wave in drift(len(place.days), place.draw)
            for level in (usual + wave,)
        ]
    }


GROUPS: tuple[Callable[[TrustWinter], dict[str, list[int]]], ...] = (
    _emergency_department,
    _general_and_acute_beds,
    _norovirus,
    _intensive_care,
    _ambulances,
    _pressure,
)
