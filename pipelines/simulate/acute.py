"""Figures of emergency departments: patients arrive, stay for a while, and some wait for a bed.

The figures at a slot's end follow from the arrivals of the two days before. So no part exceeds its
whole, and counts since midnight are the running sums of the slots.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from pipelines.simulate.days import slots_of_day
from pipelines.simulate.draws import Counts, Numbers, poisson, share_of, uniforms, wave, winter
from pipelines.simulate.keys import Key
from pipelines.simulate.profile import ambulance_share_by_slot, attendances_by_slot

SLOT_MINUTES = 15

# Estimates, in hours: who goes home leaves early, who is admitted waits for a bed.
_STAY_HOURS = (1.9, 7.0)
_AMBULANCE_WAIT_HOURS = 0.5
_SLOTS_PER_HOUR = 4
_DRAWS_OF_A_DAY = 8
_MOST_SLOTS = 100


class AcuteFigures:
    """The figures of sites, day by day; a key is the organisation's and the site's code."""

    def __init__(self, seed: int, keys: Sequence[Key]) -> None:
        self._seed = seed
        self._keys = keys
        nature = np.array([uniforms(12, seed, "site", *key) for key in keys])
        self._daily = np.array([_size(key[1], one) for key, one in zip(keys, nature, strict=True)])
        self._beds = np.rint(self._daily * (1.5 + 0.6 * nature[:, 1]) + 60)
        self._admitted = 0.22 + 0.10 * nature[:, 2]
        self._ambulances = 0.85 + 0.3 * nature[:, 3]
        self._strain = nature[:, 4] - 0.5
        self._phases = nature[:, 5:8]
        self._fast_phases = nature[:, 8:11]
        self._arrivals = lru_cache(maxsize=4)(self._arrive)
        self._chance = lru_cache(maxsize=2)(self._draw)

    def of_day(self, day: date) -> dict[str, Counts | Numbers]:
        """Column → values, keys × slots of that London day."""
        length = len(slots_of_day(day, SLOT_MINUTES))
        chance = self._chance(day)[:, 2:, :length]
        pressure = self._pressure(day)
        days = [day - timedelta(days=2), day - timedelta(days=1), day]
        arrived = np.concatenate([self._arrivals(one)[0] for one in days], axis=1)
        by_ambulance = np.concatenate([self._arrivals(one)[1] for one in days], axis=1)
        bedded = np.clip(self._admitted[:, None] + 0.07 * pressure, 0.08, 0.5)
        stays = [_Stay(arrived, hours) for hours in _STAY_HOURS]
        staying = _round(_mix(stays, bedded, 0))
        over_4_hours = np.minimum(_round(_mix(stays, bedded, 4)), staying)
        over_12_hours = np.minimum(_round(_mix(stays, bedded, 12)), over_4_hours)
        queue = _Stay(by_ambulance, _AMBULANCE_WAIT_HOURS).longer_than(0, length)
        before = _round(_mix(stays, bedded, 0, back=1))
        before_4_hours = np.minimum(_round(_mix(stays, bedded, 4, back=1)), before)
        left = _leaving(before, arrived[:, -length:], staying)
        passing = _round(self._passing_4_hours(arrived, bedded, length))
        left_late = np.minimum(_leaving(before_4_hours, passing, over_4_hours), left)
        waiting = np.floor(queue * np.clip(0.6 + 0.5 * pressure, 0.05, 2) + chance[:, 0])
        longest_handover = _longest_handover(waiting, pressure, chance[:, 3])
        resus = share_of(staying, 0.06, chance[:, 1])
        return {
            "patients_in_department": staying,
            "patients_in_resus": resus,
            "patients_in_majors": np.minimum(
                share_of(staying, 0.42, chance[:, 2]), staying - resus
            ),
            "arrivals": arrived[:, -length:],
            "ambulance_arrivals": by_ambulance[:, -length:],
            "departures": left,
            "departures_within_4_hours": left - left_late,
            "ambulances_waiting": waiting.astype(np.int64),
            **{
                f"ambulances_waiting_over_{minutes}_minutes": _waiting_over(
                    minutes, waiting, longest_handover
                )
                for minutes in (15, 30, 60)
            },
            "longest_handover_wait_minutes": longest_handover,
            "patients_over_4_hours": over_4_hours,
            "patients_over_12_hours": over_12_hours,
            "awaiting_admission": share_of(over_4_hours, 0.55, chance[:, 4]),
            "longest_wait_minutes": self._longest_wait(staying, over_4_hours, over_12_hours, day),
            "median_time_to_treatment_minutes": _round(
                np.clip(62 + 30 * pressure + 12 * chance[:, 5], 12, 400)
            ),
            **self._since_midnight(arrived, bedded, length),
            **self._bed_state(day, pressure),
            "opel_level": _opel(pressure),
        }

    def _draw(self, day: date) -> Numbers:
        """keys × draws × slots; a day of any length takes the first of 100."""
        count = _DRAWS_OF_A_DAY * _MOST_SLOTS
        own = [uniforms(count, self._seed, "acute_realtime", *key, day) for key in self._keys]
        return np.array(own).reshape(len(self._keys), _DRAWS_OF_A_DAY, _MOST_SLOTS)

    def _arrive(self, day: date) -> tuple[Counts, Counts]:
        """Arrivals by slot, all and by ambulance, keys × slots."""
        shape = attendances_by_slot(day, SLOT_MINUTES)
        chance = self._chance(day)[:, :, : len(shape)]
        busy = 1 + 0.06 * self._pressure(day)
        arrivals = poisson(self._daily[:, None] * shape * busy, chance[:, 0])
        share = ambulance_share_by_slot(day, SLOT_MINUTES) * self._ambulances[:, None]
        return arrivals, share_of(arrivals, np.minimum(share, 1), chance[:, 1])

    def _pressure(self, day: date) -> Numbers:
        """About 0, mostly within ±1.5, keys × slots: slow waves, the site's nature, the season."""
        return wave(self._phases, _days(day)) + self._strain[:, None] + 0.25 * winter(day)

    def _since_midnight(
        self, arrived: Counts, bedded: Numbers, length: int
    ) -> dict[str, Counts | Numbers]:
        """Running sums within the day; breaches and admissions follow their patients' arrival."""
        leaving_for_a_bed = _before(arrived, 5, length) * bedded * 0.9
        return {
            "attendances_since_midnight": np.cumsum(arrived[:, -length:], axis=1),
            "four_hour_breaches_since_midnight": _running(
                self._passing_4_hours(arrived, bedded, length)
            ),
            "admissions_since_midnight": _running(leaving_for_a_bed),
        }

    @staticmethod
    def _passing_4_hours(arrived: Counts, bedded: Numbers, length: int) -> Numbers:
        """Patients whose stay goes over 4 hours in each of the day's slots."""
        home, bed = (np.exp(-4 / stay) for stay in _STAY_HOURS)
        passing: Numbers = _before(arrived, 4, length) * ((1 - bedded) * home + bedded * bed)
        return passing

    def _longest_wait(
        self, staying: Counts, over_4_hours: Counts, over_12_hours: Counts, day: date
    ) -> Counts:
        """Whole minutes that fit how many wait longer than 4 and 12 hours."""
        rhythm = wave(self._fast_phases, _days(day) * 8)
        level = np.clip(0.5 + 0.3 * rhythm, 0, 1)
        longest = np.where(staying > 0, 15 + 220 * level, 0)
        longest = np.where(over_4_hours > 0, 245 + 470 * level, longest)
        beyond = np.minimum(over_12_hours, 60) * (20 + 40 * level)
        longest = np.where(over_12_hours > 0, 725 + beyond, longest)
        return _round(longest)

    def _bed_state(self, day: date, pressure: Numbers) -> dict[str, Counts | Numbers]:
        """Beds open, which change at midnight, and those of them that are occupied."""
        opened = np.array(
            [uniforms(1, self._seed, "beds", *key, day)[0] for key in self._keys], dtype=np.float64
        )
        open_beds = np.rint(self._beds * (1 + 0.03 * (opened - 0.5)))[:, None]
        occupied = np.floor(open_beds * np.clip(0.925 + 0.03 * pressure, 0.7, 0.995))
        return {
            "ga_beds_open": np.broadcast_to(open_beds, pressure.shape).astype(np.int64),
            "ga_beds_occupied": occupied.astype(np.int64),
        }


