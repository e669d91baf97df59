"""More than twenty hands, and the samples that they write."""

from datetime import date, datetime, timedelta
from datetime import timezone as fixed
from typing import Any

from tests.support.onboarding_samples import (
    DAYS,
    HandSample,
    Row,
    as_is,
    as_json,
    calls_slot,
    clock,
    day_rows,
    delimited,
    dmy,
    epoch,
    handover_day,
    headings_of,
    mmss,
    nested,
    service_day,
    site_slot,
    slot_rows,
    spanish,
    table_of,
    trust_day,
    truth_of,
    workbook,
)

_DAY = ("org_code", "report_date")
_SITE = ("org_code", "site_code", "slot_start")
_AREA = ("contract_code", "slot_start")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.4f}"


def control_room_analyst() -> HandSample:
    """Semicolons, decimal commas, cp1252, a banner, a total, minutes and seconds."""
    rows = day_rows(service_day, ["RX9"])
    columns: list[Any] = [
        ("Date", "report_date", dmy),
        ("999 calls answered", "calls_answered", spanish),
        ("Avg answer (s)", "call_answer_mean_seconds", spanish),
        ("90th answer (s)", "call_answer_p90_seconds", as_is),
        ("Cat 1 incidents", "incidents_c1", as_is),
        ("Cat 2 incidents", "incidents_c2", spanish),
        ("C1 mean (mm:ss)", "response_c1_mean_seconds", mmss),
        ("C1 90th centile (mm:ss)", "response_c1_p90_seconds", mmss),
        ("C2 mean (mm:ss)", "response_c2_mean_seconds", mmss),
        ("Handovers >15 min", "handovers_over_15_minutes", as_is),
        ("Handovers >1 hr", "handovers_over_60_minutes", as_is),
        ("Hours lost to handover", "handover_time_lost_hours", spanish),
        ("REAP", "reap_level", lambda level: f"REAP {level}"),
    ]
    lines: list[list[Any]] = [
        ["East Midlands – daily sitrep"],
        [],
        [*(one[0] for one in columns), "Comments"],
        *([*line, "déjà vu"] for line in table_of(columns, rows)),
        ["Week total", "10.875"],
    ]
    content = delimited(lines, ";", "cp1252")
    truth = truth_of(rows, _DAY, columns)
    return HandSample(
        "control room analyst", "ambulance_sitrep", "RX9", "RX9 daily sitrep 20.11.2026.csv",
        content, truth, headings_of(columns),
    )  # fmt: skip


