"""Compares the national figures that a file states with the sum of its own organisations.

The comparison is inside the file: rows that a rule rejects count too, because what is asked is
whether the publisher's table agrees with itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.base.clock import london_date, now
from pipelines.conform.readings import Limits, reader
from pipelines.findings.capped_findings import CappedFindings
from pipelines.findings.finding import Finding, Place, finding
from pipelines.parse.rows import ParsedRows, PublishedTotal
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed

_MOST_REPORTERS = 1000
"""More than any collection has organisations: what bounds their sum."""


@dataclass(frozen=True)
class Totals:
    """National figures by measure and day, with their places, and what could not be read."""

    values: dict[tuple[str, date], tuple[float, Place]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=CappedFindings)


def read_totals(
    parsed: ParsedRows, collection: Collection, feed: Feed, rows: pa.Table | None = None
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
    parsed: ParsedRows, collection: Collection, feed: Feed, rows: pa.Table | None
) -> dict[str | None, date | None]:
    """The day or month that each text of the totals stands for, None where it stands for none."""
    texts = {total.slot_text for total in parsed.totals if total.report_date is None}
    if not texts:
        return {}
    column = collection.column(collection.time_column)
    read = reader(column.type, column.unit, 0, feed.format.reading(column.name), feed.missing)
    only = None
    if rows is not None:
        days = pc.unique(rows[column.name].drop_null()).to_pylist()
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
    totals: Mapping[tuple[str, date], tuple[float, Place]], rows: pa.Table, collection: Collection
) -> list[Finding]:
    """One finding for every national figure that is not what the organisations make."""
    if not totals:
        return []
    if rows[collection.time_column].null_count:
        # A day that cannot be read, or that is too early, has no national figure either.
        rows = rows.filter(pc.is_valid(rows[collection.time_column]))
    days = rows[collection.time_column].combine_chunks().dictionary_encode()
    day_list = days.dictionary.to_pylist()
    index = days.indices.to_numpy(zero_copy_only=False)
    found = CappedFindings()
    sums: dict[str, dict[date, float]] = {}
    for (name, day), (value, place) in totals.items():
        column = collection.column(name)
        if column.national not in ("sum", "count_reporting"):
            continue
        if name not in sums:
            weights = _weights(rows[name], column)
            totals_by_day = np.bincount(index, weights=weights, minlength=len(day_list))
            sums[name] = dict(zip(day_list, totals_by_day.tolist(), strict=True))
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


def _weights(values: pa.ChunkedArray, column: Column) -> npt.NDArray[np.float64]:
    """What each row adds to the national figure."""
    numbers: npt.NDArray[np.float64] = pc.fill_null(pc.cast(values, pa.float64()), 0.0).to_numpy()
    return (numbers > 0).astype(np.float64) if column.national == "count_reporting" else numbers
