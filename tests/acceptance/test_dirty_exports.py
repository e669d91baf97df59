"""Three exports as systems make them are mapped by a feed file alone, right in every cell.

Given text with semicolons, London times, decimal commas and waits as hh:mm; a workbook with
headings in two rows and durations as fractions of a day; and nested JSON with offsets, when each is
ingested by a feed file that is written as the page on onboarding says, then every value that is
held is the one that was meant, and nothing is told.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from pipelines.base.settings import settings
from pipelines.cli.app import _run
from tests.support.ledger_questions import ask_ledger

REPORTED = {
    "patients_in_department", "patients_in_resus", "ambulance_arrivals", "ambulances_waiting",
    "longest_handover_wait_minutes", "longest_wait_minutes", "median_time_to_treatment_minutes",
    "ga_beds_open", "ga_beds_occupied", "opel_level",
}  # fmt: skip

SEMICOLONS_FEED = """
title: Manchester, export with semicolons
provider: {code: R0A, name: Manchester University NHS Foundation Trust}
stage: testing
source: {kind: directory, endpoint: incoming/r0a, pattern: "ED export *.csv"}
format:
  kind: csv
  columns:
    org_code: {constant: $provider}
    site_code: [Site]
    slot_start:
      headings: [Slot ending]
      format: "%d/%m/%Y %H:%M"
      zone: Europe/London
      labelled_by: end
    patients_in_department: [In department]
    longest_wait_minutes: {headings: [Longest wait], given_in: clock, clock: "hh:mm"}
    median_time_to_treatment_minutes: [Median to treatment]
    ga_beds_open: [Beds]
    opel_level: {headings: [Status], prefixes: [OPEL]}
"""
SEMICOLONS = """\
ED export;made 25/07/2026 12:31
Site;Slot ending;In department;Longest wait;Median to treatment;Beds;Status
R0A02;25/07/2026 12:15;204;5:45;41,5;1 250;OPEL 2
R0A07;25/07/2026 12:15;87;0:59;1,250;612;opel 3
Total;;291;;;1 862;
"""

WORKBOOK_FEED = """
title: Cambridge, workbook with headings in two rows
provider: {code: RGT, name: Cambridge University Hospitals NHS Foundation Trust}
stage: testing
source: {kind: directory, endpoint: incoming/rgt, pattern: "RGT beds *.xlsx"}
format:
  kind: xlsx
  sheet: Now
  header_rows: 2
  columns:
    org_code: {constant: $provider}
    site_code: [Site]
    slot_start: {headings: [Slot], zone: Europe/London}
    ambulance_arrivals: ["Ambulances: arrived"]
    ambulances_waiting: ["Ambulances: waiting"]
    longest_handover_wait_minutes: {headings: ["Ambulances: longest wait"], given_in: clock}
    ga_beds_open: ["Beds: open"]
    ga_beds_occupied: ["Beds: occupied"]