def warehouse_developer() -> HandSample:
    """Names in small letters, days as epoch seconds, an envelope around the rows."""
    rows = day_rows(service_day, ["RRU"])
    columns: list[Any] = [
        ("org_ods_code", "org_code", as_is),
        ("report_dt", "report_date", lambda day: epoch(datetime(day.year, day.month, day.day))),
        ("calls_answered_cnt", "calls_answered", as_is),
        ("call_answer_avg_s", "call_answer_mean_seconds", as_is),
        ("call_answer_p90_s", "call_answer_p90_seconds", as_is),
        ("inc_total", "incidents", as_is),
        ("inc_c1", "incidents_c1", as_is),
        ("resp_c1_mean_s", "response_c1_mean_seconds", as_is),
        ("resp_c1_p90_s", "response_c1_p90_seconds", as_is),
        ("resp_c2_mean_s", "response_c2_mean_seconds", as_is),
        ("handovers_gt_15m", "handovers_over_15_minutes", as_is),
        ("handovers_gt_30m", "handovers_over_30_minutes", as_is),
        ("handovers_gt_60m", "handovers_over_60_minutes", as_is),
        ("handover_lost_mins", "handover_time_lost_hours", lambda hours: hours * 60),
        ("reap", "reap_level", as_is),
    ]
    objects = [
        dict(zip((one[0] for one in columns), line, strict=True)) | {"loaded_at": 1795132800}
        for line in table_of(columns, rows)
    ]
    content = as_json({"meta": {"version": 2}, "result": {"rows": objects, "count": len(objects)}})
    return HandSample(
        "warehouse developer", "ambulance_sitrep", "RRU", "rru_ambulance_20261120.json", content,
        truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def merged_header() -> HandSample:
    """Groups in merged cells over two rows of headings; notes and last year on other sheets."""
    rows = day_rows(service_day, ["RX7"])
    columns: list[Any] = [
        ("Date", "report_date", as_is),
        ("Call handling: Calls answered", "calls_answered", as_is),
        ("Call handling: Mean (secs)", "call_answer_mean_seconds", as_is),
        ("C1: Mean", "response_c1_mean_seconds", lambda own: timedelta(seconds=own)),
        ("C1: 90th", "response_c1_p90_seconds", lambda own: timedelta(seconds=own)),
        ("C2: Mean", "response_c2_mean_seconds", lambda own: timedelta(seconds=own)),
        ("C2: 90th", "response_c2_p90_seconds", lambda own: timedelta(seconds=own)),
        ("Hospital handovers: All", "handovers", as_is),
        ("Hospital handovers: >15 mins", "handovers_over_15_minutes", as_is),
        ("Hospital handovers: >30 mins", "handovers_over_30_minutes", as_is),
        ("Hospital handovers: >60 mins", "handovers_over_60_minutes", as_is),
        ("REAP level", "reap_level", lambda level: f"Level {level}"),
    ]
    upper: list[Any] = []
    lower: list[Any] = []
    for heading, _, _ in columns:
        group, _, name = heading.partition(": ")
        upper.append(None if name and group in upper else group)
        lower.append(name or None)
    lines: list[list[Any]] = [["North West Ambulance"], upper, lower, *table_of(columns, rows)]
    content = workbook(
        {"Notes": [["Unvalidated"], ["Contact the desk"]], "Daily": lines, "Lists": [["x"]]},
        hidden=["Lists"],
    )
    return HandSample(
        "merged header", "ambulance_sitrep", "RX7", "NWAS_RX7_2026-11-20.xlsx", content,
        truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def supplier_api() -> HandSample:
    """Objects within objects, camelCase, as a supplier's interface gives them."""
    rows = day_rows(service_day, ["RX8"])
    columns: list[Any] = [
        ("organisation.code", "org_code", as_is),
        ("reportDate", "report_date", lambda day: day.isoformat()),
        ("calls.answered", "calls_answered", as_is),
        ("calls.answerMeanSeconds", "call_answer_mean_seconds", as_is),
        ("calls.answerP95Seconds", "call_answer_p95_seconds", as_is),
        ("response.c1.meanSeconds", "response_c1_mean_seconds", as_is),
        ("response.c1.p90Seconds", "response_c1_p90_seconds", as_is),
        ("response.c3.meanSeconds", "response_c3_mean_seconds", as_is),
        ("incidents.all", "incidents", as_is),
        ("incidents.c4", "incidents_c4", as_is),
        ("handovers.over60Minutes", "handovers_over_60_minutes", as_is),
        ("hearAndTreat", "hear_and_treat", as_is),
        ("conveyedToEd", "conveyed_to_ed", as_is),
        ("reapLevel", "reap_level", as_is),
    ]
    objects = [
        nested(dict(zip((one[0] for one in columns), line, strict=True)))
        for line in table_of(columns, rows)
    ]
    for one in objects:
        one["organisation"]["name"] = "Yorkshire Ambulance Service"
    content = as_json({"data": {"items": objects}, "paging": {"next": None}})
    return HandSample(
        "supplier API", "ambulance_sitrep", "RX8", "RX8_ambulance_sitrep_20261120T080000.json",
        content, truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def spanish_exporter() -> HandSample:
    """Points between thousands, commas before decimals, days with hyphens."""
    rows = day_rows(service_day, ["RYC"])
    columns: list[Any] = [
        ("Service code", "org_code", as_is),
        ("Report date", "report_date", lambda day: f"{day:%d-%m-%Y}"),
        ("Calls answered", "calls_answered", spanish),
        ("Mean call answer (sec)", "call_answer_mean_seconds", spanish),
        ("All incidents", "incidents", spanish),
        ("C2 mean response (min)", "response_c2_mean_seconds", lambda own: spanish(own / 60)),
        ("Handover time lost (hours)", "handover_time_lost_hours", spanish),
        ("Planned unit hours", "unit_hours_planned", spanish),
        ("Actual unit hours", "unit_hours_deployed", spanish),
        ("REAP status", "reap_level", as_is),
    ]
    rows = [{**row, "response_c2_mean_seconds": 1890 + 15 * at} for at, row in enumerate(rows)]
    lines: list[list[Any]] = [
        [one[0] for one in columns],
        *table_of(columns, rows),
        ["TOTAL", "", "10.875"],
    ]
    return HandSample(
        "Spanish exporter", "ambulance_sitrep", "RYC", "ryc_20-11-2026.csv",
        delimited(lines, ";", "utf-8-sig"), truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def no_units() -> HandSample:
    """Times without a word of their unit: one answer for all."""
    rows = day_rows(service_day, ["RYF"])
    columns: list[Any] = [
        ("Trust code", "org_code", as_is),
        ("Day", "report_date", dmy),
        ("Answered calls", "calls_answered", as_is),
        ("C1 mean", "response_c1_mean_seconds", _minutes),
        ("C1 90th", "response_c1_p90_seconds", _minutes),
        ("C2 mean", "response_c2_mean_seconds", _minutes),
        ("C2 90th", "response_c2_p90_seconds", _minutes),
        ("REAP level", "reap_level", as_is),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns], *table_of(columns, rows)]
    return HandSample(
        "no units", "ambulance_sitrep", "RYF", "RYF_daily_20261120.txt",
        delimited(lines, "\t", "utf-16"), truth_of(rows, _DAY, columns), headings_of(columns),
        {"unit": "minutes"},
    )  # fmt: skip


def suffixes_and_gaps() -> HandSample:
    """Units behind numbers, and texts where a figure is not known."""
    rows = day_rows(service_day, ["RYE"])
    for row in rows:
        row["call_answer_p99_seconds"] = None
    rows[1]["hear_and_treat"] = rows[3]["hear_and_treat"] = None
    columns: list[Any] = [
        ("Reporting date", "report_date", lambda day: f"{day:%d-%b-%y}"),
        ("Calls answered", "calls_answered", lambda own: f"{own:,}"),
        ("Answer time - mean", "call_answer_mean_seconds", lambda own: f"{own} secs"),
        ("Answer time 99th", "call_answer_p99_seconds", lambda _: "n/k"),
        ("H&T", "hear_and_treat", lambda own: "not recorded" if own is None else own),
        ("S&T", "see_and_treat", as_is),
        ("Response C1 mean", "response_c1_mean_seconds", lambda own: f"{own / 60:.4f} min"),
        ("Ambulance handovers", "handovers", lambda own: f"{own:,}"),
        ("Handover delays over 30 mins", "handovers_over_30_minutes", as_is),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns]]
    lines += [[f'"{cell}"' for cell in line] for line in table_of(columns, rows)]
    return HandSample(
        "suffixes and gaps", "ambulance_sitrep", "RYE", "RYE sitrep 20 Nov 2026.csv",
        delimited(lines), truth_of(rows, _DAY, columns), headings_of(columns),
        {"call_answer_p99_seconds.unit": "seconds"},
    )  # fmt: skip


def excel_user() -> HandSample:
    """True dates, a title, words of an acute trust's desk, and a line of totals."""
    rows = day_rows(trust_day, ["RGT"])
    columns: list[Any] = [
        ("Date", "report_date", as_is),
        ("A&E closures", "ae_closures", as_is),
        ("A&E diverts", "ae_diverts", as_is),
        ("Type 1 attendances", "ae_attendances_type_1", as_is),
        ("Type 2 attendances", "ae_attendances_type_2", as_is),
        ("Type 3 attendances", "ae_attendances_type_3", as_is),
        ("Total A&E attendances", "ae_attendances", as_is),
        ("Emergency admissions", "emergency_admissions", as_is),
        ("Core beds open", "ga_core_beds_open", as_is),
        ("Escalation beds open", "ga_escalation_beds_open", as_is),
        ("Total beds open", "ga_beds_open", as_is),
        ("Total beds occ'd", "ga_beds_occupied", as_is),
        ("> 7 days", "patients_over_7_days", as_is),
        ("> 14 days", "patients_over_14_days", as_is),
        ("> 21 days", "patients_over_21_days", as_is),
        ("OPEL", "opel_level", lambda level: f"OPEL {level}"),
    ]
    lines: list[list[Any]] = [
        ["Cambridge daily SitRep"],
        ["Signed off by the duty director"],
        [],
        [*(one[0] for one in columns), "Signed off by"],
        *([*line, "A. Director"] for line in table_of(columns, rows)),
        ["Total", 2],
        [],
        ["* beds at 08:00"],
    ]
    content = workbook({"SitRep": lines, "Contacts": [["Name of the desk", "Telephone"]]})
    return HandSample(
        "Excel user", "acute_sitrep", "RGT", "RGT SitRep 2026-11-20.xlsx", content,
        truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def bed_manager() -> HandSample:
    """Words such as LOS and D&V, mistyped headings, days with names of months."""
    rows = day_rows(trust_day, ["R1H"])
    columns: list[Any] = [
        ("Organisation code", "org_code", as_is),
        ("Date of report", "report_date", lambda day: f"{day:%d %B %Y}"),
        ("G&A beds open", "ga_beds_open", as_is),
        ("G&A beds occupied", "ga_beds_occupied", as_is),
        ("LOS 7+ days", "patients_over_7_days", as_is),
        ("LOS 14+ days", "patients_over_14_days", as_is),
        ("LOS 21+ days", "patients_over_21_days", as_is),
        ("D&V beds closed", "beds_closed_norovirus", as_is),
        ("D&V beds closed unoccupied", "beds_closed_norovirus_unoccupied", as_is),
        ("Adult CC beds open", "adult_critical_care_beds_open", as_is),
        ("Adult CC beds occupied", "adult_critical_care_beds_occupied", as_is),
        ("PICU open", "paediatric_intensive_care_beds_open", as_is),
        ("PICU occ", "paediatric_intensive_care_beds_occupied", as_is),
        ("Neonatal intensive care cots open", "neonatal_intensive_care_beds_open", as_is),
        ("Neonatal intensive care cots occ", "neonatal_intensive_care_beds_occupied", as_is),
        ("Emergancy admissions", "emergency_admissions", as_is),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns], *table_of(columns, rows)]
    lines = [[*line, "0.95"] for line in lines]
    lines[0][-1] = "G&A occupancy %"
    return HandSample(
        "bed manager", "acute_sitrep", "R1H", "beds_R1H_201126.csv", delimited(lines),
        truth_of(rows, _DAY, columns), headings_of(columns), {"file_time.format": "%d%m%y"},
        never=["G&A occupancy %"],
    )  # fmt: skip


def two_rows_of_beds() -> HandSample:
    """Kinds of care above, open and occupied below."""
    rows = day_rows(trust_day, ["RRK"])
    groups = (
        ("Adult critical care", "adult_critical_care_beds"),
        ("Paediatric intensive care", "paediatric_intensive_care_beds"),
        ("Neonatal intensive care", "neonatal_intensive_care_beds"),
    )
    columns: list[Any] = [("Report date", "report_date", lambda day: f"{day:%Y/%m/%d}")]
    upper, lower = ["Report date"], [""]
    for group, name in groups:
        columns += [
            (f"{group}: Open", f"{name}_open", as_is),
            (f"{group}: Occupied", f"{name}_occupied", as_is),
        ]
        upper += [group, ""]
        lower += ["Open", "Occupied"]
    content = delimited([["Critical care"], upper, lower, *table_of(columns, rows)])
    return HandSample(
        "two rows of beds", "acute_sitrep", "RRK", "RRK_crit_care_20261120.csv", content,
        truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def handover_desk() -> HandSample:
    """Bands and thresholds in short, hours lost as a clock."""
    rows = day_rows(handover_day, ["RJE"])
    columns: list[Any] = [
        ("Trust", "org_code", as_is),
        ("Sitrep date", "report_date", lambda day: f"{day:%d.%m.%Y}"),
        ("Arriving by ambulance", "ambulance_arrivals", as_is),
        ("Delays >15 mins", "handovers_over_15_minutes", as_is),
        ("Delays 30–60 mins", "handovers_30_to_60_minutes", as_is),
        ("Delays >60 mins", "handovers_over_60_minutes", as_is),
        ("Delays > 2 hours", "handovers_over_120_minutes", as_is),
        ("Unknown handover time", "handovers_unknown", as_is),
        ("Time lost (h:mm:ss)", "handover_time_lost_hours", lambda own: clock(own * 3600)),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns], *table_of(columns, rows)]
    return HandSample(
        "handover desk", "ambulance_handover", "RJE", "RJE_handover_2026-11-20.csv",
        delimited(lines, "|"), truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def ambulance_trust_for_all() -> HandSample:
    """An ambulance service about the trusts that it goes to, on one of two sheets."""
    codes = ["RJE", "RRK", "RWE"]
    rows = day_rows(handover_day, codes)
    columns: list[Any] = [
        ("Report day", "report_date", as_is),
        ("Hospital trust code", "org_code", as_is),
        ("Ambulance arrivals", "ambulance_arrivals", as_is),
        ("Handovers over 15 mins", "handovers_over_15_minutes", as_is),
        ("Handovers over 30 mins", "handovers_over_30_minutes", as_is),
        ("Handovers over 45 mins", "handovers_over_45_minutes", as_is),
        ("Handovers over 60 mins", "handovers_over_60_minutes", as_is),
        ("Handovers over 120 mins", "handovers_over_120_minutes", as_is),
        ("Hours lost", "handover_time_lost_hours", as_is),
    ]
    body = [[*line[:2], "A hospital trust", *line[2:]] for line in table_of(columns, rows)]
    head: list[Any] = [one[0] for one in columns]
    lines: list[list[Any]] = [
        [*head[:2], "Trust name", *head[2:]],
        *body,
        ["All trusts", None, None, 1000],
    ]
    content = workbook({"Cover": [["WMAS handovers"]], "Handover": lines})
    return HandSample(
        "ambulance trust for all", "ambulance_handover", "RYA", "RYA_handovers_20261120.xlsx",
        content, truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def json_lines() -> HandSample:
    """An object on each line."""
    rows = day_rows(handover_day, ["RHM"])
    columns: list[Any] = [
        ("provider_code", "org_code", as_is),
        ("date", "report_date", lambda day: day.isoformat()),
        ("arrivals_by_ambulance", "ambulance_arrivals", as_is),
        ("handover_over_15m", "handovers_over_15_minutes", as_is),
        ("handover_over_30m", "handovers_over_30_minutes", as_is),
        ("handover_over_60m", "handovers_over_60_minutes", as_is),
        ("handover_lost_minutes", "handover_time_lost_hours", lambda own: own * 60),
    ]
    objects = [dict(zip((one[0] for one in columns), line, strict=True))
               for line in table_of(columns, rows)]  # fmt: skip
    content = b"\n".join(as_json(one).replace(b"\n", b"") for one in objects)
    return HandSample(
        "JSON lines", "ambulance_handover", "RHM", "rhm-20261120.json", content,
        truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


_AREAS = [{"contract_code": "111AD5"}, {"contract_code": "111QE1"}]


def telephony_supplier() -> HandSample:
    """Two contract areas, times in London with their offset, camelCase."""
    rows = slot_rows(calls_slot, _AREAS)
    columns: list[Any] = [
        ("contractCode", "contract_code", as_is),
        ("intervalStart", "slot_start", lambda slot: f"{slot:%Y-%m-%dT%H:%M:%S}+00:00"),
        ("callsOffered", "calls_received", as_is),
        ("callsAnswered", "calls_answered", as_is),
        ("answeredWithin60Secs", "calls_answered_within_60_seconds", as_is),
        ("callsAbandoned", "calls_abandoned", as_is),
        ("totalAnswerTimeSecs", "answer_time_total_seconds", as_is),
        ("callsTriaged", "calls_triaged", as_is),
        ("outcomeAmbulance", "outcome_ambulance", as_is),
        ("outcomeSelfCare", "outcome_self_care", as_is),
    ]
    objects = [dict(zip((one[0] for one in columns), line, strict=True))
               for line in table_of(columns, rows)]  # fmt: skip
    content = as_json({"response": {"intervals": objects}})
    return HandSample(
        "telephony supplier", "nhs111", "X24", "nhs111_X24_20261120T0845.json", content,
        truth_of(rows, _AREA, columns), headings_of(columns),
    )  # fmt: skip


def spreadsheet_of_calls() -> HandSample:
    """Local times without an offset, and a heading that does not say what of a slot it names."""
    rows = slot_rows(calls_slot, _AREAS[:1])
    later = timedelta(minutes=15)
    columns: list[Any] = [
        ("Contract area code", "contract_code", as_is),
        ("Time", "slot_start", lambda slot: f"{slot + later:%d/%m/%Y %H:%M}"),
        ("Calls received", "calls_received", as_is),
        ("Calls answered", "calls_answered", as_is),
        ("Answered < 60 secs", "calls_answered_within_60_seconds", as_is),
        ("Abandoned calls", "calls_abandoned", as_is),
        ("ED dispositions", "outcome_ed", as_is),
        ("Ambulance dispositions", "outcome_ambulance", as_is),
        ("Primary care dispositions", "outcome_primary_care", as_is),
    ]
    lines: list[list[Any]] = [["% answered in 60s", *(one[0] for one in columns)]]
    lines += [["78%", *line] for line in table_of(columns, rows)]
    return HandSample(
        "spreadsheet of calls", "nhs111", "X24", "X24 calls.csv", delimited(lines),
        truth_of(rows, _AREA, columns), headings_of(columns),
        {"slot_start.zone": "Europe/London", "slot_start.labelled_by": "end"},
        never=["% answered in 60s"],
    )  # fmt: skip


def milliseconds() -> HandSample:
    """Starts of slots as epoch milliseconds, one list of objects and nothing around it."""
    rows = slot_rows(calls_slot, _AREAS)
    columns: list[Any] = [
        ("contract_area", "contract_code", as_is),
        ("slot_start_epoch", "slot_start", lambda slot: epoch(slot) * 1000),
        ("received", "calls_received", as_is),
        ("answered", "calls_answered", as_is),
        ("answered_within_60s", "calls_answered_within_60_seconds", as_is),
        ("abandoned", "calls_abandoned", as_is),
        ("triaged", "calls_triaged", as_is),
        ("callback_queue", "callback_queue", as_is),
    ]
    objects = [dict(zip((one[0] for one in columns), line, strict=True))
               for line in table_of(columns, rows)]  # fmt: skip
    return HandSample(
        "milliseconds", "nhs111", "X24", "X24_111_202611200845.json", as_json(objects),
        truth_of(rows, _AREA, columns), headings_of(columns),
    )  # fmt: skip


_SITES: list[Row] = [{"org_code": "RGT", "site_code": code} for code in ("RGT01", "RGT02")]


def whiteboard() -> HandSample:
    """Day and time of day in two columns, slots named by their end, minutes behind numbers."""
    rows = slot_rows(site_slot, _SITES)
    later = timedelta(minutes=15)
    columns: list[Any] = [
        ("Site", "site_code", as_is),
        ("Period end date", "slot_start", lambda slot: f"{slot + later:%d/%m/%Y}"),
        ("In department", "patients_in_department", as_is),
        ("Resus", "patients_in_resus", as_is),
        ("Majors", "patients_in_majors", as_is),
        ("Arrivals last 15 min", "arrivals", as_is),
        ("Amb arrivals last 15 min", "ambulance_arrivals", as_is),
        ("Ambulances queuing", "ambulances_waiting", as_is),
        ("Queuing over 15 min", "ambulances_waiting_over_15_minutes", as_is),
        ("Over 4h", "patients_over_4_hours", as_is),
        ("Over 12h", "patients_over_12_hours", as_is),
        ("DTAs waiting", "awaiting_admission", as_is),
        ("Longest wait", "longest_wait_minutes", lambda own: f"{own} mins"),
        ("4 hour breaches today", "four_hour_breaches_since_midnight", as_is),
        ("Attendances today", "attendances_since_midnight", as_is),
        ("OPEL", "opel_level", lambda level: f"OPEL{level}"),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns]]
    lines[0].insert(2, "Period end time")
    for row, line in zip(rows, table_of(columns, rows), strict=True):
        lines.append([*line[:2], f"{row['slot_start'] + later:%H:%M}", *line[2:]])
    lines.append(["Trust total", "", "", 1000])
    return HandSample(
        "whiteboard", "acute_realtime", "RGT", "ED_RGT_20261120_0915.csv", delimited(lines),
        truth_of(rows, _SITE, columns), headings_of(columns), {"slot_start.zone": "Europe/London"},
    )  # fmt: skip


def event_store() -> HandSample:
    """Epoch seconds and names of a table in a warehouse."""
    rows = slot_rows(site_slot, _SITES)
    columns: list[Any] = [
        ("trust_ods", "org_code", as_is),
        ("site_id", "site_code", as_is),
        ("interval_start_epoch", "slot_start", epoch),
        ("pts_in_ed", "patients_in_department", as_is),
        ("pts_gt_4h", "patients_over_4_hours", as_is),
        ("pts_gt_12h", "patients_over_12_hours", as_is),
        ("arrivals", "arrivals", as_is),
        ("amb_arrivals", "ambulance_arrivals", as_is),
        ("longest_wait_secs", "longest_wait_minutes", lambda own: own * 60),
        ("ga_beds_open", "ga_beds_open", as_is),
        ("ga_beds_occ", "ga_beds_occupied", as_is),
        ("opel", "opel_level", as_is),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns], *table_of(columns, rows)]
    return HandSample(
        "event store", "acute_realtime", "RGT", "rgt_ed_20261120T085500.csv", delimited(lines),
        truth_of(rows, _SITE, columns), headings_of(columns),
    )  # fmt: skip


def bed_management() -> HandSample:
    """A workbook with a sheet for us, true times, a line of totals, durations as h:mm:ss."""
    rows = slot_rows(site_slot, _SITES)
    columns: list[Any] = [
        ("Site code", "site_code", as_is),
        ("Period start (UTC)", "slot_start", as_is),
        ("Total in ED", "patients_in_department", as_is),
        ("In resus", "patients_in_resus", as_is),
        ("In majors", "patients_in_majors", as_is),
        ("Longest wait in ED (hh:mm:ss)", "longest_wait_minutes",
         lambda own: timedelta(minutes=own)),
        ("Median time to treatment (hh:mm:ss)", "median_time_to_treatment_minutes",
         lambda own: timedelta(minutes=own)),
        ("DTAs without a bed", "awaiting_admission", as_is),
        ("G&A beds open", "ga_beds_open", as_is),
        ("G&A beds occupied", "ga_beds_occupied", as_is),
        ("OPEL", "opel_level", lambda level: f"OPEL {level}"),
    ]  # fmt: skip
    lines: list[list[Any]] = [
        [one[0] for one in columns],
        *table_of(columns, rows),
        ["Total", None, 400],
    ]
    content = workbook({"Read me": [["This workbook is filled by a macro"]], "ED SitRep": lines})
    return HandSample(
        "bed management", "acute_realtime", "RGT", "RGT_beds_20261120_090000.xlsx", content,
        truth_of(rows, _SITE, columns), headings_of(columns),
    )  # fmt: skip


def integration_engine() -> HandSample:
    """Sites as a list within a message, local times with their offset, objects inside."""
    rows = slot_rows(site_slot, _SITES)
    zone = fixed(timedelta(hours=1))
    columns: list[Any] = [
        ("trust", "org_code", as_is),
        ("site", "site_code", as_is),
        ("interval.start", "slot_start",
         lambda slot: f"{(slot + timedelta(hours=1)).replace(tzinfo=zone).isoformat()}"),
        ("ed.inDepartment", "patients_in_department", as_is),
        ("ed.over4Hours", "patients_over_4_hours", as_is),
        ("ed.over12Hours", "patients_over_12_hours", as_is),
        ("ambulances.waiting", "ambulances_waiting", as_is),
        ("ambulances.waitingOver30Minutes", "ambulances_waiting_over_30_minutes", as_is),
        ("ambulances.longestHandoverWaitSeconds", "longest_handover_wait_minutes",
         lambda own: own * 60),
        ("opelLevel", "opel_level", as_is),
    ]  # fmt: skip
    objects = [nested(dict(zip((one[0] for one in columns), line, strict=True)))
               for line in table_of(columns, rows)]  # fmt: skip
    content = as_json({"header": {"id": "m1"}, "payload": {"sites": objects}})
    return HandSample(
        "integration engine", "acute_realtime", "RGT", "RGT.20261120.0900.json", content,
        truth_of(rows, _SITE, columns), headings_of(columns),
    )  # fmt: skip


def early_days() -> HandSample:
    """Days that are 1 February or 2 January: only a person knows."""
    rows = [
        {"org_code": "RX6", "report_date": date(2026, 11, day), **service_day(day)}
        for day in range(2, 7)
    ]
    columns: list[Any] = [
        ("Date", "report_date", dmy),
        ("Calls answered", "calls_answered", as_is),
        ("C1 incidents", "incidents_c1", as_is),
        ("Hear & treat", "hear_and_treat", as_is),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns], *table_of(columns, rows)]
    return HandSample(
        "early days", "ambulance_sitrep", "RX6", "RX6_20261107.csv", delimited(lines),
        truth_of(rows, _DAY, columns), headings_of(columns), {"report_date.format": "%d/%m/%Y"},
        "2026-11-14T12:00:00Z",
    )  # fmt: skip


def american_export() -> HandSample:
    """The month before the day, told by the days after the twelfth."""
    rows = day_rows(service_day, ["RYD"])
    columns: list[Any] = [
        ("Service", "org_code", as_is),
        ("Activity date", "report_date", lambda day: f"{day:%m/%d/%Y}"),
        ("Calls answered", "calls_answered", as_is),
        ("C2 incidents", "incidents_c2", as_is),
        ("C1 mean (hh:mm:ss)", "response_c1_mean_seconds", clock),
        ("C2 mean (hh:mm:ss)", "response_c2_mean_seconds", clock),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns] + ["C1T mean (hh:mm:ss)"]]
    lines += [[*line, "0:09:59"] for line in table_of(columns, rows)]
    return HandSample(
        "American export", "ambulance_sitrep", "RYD", "SECAMB_RYD_20261120.csv", delimited(lines),
        truth_of(rows, _DAY, columns), headings_of(columns), never=["C1T mean (hh:mm:ss)"],
    )  # fmt: skip


def two_for_one() -> HandSample:
    """Two headings for one column, and a clock of two parts."""
    rows = day_rows(service_day, ["RYA"])
    columns: list[Any] = [
        ("Date", "report_date", lambda day: day.isoformat()),
        ("999 calls answered", "calls_answered", as_is),
        ("C1 mean", "response_c1_mean_seconds", mmss),
        ("C1 90th", "response_c1_p90_seconds", mmss),
        ("Incidents", "incidents", as_is),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns] + ["Calls answered"]]
    lines += [[*line, 17] for line in table_of(columns, rows)]
    return HandSample(
        "two for one", "ambulance_sitrep", "RYA", "RYA_20261120.csv", delimited(lines),
        truth_of(rows, _DAY, columns), headings_of(columns),
        {"calls_answered.heading": "999 calls answered", "clock": "mm:ss"},
        never=["Calls answered"],
    )  # fmt: skip