def _size(site_code: str, nature: Numbers) -> float:
    """Attendances on a mean day: estimates; 200 sites of 125 trusts make about 66,000 a day."""
    if site_code.endswith("1"):
        return 250 + 350 * float(nature[0])
    return 90 + 200 * float(nature[0]) if site_code.endswith("2") else 50 + 120 * float(nature[0])


def _days(day: date) -> Numbers:
    """The slots of that London day as times in days."""
    slots = slots_of_day(day, SLOT_MINUTES)
    first = slots[0].timestamp() / 86400
    return first + np.arange(len(slots)) / 96


class _Stay:
    """The arrivals that are still there, when a constant share leaves in each hour.

    Arrivals before the first slot are left out: two days later one in a thousand is still there.
    """

    def __init__(self, arrived: Counts, mean_hours: float) -> None:
        self._kept = math.exp(-1 / _SLOTS_PER_HOUR / mean_hours)
        held = np.zeros(len(arrived))
        ends = np.empty(arrived.shape[::-1])
        for number, came in enumerate(arrived.T):
            held = held * self._kept + came
            ends[number] = held
        # Those of a slot came in its middle, half a slot before its end.
        self._ends: Numbers = ends.T * math.sqrt(self._kept)

    def longer_than(self, hours: int, length: int, back: int = 0) -> Numbers:
        """Patients at the ends of the last slots who came at least so many hours before.

        Of the slots that many `back`, where it is said.
        """
        shift = hours * _SLOTS_PER_HOUR
        end = self._ends.shape[1] - shift - back
        share: float = self._kept**shift
        return share * self._ends[:, end - length : end]


