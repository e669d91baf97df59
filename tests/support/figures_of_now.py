"""A home whose figures of now are known by hand: five trusts, three services, one in testing."""

import atexit
import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from tests.support.small_slots import FIGURES
from tests.support.warehouse import lay_empty_warehouse

NOW = "2026-11-25T12:00:00Z"
"""The slot from 11:30 is closed: it was due at 11:50, and its grace is over at 12:00."""

TRUST = """
title: "{name}"
provider: {{code: {code}, name: "{name}"}}
stage: {stage}
{slots_from}
{sites}
source: {{kind: directory, endpoint: incoming/acute_realtime, pattern: "{code}_*.csv"}}
format: {{kind: csv}}
"""
SERVICE = """
title: "{code}"
provider: {{code: {code}, name: "{code}"}}
stage: live
slots_from: 2026-11-20
source: {{kind: directory, endpoint: incoming/ambulance_sitrep, pattern: "{code}_*.csv"}}
format: {{kind: csv}}
"""
VALUES: Mapping[str, Mapping[tuple[str, str], Mapping[str, Any]]] = {
    # Manchester, of two sites; R0A07 sends no beds, and nothing for 11:45.
    "R0A": {
        ("R0A02", "11:30"): {
            "ambulances_waiting": 3,
            "departures": 4,
            "ga_beds_open": 900,
            "ga_beds_occupied": 880,
        },
        ("R0A07", "11:30"): {
            "ambulances_waiting": 2,
            "departures": 3,
            "longest_handover_wait_minutes": 75.5,
            "ga_beds_open": None,
            "ga_beds_occupied": 400,
        },
        ("R0A02", "11:45"): {"ambulances_waiting": 4, "ga_beds_open": 900, "ga_beds_occupied": 900},
    },
    # Guy's and St Thomas', whose sites nobody has listed.
    "RJ1": {
        ("RJ101", "11:30"): {
            "ambulances_waiting": 5,
            "departures": 2,
            "longest_handover_wait_minutes": 20,
            "ga_beds_open": 500,
            "ga_beds_occupied": 500,
        },
    },
    # Nottingham stopped after 11:15, University Hospitals of Leicester never began.
    "RX1": {("RX101", "11:15"): {"ambulances_waiting": 7}},
    # Of no region.
    "RQF": {("RQF01", "11:30"): {"patients_over_12_hours": 3}},
    # In testing: no part of any figure.
    "RTD": {("RTD01", "11:30"): {"ambulances_waiting": 1000}},
}
SERVICES: Mapping[str, Mapping[str, Any]] = {
    "RRU": {"incidents_c2": 3000, "response_c2_mean_seconds": 3000, "incidents": 5000},
    "RYA": {"incidents_c2": 1000, "response_c2_mean_seconds": 1000, "incidents": 2000},
    # A mean without the incidents that it is of counts nowhere.
    "RX9": {"response_c2_mean_seconds": 9000, "incidents": 100},
}


SiteRow = tuple[str, str, Mapping[str, Any]]
"""A site, the start of a slot as `2026-11-25T11:30` in UTC, and what the site gives in it."""


def write_trust(folder: Path, code: str, rows: Iterable[SiteRow]) -> Path:
    """A file of the trust; what a row does not give is empty."""
    told = [
        {
            "org_code": code,
            "site_code": site,
            "slot_start": f"{slot}:00Z",
            **dict.fromkeys(FIGURES),
            **values,
        }
        for site, slot, values in rows
    ]
    return write(folder / f"{code}_1.csv", told)


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), "utf-8")
    return path


def make_home(folder: Path) -> Path:
    """A home with a publication, beside the folder of its feeds; a process makes it once."""
    model = _model(settings().warehouse.get_secret_value())
    shutil.copytree(model, folder, symlinks=True, dirs_exist_ok=True)
    return folder / "home"


@cache
def _model(_engine: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sitrep-now-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    trusts = folder / "feeds" / "acute_realtime"
    services = folder / "feeds" / "ambulance_sitrep"
    trusts.mkdir(parents=True)
    services.mkdir()
    for code, name, stage, sites in (
        ("R0A", "Manchester", "live", "sites: [R0A02, R0A07]"),
        ("RJ1", "Guy's", "live", ""),
        ("RX1", "Nottingham", "live", "sites: [RX101]"),
        ("RWE", "Leicester", "live", "sites: [RWE01, RWE02]"),
        ("RQF", "Walk-in", "live", "sites: [RQF01]"),
        ("RTD", "Newcastle", "testing", ""),
    ):
        slots_from = "slots_from: 2026-11-20" if stage == "live" else ""
        text = TRUST.format(code=code, name=name, stage=stage, sites=sites, slots_from=slots_from)
        (trusts / f"{code.lower()}.yaml").write_text(text, "utf-8")
    for code in (*SERVICES, "RYC"):
        (services / f"{code.lower()}.yaml").write_text(SERVICE.format(code=code), "utf-8")
    files = [
        write_trust(
            folder, code, ((site, f"2026-11-25T{slot}", one) for (site, slot), one in rows.items())
        )
        for code, rows in VALUES.items()
    ]
    files += [
        write(folder / f"{code}_s.csv", [{"org_code": code, "report_date": "2026-11-24", **values}])
        for code, values in SERVICES.items()
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_FEEDS_DIR", str(folder / "feeds"))
        patch.setenv("SITREP_NOW", NOW)
        settings.cache_clear()
        lay_empty_warehouse(folder / "home")
        steps.land_files(files)
        steps.drain()
        steps.publish()
    settings.cache_clear()
    return folder