def two_sheets() -> HandSample:
    """Two sheets with the same headings."""
    rows = day_rows(trust_day, ["RTH"])
    columns: list[Any] = [
        ("Date", "report_date", as_is),
        ("Core beds open", "ga_core_beds_open", as_is),
        ("Escalation beds open", "ga_escalation_beds_open", as_is),
        ("A&E closures", "ae_closures", as_is),
    ]
    lines: list[list[Any]] = [[one[0] for one in columns], *table_of(columns, rows)]
    older = [lines[0], *([date(2025, 11, 20 + at), 1, 1, 1] for at in range(3))]
    content = workbook({"Last winter": older, "This winter": lines})
    return HandSample(
        "two sheets", "acute_sitrep", "RTH", "RTH_beds_20261120.xlsx", content,
        truth_of(rows, _DAY, columns), headings_of(columns), {"sheet": "This winter"},
    )  # fmt: skip


def only_whole_numbers() -> HandSample:
    """1.250 is 1250 or 1.25, and nothing in the file tells."""
    rows = day_rows(service_day, ["RX9"])
    columns: list[Any] = [
        ("Date", "report_date", dmy),
        ("Calls answered", "calls_answered", spanish),
        ("Incidents", "incidents", lambda own: spanish(own + 1)),
        ("C4 incidents", "incidents_c4", as_is),
    ]
    rows = [{**row, "incidents": 2000 + 10 * at} for at, row in enumerate(rows)]
    truth = truth_of(rows, _DAY, columns)
    for own in truth.values():
        own["incidents"] += 1
    lines: list[list[Any]] = [[one[0] for one in columns], *table_of(columns, rows)]
    return HandSample(
        "only whole numbers", "ambulance_sitrep", "RX9", "RX9_20261120.csv",
        delimited(lines, ";"), truth, headings_of(columns), {"decimal_mark": "comma"},
    )  # fmt: skip


