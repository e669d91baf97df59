"""A home whose brief has something to say everywhere, with the figures of `figures_of_now`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.watch.look import look_now
from tests.support.figures_of_now import make_home, write, write_trust

NOW = "2026-11-25T12:05:00Z"
_A_YEAR_AGO = "2025-11-27T12:00:00Z"
_BEDS = {"ga_beds_open": 900, "ga_beds_occupied": 880}
_OF_GUYS: Mapping[str, float] = {
    "ambulances_waiting": 5, "longest_handover_wait_minutes": 20,
    "ga_beds_open": 500, "ga_beds_occupied": 500,
    "departures": 4, "departures_within_4_hours": 1,
}  # fmt: skip


def use(patch: pytest.MonkeyPatch, folder: Path, moment: str) -> Path:
    """The settings are those of the home in that folder, and it is that moment."""
    patch.setenv("SITREP_HOME", str(folder / "home"))
    patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
    patch.setenv("SITREP_NOW", moment)
    settings.cache_clear()
    return folder / "home"


def make_brief_home(folder: Path) -> Path:
    """A home with a publication that has departures, a revision, a finding and last winter's day.

    Manchester's ambulances at 11:30 became 6 of 3. The weeks before are held of Manchester alone.
    """
    home = make_home(folder)
    later = folder / "later"
    later.mkdir()
    year = write(
        later / "RRU_s.csv",
        [{"org_code": "RRU", "report_date": "2025-11-25", "incidents": 4000}],
    )
    left = {"departures": 10, "departures_within_4_hours": 6}
    trusts = [
        write_trust(
            later,
            "R0A",
            [
                ("R0A02", "2026-11-25T11:30", {"ambulances_waiting": 6, **_BEDS, **left}),
                ("R0A02", "2026-11-25T10:30", {**_BEDS, **left, "departures_within_4_hours": 9}),
                ("R0A02", "2026-11-18T11:30", {"ambulances_waiting": 20}),
                ("R0A02", "2026-11-11T11:30", {"ambulances_waiting": 30}),
            ],
        ),
        write_trust(later, "RJ1", [("RJ101", "2026-11-25T11:30", _OF_GUYS)]),
    ]
    with pytest.MonkeyPatch.context() as patch:
        for moment, files in ((_A_YEAR_AGO, [year]), (NOW, trusts)):
            use(patch, folder, moment)
            steps.land_files(files)
            steps.drain()
        look_now()
        steps.publish()
    settings.cache_clear()
    return home
