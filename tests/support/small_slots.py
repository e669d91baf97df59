"""Small files of quarter-hours for the feed of one trust, under the contract's own names.

Every figure is inside the contract's rules until a test changes it:
`write_slots(path, {("R0A02", SLOTS[0]): {"arrivals": -1}})`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

FEED = "acute_realtime.r0a"
ENDPOINT = "incoming/acute_realtime"
FIRST_FILE = "R0A_acute_realtime_20190308T113500.csv"
SECOND_FILE = "R0A_acute_realtime_20190308T123500.csv"
"""Names that the feed expects, with the time (UTC) at which their sender made them."""

SITES = ("R0A02", "R0A07")
SLOTS = ("2019-03-08T11:15:00Z", "2019-03-08T11:30:00Z")

Value = str | int | float
FIGURES: Mapping[str, Value] = {
    "patients_in_department": 60,
    "patients_in_resus": 4,
    "patients_in_majors": 20,
    "arrivals": 8,
    "ambulance_arrivals": 2,
    "departures": 7,
    "departures_within_4_hours": 5,
    "ambulances_waiting": 1,
    "ambulances_waiting_over_15_minutes": 1,
    "ambulances_waiting_over_30_minutes": 0,
    "ambulances_waiting_over_60_minutes": 0,
    "longest_handover_wait_minutes": 25.5,
    "patients_over_4_hours": 10,
    "patients_over_12_hours": 1,
    "awaiting_admission": 5,
    "longest_wait_minutes": 725,
    "median_time_to_treatment_minutes": 45,
    "attendances_since_midnight": 150,
    "four_hour_breaches_since_midnight": 30,
    "admissions_since_midnight": 20,
    "ga_beds_open": 900,
    "ga_beds_occupied": 880,
    "opel_level": 3,
}


def write_slots(
    path: Path,
    changes: Mapping[tuple[str, str], Mapping[str, Value]] | None = None,
    slots: Sequence[str] = SLOTS,
) -> Path:
    """The path of a new file: a row for each site and slot; equal arguments give equal bytes."""
    lines = [",".join(("org_code", "site_code", "slot_start", *FIGURES))]
    for slot in slots:
        for site in SITES:
            own = {**FIGURES, **(changes or {}).get((site, slot), {})}
            lines.append(",".join(map(str, ("R0A", site, slot, *own.values()))))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