def return_form() -> HandSample:
    """A form with its key merged over both rows of headings, a blank row above, lists beside."""
    rows = day_rows(trust_day, ["R1H"])
    columns: list[Any] = [
        ("Trust code", "org_code", as_is),
        ("SitRep date", "report_date", as_is),
        ("A&E: Closures", "ae_closures", as_is),
        ("A&E: Diverts", "ae_diverts", as_is),
        ("General & acute beds: Core open", "ga_core_beds_open", as_is),
        ("General & acute beds: Escalation open", "ga_escalation_beds_open", as_is),
        ("General & acute beds: Total open", "ga_beds_open", as_is),
        ("General & acute beds: Occupied", "ga_beds_occupied", as_is),
        ("Long length of stay: 7+ days", "patients_over_7_days", as_is),
        ("Long length of stay: 21+ days", "patients_over_21_days", as_is),
        ("Critical care (adult): Open", "adult_critical_care_beds_open", as_is),
        ("Critical care (adult): Occupied", "adult_critical_care_beds_occupied", as_is),
    ]
    upper: list[Any] = []
    lower: list[Any] = []
    for heading, _, _ in columns:
        group, _, name = heading.partition(": ")
        upper.append(None if name and group in upper else group)
        lower.append(name or None)
    lines: list[list[Any]] = [
        ["Daily return"],
        [None],
        upper,
        lower,
        *table_of(columns, rows),
        ["Total", None, 2],
    ]
    content = workbook(
        {"Instructions": [["Fill in by 10:00"]], "Return": lines, "Lookups": [["Code", "Trust"]]}
    )
    return HandSample(
        "return form", "acute_sitrep", "R1H", "Barts R1H return 20-11-2026 (1).xlsx", content,
        truth_of(rows, _DAY, columns), headings_of(columns),
    )  # fmt: skip


