"""Compares the national figures that a file states with the sum of its own organisations.

The comparison is inside the file: rows that a rule rejects count too, because what is asked is
whether the publisher's table agrees with itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from pipelines.base.clock import london_date, now
from pipelines.conform.readings import Limits, reader
from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.rows import ParsedRows, PublishedTotal
from pipelines.parse.submission import Submission
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed

_MOST_REPORTERS = 1000
"""More than any collection has organisations: what bounds their sum."""


class OwnFigures(Protocol):
    """What the organisations' rows of one file say, whatever holds them."""

    def days(self) -> list[date]:
        """The days or months of the rows, each once."""

    def sums(self, column: Column) -> dict[date, float]:
        """What the rows make of the column by day, as its `national` says."""


@dataclass(frozen=True)
class Totals:
    """National figures by measure and day, with their places, and what could not be read."""

    values: dict[tuple[str, date], tuple[float, Place]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=CappedFindings)


def compare_totals(submission: Submission, rows: OwnFigures, collection: Collection) -> None:
    """What the file says of the nation is read, and compared with its own organisations."""
    parsed, feed = submission.parsed, submission.feed
    assert parsed is not None and feed is not None
    if not parsed.totals:
        return
    totals = read_totals(parsed, collection, feed, rows)
    submission.findings += totals.findings
    submission.findings += reconcile(totals.values, rows, collection)
    submission.totals = [(day, name, value) for (name, day), (value, _) in totals.values.items()]


def read_totals(
    parsed: ParsedRows, collection: Collection, feed: Feed, rows: OwnFigures | None = None
) -> Totals:
    """The file's national figures as numbers; missing ones are left out.

    `rows` are those of the file: a total that names no day or month is of the only one they have.
    """
    totals = Totals()
    days = _days_named(parsed, collection, feed, rows)
    today, strange_days = london_date(now()), set[date | str | None]()
    for total in parsed.totals:
        column, day = collection.column(total.column_name), total.report_date
        value, code = read_total(total.text, column, feed)
        if day is None:
            day = days[total.slot_text]
            if day is None:
                if value is not None and total.slot_text not in strange_days:
                    strange_days.add(total.slot_text)
                    totals.findings.append(
                        finding("SUM-003", place=total.place, value=total.slot_text or "")
                    )
                continue
        is_possible = collection.earliest <= day <= today
        if code or not is_possible:
            if not is_possible and day in strange_days:
                continue
            strange_days.add(day)
            totals.findings.append(
                finding(
                    "SUM-002" if code in (None, "CELL-005") else "CELL-006",
                    place=total.place,
                    value=total.text,
                    column_name=column.name,
                    slot=day.isoformat(),
                    day=day.isoformat(),
                )
            )
        elif value is not None:
            if (column.name, day) in totals.values and total.report_date is None:
                totals.findings.extend(_told_twice(totals, column.name, day, float(value), total))
                continue
            totals.values[column.name, day] = (float(value), total.place)
    return totals


def _days_named(
    parsed: ParsedRows, collection: Collection, feed: Feed, rows: OwnFigures | None
) -> dict[str | None, date | None]:
    """The day or month that each text of the totals stands for, None where it stands for none."""
    texts = {total.slot_text for total in parsed.totals if total.report_date is None}
    if not texts:
        return {}
    column = collection.column(collection.time_column)
    read = reader(column.type, column.unit, 0, feed.format.reading(column.name), feed.missing)
    only = None
    if rows is not None:
        days = rows.days()
        only = days[0] if len(days) == 1 else None
    return {text: (read(text)[0] if text else None) or only for text in texts}


def _told_twice(
    totals: Totals, name: str, day: date, value: float, total: PublishedTotal
) -> list[Finding]:
    """A second row of England's that says otherwise is told; the first counts."""
    if totals.values[name, day][0] == value:
        return []
    return [
        finding(
            "SUM-004",
            place=total.place,
            value=total.text,
            column_name=name,
            slot=day.isoformat(),
            day=day.isoformat(),
        )
    ]


def read_total(text: str, column: Column, feed: Feed) -> tuple[float | None, str | None]:
    """A national figure as a number (None where it is missing), and the code of its problem."""
    # England's figure of a level column counts the trusts, so words like OPEL do not belong to it.
    plain = feed.format.reading("")
    limits = Limits(most=column.most * _MOST_REPORTERS)
    value, code = reader(column.type, column.unit, 0, plain, feed.missing, limits)(text)
    return value, code


def reconcile(
    totals: Mapping[tuple[str, date], tuple[float, Place]], rows: OwnFigures, collection: Collection
) -> list[Finding]:
    """One finding for every national figure that is not what the organisations make."""
    found = CappedFindings()
    sums: dict[str, dict[date, float]] = {}
    for (name, day), (value, place) in totals.items():
        column = collection.column(name)
        if column.national not in ("sum", "count_reporting"):
            continue
        if name not in sums:
            sums[name] = rows.sums(column)
        own = sums[name].get(day, 0.0)
        if abs(own - value) > 1e-6:
            found.append(
                finding(
                    "SUM-001",
                    place=place,
                    value=f"{value:,.10g}",
                    column_name=name,
                    slot=day.isoformat(),
                    total=f"{own:,.10g}",
                )
            )
    return found
