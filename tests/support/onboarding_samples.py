"""Samples of providers as different hands write them, each with what its cells mean.

Figures are invented. `truth` has every cell of the file that has a column: key → column → value.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

LONDON = ZoneInfo("Europe/London")
Row = dict[str, Any]
Truth = dict[tuple[Any, ...], Row]


@dataclass(frozen=True)
class HandSample:
    """A file as somebody sends it."""

    name: str
    collection: str
    provider: str
    file_name: str
    content: bytes
    truth: Truth
    headings: Mapping[str, str]
    """Column → the heading that means it."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What a person has to say of it: each is an edit."""
    now: str = "2026-11-27T12:00:00Z"
    never: Sequence[str] = ()
    """Headings that mean no column, though they look like one."""


DAYS = [date(2026, 11, 16) + timedelta(days=one) for one in range(5)]
SLOTS = [datetime(2026, 11, 20, 8, 0) + timedelta(minutes=15 * one) for one in range(4)]


def service_day(at: int) -> Row:
    """The figures of an ambulance service on a day."""
    means = {"c1": 431 + 7 * at, "c2": 1934 + 31 * at, "c3": 6420 + 60 * at, "c4": 8100 + 60 * at}
    row: Row = {
        "calls_answered": 2101 + 37 * at, "call_answer_mean_seconds": 3.5 + at,
        "call_answer_p90_seconds": 11 + at, "call_answer_p95_seconds": 25 + at,
        "call_answer_p99_seconds": 64 + at, "incidents": 2000 + 10 * at,
        "incidents_c1": 200 + 10 * at, "incidents_c2": 1100, "incidents_c3": 500,
        "incidents_c4": 200, "hear_and_treat": 240 + at, "see_and_treat": 610 + at,
        "conveyed_to_ed": 980 + at, "conveyed_elsewhere": 101 + at, "handovers": 1010 + at,
        "handovers_over_15_minutes": 610 + at, "handovers_over_30_minutes": 320 + at,
        "handovers_over_60_minutes": 115 + at, "handover_time_lost_hours": 412.25 + at,
        "unit_hours_planned": 5120.5 + at, "unit_hours_deployed": 4980.25 + at,
        "reap_level": 2 + at % 2,
    }  # fmt: skip
    for category, mean in means.items():
        row[f"response_{category}_mean_seconds"] = mean
        row[f"response_{category}_p90_seconds"] = 2 * mean + 60 + at
    return row


def trust_day(at: int) -> Row:
    """The figures of an acute trust on a day."""
    return {
        "ae_closures": at % 2, "ae_diverts": 1, "ae_attendances_type_1": 301 + at,
        "ae_attendances_type_2": 21 + at, "ae_attendances_type_3": 111 + at,
        "ae_attendances": 433 + 3 * at, "emergency_admissions": 120 + at,
        "ga_core_beds_open": 900 + at, "ga_escalation_beds_open": 30,
        "ga_beds_open": 930 + at, "ga_beds_occupied": 888 + at, "patients_over_7_days": 400 + at,
        "patients_over_14_days": 210 + at, "patients_over_21_days": 120 + at,
        "beds_closed_norovirus": 14 + at, "beds_closed_norovirus_unoccupied": 3 + at,
        "adult_critical_care_beds_open": 40, "adult_critical_care_beds_occupied": 33 + at,
        "paediatric_intensive_care_beds_open": 12, "paediatric_intensive_care_beds_occupied": 7,
        "neonatal_intensive_care_beds_open": 20, "neonatal_intensive_care_beds_occupied": 11 + at,
        "opel_level": 3,
    }  # fmt: skip


def handover_day(at: int) -> Row:
    """The handovers at an acute trust on a day."""
    return {
        "ambulance_arrivals": 120 + at, "handovers_over_15_minutes": 70 + at,
        "handovers_over_30_minutes": 41 + at, "handovers_over_45_minutes": 28 + at,
        "handovers_over_60_minutes": 17 + at, "handovers_over_120_minutes": 5,
        "handovers_30_to_60_minutes": 24, "handovers_unknown": 2,
        "handover_time_lost_hours": 31.5 + at,
    }  # fmt: skip


def calls_slot(at: int) -> Row:
    """The calls of a contract area in a slot."""
    return {
        "calls_received": 41 + at, "calls_answered": 38 + at,
        "calls_answered_within_60_seconds": 30 + at, "calls_abandoned": 2,
        "answer_time_total_seconds": 1210 + at, "calls_triaged": 31 + at,
        "clinical_input_calls": 14, "callback_queue": 9, "outcome_ambulance": 4,
        "outcome_ed": 3, "outcome_primary_care": 12, "outcome_self_care": 5, "outcome_other": 2,
    }  # fmt: skip