def intervals_api() -> HandSample:
    """Objects within objects for each interval, with its beginning and its end."""
    rows = slot_rows(calls_slot, _AREAS[:1])
    columns: list[Any] = [
        ("contract.code", "contract_code", as_is),
        ("interval.from", "slot_start", lambda slot: f"{slot:%Y-%m-%dT%H:%M:%S}Z"),
        ("calls.offered", "calls_received", as_is),
        ("calls.answered", "calls_answered", as_is),
        ("calls.answeredWithin60s", "calls_answered_within_60_seconds", as_is),
        ("calls.abandoned", "calls_abandoned", as_is),
        ("answerTime.totalSeconds", "answer_time_total_seconds", as_is),
        ("outcomes.ambulance", "outcome_ambulance", as_is),
        ("outcomes.primaryCare", "outcome_primary_care", as_is),
    ]
    later = timedelta(minutes=15)
    objects = [
        nested(
            dict(zip((one[0] for one in columns), line, strict=True))
            | {"interval.to": f"{row['slot_start'] + later:%Y-%m-%dT%H:%M:%S}Z"}
        )
        for row, line in zip(rows, table_of(columns, rows), strict=True)
    ]
    content = as_json({"meta": {"generated": "x"}, "data": {"intervals": objects}})
    return HandSample(
        "intervals API", "nhs111", "X24", "X24_20261120T0900.json", content,
        truth_of(rows, _AREA, columns), headings_of(columns), never=["interval.to"],
    )  # fmt: skip


HANDS = (
    control_room_analyst,
    warehouse_developer,
    merged_header,
    supplier_api,
    spanish_exporter,
    no_units,
    suffixes_and_gaps,
    excel_user,
    bed_manager,
    two_rows_of_beds,
    handover_desk,
    ambulance_trust_for_all,
    json_lines,
    telephony_supplier,
    spreadsheet_of_calls,
    milliseconds,
    whiteboard,
    event_store,
    bed_management,
    integration_engine,
    early_days,
    american_export,
    two_for_one,
    two_sheets,
    only_whole_numbers,
    return_form,
    intervals_api,
)

assert len(DAYS) == 5
