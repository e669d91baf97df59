"""Findings, quarantined rows and national figures as Arrow tables for a batch."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from pipelines.findings.finding import Finding
from pipelines.registry.contract import Collection
from pipelines.validate.judgement import QuarantinedRow

_ROWS_AT_ONCE = 2_000
"""Quarantined rows held as Python objects at once; as Arrow they take a tenth of the memory."""

ISSUES = pa.schema(
    [
        ("submission_number", pa.int32()),
        ("line", pa.int32()),
        ("code", pa.string()),
        ("severity", pa.string()),
        ("message", pa.string()),
        ("fix", pa.string()),
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("column_letter", pa.string()),
        ("column_name", pa.string()),
        ("value", pa.string()),
        ("org_code", pa.string()),
        ("slot", pa.string()),
        ("more", pa.int64()),
    ]
)
QUARANTINE = pa.schema(
    [
        ("submission_number", pa.int32()),
        ("row_index", pa.int64()),
        ("org_code", pa.string()),
        ("slot", pa.string()),
        ("codes", pa.list_(pa.string())),
        ("cells", pa.string()),
    ]
)
TOTALS = pa.schema(
    [
        ("submission_number", pa.int32()),
        ("report_date", pa.date32()),
        ("measure", pa.string()),
        ("value", pa.float64()),
    ]
)


def issue_table(issues: Iterable[tuple[int, Finding]]) -> pa.Table:
    """One row per finding; `line` counts from 1 within its submission."""
    lines: dict[int, int] = {}
    rows: list[Sequence[Any]] = []
    for number, found in issues:
        lines[number] = lines.get(number, 0) + 1
        rows.append(
            (
                number,
                lines[number],
                found.code,
                found.severity.value,
                found.message,
                found.fix,
                found.place.sheet,
                found.place.row,
                found.place.column_letter,
                found.column_name,
                found.value,
                found.org_code,
                found.slot,
                found.more,
            )
        )
    return _table(rows, ISSUES)


def quarantine_table(
    quarantined: Iterable[QuarantinedRow], collection: Collection | None
) -> pa.Table:
    """One row per quarantined row, with the original text and place of each of its cells."""
    parts: list[pa.Table] = []
    rows: list[Sequence[Any]] = []
    key_names = (collection.organisation_column, collection.time_column) if collection else ()
    for one in quarantined:
        cells = _cells(one)
        keys = [one.parsed.text(one.row, name) for name in key_names]
        rows.append((one.number, one.row, *keys, list(one.codes), json.dumps(cells)))
        if len(rows) == _ROWS_AT_ONCE:
            parts.append(_table(rows, QUARANTINE))
            rows = []
    return pa.concat_tables([*parts, _table(rows, QUARANTINE)])


def total_table(totals: Iterable[tuple[int, date, str, float]]) -> pa.Table:
    """One row per national figure."""
    return _table(list(totals), TOTALS)


def _cells(one: QuarantinedRow) -> dict[str, dict[str, Any]]:
    cells: dict[str, dict[str, Any]] = {}
    for name, texts in one.parsed.texts.items():
        place = one.parsed.place(one.row, name)
        if place.row is not None:
            cells[name] = {
                "text": texts[one.row],
                "sheet": place.sheet,
                "row": place.row,
                "column": place.column_letter,
            }
    return cells


def _table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
