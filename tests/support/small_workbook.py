"""Small workbooks in the publisher's layout: three trusts, three days, invented numbers.

Every figure is inside the contracts' rules, and England is the sum of the trusts, until a test
changes a cell: `write_workbook(path, {(GA_BEDS, "RF4", "Core Beds Open", DAYS[0]): 999})`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

Cell = str | int | float | date | None
Changes = Mapping[tuple[str, str, str, date], Cell]
"""(sheet, organisation code, heading, day) → what stands there instead; None is a blank cell."""

DAYS = (date(2018, 12, 3), date(2018, 12, 4), date(2018, 12, 5))
TRUSTS: Mapping[str, str] = {
    "RF4": "Barking, Havering and Redbridge University Hospitals NHS Trust",
    "R1H": "Barts Health NHS Trust",
    "RQM": "Chelsea and Westminster Hospital NHS Foundation Trust",
}
ENGLAND = "England"

CLOSURES, GA_BEDS, LONG_STAY = "A&E Closures", "G&A beds", "Beds Occ by long stay patients"
AMBULANCE = "Ambulance Arrivals and Delays"

FILE_NAME = "Winter-data-timeseries-20190307.xlsx"
"""A name that both feeds of the winter workbook expect."""

DATE_ROW, HEADER_ROW, ENGLAND_ROW, INDEX_ROW, FIRST_TRUST_ROW = 13, 14, 15, 16, 17
CODE_COLUMN, NAME_COLUMN, FIRST_COLUMN = 3, 4, 5
"""Where the publisher puts them, counted from 0."""

_MADE = datetime(2019, 3, 7)
_STEPS = {
    "Closures": (0, 1, 0),
    "Core Beds Open": (500, 100, 1),
    "Escalation Beds Open": (10, 0, 1),
    "Total Beds Open": (510, 100, 2),
    "Total beds occ'd": (480, 100, 1),
    "> 7 days": (200, 10, 1),
    "> 14 days": (100, 10, 1),
    "> 21 days": (50, 10, 1),
    "Arriving by ambulance": (90, 10, 1),
    "Delay 30-60 mins": (8, 1, 1),
    "Delay >60 mins": (2, 1, 0),
}
"""Heading → the first trust's figure on the first day, more for each trust, more for each day."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its headings in their order, and what stands in and around its table."""

    name: str
    headings: tuple[str, ...]
    notes: tuple[str, ...] = ("1. Unvalidated management information",)
    has_index_row: bool = False
    extra_rows: tuple[tuple[str, str], ...] = ()
    """Code and name of rows under the trusts, with the figures of the first trust."""
    renamed: Mapping[tuple[str, date], str] = field(default_factory=dict)
    """(heading, day) → the heading that stands there instead."""
    is_hidden: bool = False


SHEETS = (
    Sheet(CLOSURES, ("Closures",)),
    Sheet(
        GA_BEDS, ("Core Beds Open", "Escalation Beds Open", "Total Beds Open", "Total beds occ'd")
    ),
    Sheet(LONG_STAY, ("> 7 days", "> 14 days", "> 21 days")),
    Sheet(AMBULANCE, ("Arriving by ambulance", "Delay 30-60 mins", "Delay >60 mins")),
)
ROWS_OF_A_COLLECTION = len(TRUSTS) * len(DAYS)


def only(*names: str) -> tuple[Sheet, ...]:
    """Those of the sheets that have these names."""
    return tuple(sheet for sheet in SHEETS if sheet.name in names)


def figure(heading: str, code: str, day: date, days: Sequence[date] = DAYS) -> int:
    """The figure that stands in an unchanged workbook; England's is the sum of the trusts'."""
    if code == ENGLAND:
        return sum(figure(heading, trust, day, days) for trust in TRUSTS)
    start, per_trust, per_day = _STEPS.get(heading, (1, 1, 1))
    trust = list(TRUSTS).index(code) if code in TRUSTS else 0
    return start + per_trust * trust + per_day * list(days).index(day)


def write_workbook(
    path: Path,
    changes: Changes | None = None,
    *,
    sheets: Iterable[Sheet] = SHEETS,
    days: Sequence[date] = DAYS,
    trusts: Mapping[str, str] = TRUSTS,
) -> Path:
    """The path of a new workbook; equal arguments give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": _MADE})
        as_date = book.add_format({"num_format": "dd/mm/yyyy"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            if sheet.is_hidden:
                page.hide()
            _write_sheet(page, as_date, sheet, dict(changes or {}), days, trusts)
    return path


def _write_sheet(page, as_date, sheet, changes, days, trusts) -> None:  # type: ignore[no-untyped-def]
    page.write(1, 1, "Title:")
    page.write(1, 2, f"Daily Hospital Situation Report - {sheet.name}")
    page.write(HEADER_ROW, 1, "NHS England Region")
    page.write(HEADER_ROW, CODE_COLUMN, "Code")
    page.write(HEADER_ROW, NAME_COLUMN, "Name")
    columns = [(heading, day) for day in days for heading in sheet.headings]
    for index, (heading, day) in enumerate(columns, start=FIRST_COLUMN):
        if len(sheet.headings) == 1:
            page.write_datetime(HEADER_ROW, index, day, as_date)
        else:
            page.write(HEADER_ROW, index, sheet.renamed.get((heading, day), heading))
            if heading == sheet.headings[0]:
                page.write_datetime(DATE_ROW, index, day, as_date)
        if sheet.has_index_row:
            page.write(INDEX_ROW, index, index - 2)
    rows = [(ENGLAND_ROW, "-", ENGLAND.upper(), ENGLAND)]
    rows += [
        (FIRST_TRUST_ROW + n, code, name, code) for n, (code, name) in enumerate(trusts.items())
    ]
    below = FIRST_TRUST_ROW + len(trusts)
    rows += [(below + n, code, name, code) for n, (code, name) in enumerate(sheet.extra_rows)]
    for row, code, name, key in rows:
        page.write(row, CODE_COLUMN, code)
        page.write(row, NAME_COLUMN, name)
        for index, (heading, day) in enumerate(columns, start=FIRST_COLUMN):
            _write_cell(page, row, index, changes, (sheet.name, key, heading, day), days)
    for number, note in enumerate(sheet.notes, start=below + len(sheet.extra_rows) + 2):
        page.write(number, 1, note)


def _write_cell(page, row, index, changes, key, days) -> None:  # type: ignore[no-untyped-def]
    _, code, heading, day = key
    value = changes.get(key, figure(heading, code, day, days))
    if value is not None:
        page.write(row, index, value)