def _mix(stays: Sequence[_Stay], bedded: Numbers, hours: int, back: int = 0) -> Numbers:
    """Patients still there after so many hours, of those who go home and those who need a bed."""
    home, bed = (stay.longer_than(hours, bedded.shape[1], back) for stay in stays)
    return (1 - bedded) * home + bedded * bed


def _round(values: Numbers) -> Counts:
    return np.rint(values).astype(np.int64)


def _before(arrived: Counts, hours: int, length: int) -> Counts:
    """The arrivals so many hours before each of the day's slots."""
    end = arrived.shape[1] - hours * _SLOTS_PER_HOUR
    return arrived[:, end - length : end]


def _running(flow: Numbers) -> Counts:
    """Whole counts of a flow, added up over the day; they never fall."""
    return np.floor(np.cumsum(flow, axis=1)).astype(np.int64)


def _leaving(before: Counts, coming: Counts, after: Counts) -> Counts:
    """How many went, from those who were there before, those who came, and those there after.

    Of the first slot `before` is that of the day before; of the others `after` one slot back.
    """
    there = np.concatenate([before[:, :1], after[:, :-1]], axis=1)
    left: Counts = np.clip(there + coming - after, 0, None).astype(np.int64)
    return left


def _waiting_over(minutes: int, waiting: Numbers, longest: Counts) -> Counts:
    """Of the ambulances waiting, those beyond so many minutes, where waits are spread evenly."""
    share = 1 - minutes / np.maximum(longest, minutes)
    over = np.clip(np.rint(waiting * share), 1, waiting)
    return np.where(longest > minutes, over, 0).astype(np.int64)


def _longest_handover(waiting: Numbers, pressure: Numbers, chance: Numbers) -> Counts:
    """Whole minutes; 0 where no ambulance waits."""
    minutes = (8 + 14 * chance * np.sqrt(waiting)) * np.clip(1.4 + pressure, 0.4, 4)
    return np.where(waiting > 0, np.rint(np.minimum(minutes, 600)), 0).astype(np.int64)


def _opel(pressure: Numbers) -> Counts:
    """OPEL 1 to 4, held for the hours that the pressure lasts."""
    return 1 + (pressure > -0.6).astype(np.int64) + (pressure > 0.35) + (pressure > 1.1)