"""

JSON_FEED = """
title: King's, nested JSON
provider: {code: RJZ, name: King's College Hospital NHS Foundation Trust}
stage: testing
source: {kind: directory, endpoint: incoming/rjz, pattern: "rjz-*.json"}
format:
  kind: json
  records: data.sites
  columns:
    org_code: {constant: $provider}
    site_code: [site.code]
    slot_start: {headings: [slot.from], zone: offset}
    patients_in_department: [ed.total]
    patients_in_resus: [ed.resus]
    longest_wait_minutes: {headings: [ed.longestWaitSeconds], given_in: seconds}
    median_time_to_treatment_minutes: [ed.medianToTreatment]
    opel_level: [opel]
  ignored_headings: [site.name, slot.to]
"""


def write_semicolons(folder: Path) -> Path:
    path = folder / "ED export 1.csv"
    path.write_bytes(SEMICOLONS.encode("cp1252"))
    return path


def write_two_rows(folder: Path) -> Path:
    path = folder / "RGT beds 1.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Now")
        time = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        span = workbook.add_format({"num_format": "[h]:mm"})
        sheet.write(0, 0, "Beds and ambulances")
        sheet.merge_range(1, 0, 2, 0, "Site")
        sheet.merge_range(1, 1, 2, 1, "Slot")
        sheet.merge_range(1, 2, 1, 4, "Ambulances")
        sheet.merge_range(1, 5, 1, 6, "Beds")
        sheet.write_row(2, 2, ["arrived", "waiting", "longest wait", "open", "occupied"])
        for row, (site, *figures) in enumerate((("RGT01", 6, 2, 95, 1048, 1001),
                                                ("RGT02", 0, 0, 0, 88, 80)), start=3):  # fmt: skip
            arrived, waiting, longest, beds, occupied = figures
            sheet.write(row, 0, site)
            sheet.write_datetime(row, 1, datetime(2026, 7, 25, 12, 0), time)
            sheet.write_row(row, 2, [arrived, waiting])
            sheet.write_number(row, 4, longest / 1440, span)
            sheet.write_row(row, 5, [beds, occupied])
    return path


def write_nested(folder: Path) -> Path:
    path = folder / "rjz-1.json"
    sites = [
        {
            "site": {"code": code, "name": name},
            "slot": {"from": "2026-07-25T12:00:00+01:00", "to": "2026-07-25T12:15:00+01:00"},
            "ed": {"total": total, "resus": resus, "longestWaitSeconds": 20_700,
                   "medianToTreatment": 41.25},
            "opel": opel,
        }
        for code, name, total, resus, opel in (("RJZ01", "Denmark Hill", 138, 4, 3),
                                               ("RJZ30", "Orpington\u2028site", 61, None, "4"))
    ]  # fmt: skip
    told = {"meta": {"system": "EPR"}, "data": {"sites": sites}}
    path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    return path


EXPORTS: dict[str, tuple[str, Callable[[Path], Path], dict[str, dict[str, Any]]]] = {
    "r0a": (SEMICOLONS_FEED, write_semicolons, {
        "R0A02": {"patients_in_department": 204, "longest_wait_minutes": 345.0,
                  "median_time_to_treatment_minutes": 41.5, "ga_beds_open": 1250, "opel_level": 2},
        "R0A07": {"patients_in_department": 87, "longest_wait_minutes": 59.0,
                  "median_time_to_treatment_minutes": 1.25, "ga_beds_open": 612, "opel_level": 3},
    }),
    "rgt": (WORKBOOK_FEED, write_two_rows, {
        "RGT01": {"ambulance_arrivals": 6, "ambulances_waiting": 2,
                  "longest_handover_wait_minutes": 95.0, "ga_beds_open": 1048,
                  "ga_beds_occupied": 1001},
        "RGT02": {"ambulance_arrivals": 0, "ambulances_waiting": 0,
                  "longest_handover_wait_minutes": 0.0, "ga_beds_open": 88, "ga_beds_occupied": 80},
    }),
    "rjz": (JSON_FEED, write_nested, {
        "RJZ01": {"patients_in_department": 138, "patients_in_resus": 4,
                  "longest_wait_minutes": 345.0, "median_time_to_treatment_minutes": 41.25,
                  "opel_level": 3},
        "RJZ30": {"patients_in_department": 61, "longest_wait_minutes": 345.0,
                  "median_time_to_treatment_minutes": 41.25, "opel_level": 4},
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_every_value_is_the_one_that_was_meant(
    name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, write, meant = EXPORTS[name]
    feeds = tmp_path / "feeds" / "acute_realtime"
    feeds.mkdir(parents=True)
    (feeds / f"{name}.yaml").write_text(feed, "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds.parent))
    monkeypatch.setenv("SITREP_NOW", "2026-07-25T11:40:00Z")
    settings.cache_clear()
    path = write(tmp_path)
    assert _run(["try", f"acute_realtime.{name}", str(path)]) == 0
    assert _run(["ingest", str(path)]) == 0
    rows = ask_ledger(home, "FROM history.acute_realtime ORDER BY site_code")
    assert {row["slot_start"] for row in rows} == {datetime(2026, 7, 25, 11)}
    held = {
        row["site_code"]: {key: row[key] for key in REPORTED if row[key] is not None}
        for row in rows
    }
    assert held == meant
    told = ask_ledger(home, "SELECT DISTINCT code FROM ops.issue")
    assert {row["code"] for row in told} <= {"HEAD-006"}, "only what the export does not have"