def site_slot(at: int) -> Row:
    """An emergency department in a slot."""
    return {
        "patients_in_department": 88 + at, "patients_in_resus": 4, "patients_in_majors": 31 + at,
        "arrivals": 9 + at, "ambulance_arrivals": 3, "departures": 8,
        "departures_within_4_hours": 5, "ambulances_waiting": 6,
        "ambulances_waiting_over_15_minutes": 4, "ambulances_waiting_over_30_minutes": 3,
        "ambulances_waiting_over_60_minutes": 1, "longest_handover_wait_minutes": 72 + at,
        "patients_over_4_hours": 25 + at, "patients_over_12_hours": 6, "awaiting_admission": 14,
        "longest_wait_minutes": 915 + at, "median_time_to_treatment_minutes": 84,
        "attendances_since_midnight": 131 + 9 * at, "four_hour_breaches_since_midnight": 44 + at,
        "admissions_since_midnight": 35 + at, "ga_beds_open": 610, "ga_beds_occupied": 588,
        "opel_level": 3,
    }  # fmt: skip


def clock(seconds: float) -> str:
    """h:mm:ss."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def mmss(seconds: float) -> str:
    """mm:ss."""
    return f"{round(seconds) // 60:02}:{round(seconds) % 60:02}"


def spanish(value: float) -> str:
    """1.234,5."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if value != int(value) else f"{value:,.0f}"
    return text.translate(str.maketrans(",.", ".,"))


Writer = Callable[[Any], Any]
Column = tuple[str, str, Writer]
"""Heading, column, and how its values are written."""


def as_is(value: Any) -> Any:
    return value


def table_of(columns: Sequence[Column], rows: Sequence[Row]) -> list[list[Any]]:
    """A line for each row under the headings."""
    return [[write(row[name]) for _, name, write in columns] for row in rows]


def delimited(lines: Sequence[Sequence[Any]], sign: str = ",", encoding: str = "utf-8") -> bytes:
    """The lines as text."""
    text = "\r\n".join(sign.join("" if one is None else str(one) for one in line) for line in lines)
    return (text + "\r\n").encode(encoding)


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """A workbook of those sheets; dates and times are true ones."""
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    time = book.add_format({"num_format": "[h]:mm:ss"})
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for row, line in enumerate(lines):
            for column, cell in enumerate(line):
                if isinstance(cell, datetime):
                    sheet.write_datetime(row, column, cell, moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(
                        row, column, datetime(cell.year, cell.month, cell.day), day
                    )
                elif isinstance(cell, timedelta):
                    sheet.write_datetime(row, column, cell, time)
                elif cell is not None:
                    sheet.write(row, column, cell)
    book.close()
    return stream.getvalue()


def truth_of(
    rows: Sequence[Row], key: Sequence[str], columns: Sequence[Column], *more: str
) -> Truth:
    """Key → the values of the columns that the file has."""
    names = [name for _, name, _ in columns if name not in key]
    return {
        tuple(row[name] for name in key): {name: row[name] for name in (*names, *more)}
        for row in rows
    }


def day_rows(make: Callable[[int], Row], codes: Sequence[str]) -> list[Row]:
    """A row for each code and day."""
    return [
        {"org_code": code, "report_date": day, **make(at + 2 * number)}
        for number, code in enumerate(codes)
        for at, day in enumerate(DAYS)
    ]


def slot_rows(make: Callable[[int], Row], keys: Sequence[Row]) -> list[Row]:
    """A row for each place and slot; slots are UTC without a zone."""
    return [
        {**key, "slot_start": slot, **make(at + 2 * number)}
        for number, key in enumerate(keys)
        for at, slot in enumerate(SLOTS)
    ]


def dmy(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def headings_of(columns: Sequence[Column]) -> dict[str, str]:
    return {name: heading for heading, name, _ in columns}


def nested(row: Mapping[str, Any]) -> Row:
    """Names with dots as objects within objects."""
    whole: Row = {}
    for name, value in row.items():
        inner = whole
        *outer, last = name.split(".")
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return whole


def as_json(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def epoch(slot: datetime) -> int:
    return int(slot.replace(tzinfo=UTC).timestamp())
