"""Quarantined rows and national figures as Arrow tables for a batch."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from datetime import date
from typing import Any

import pyarrow as pa

from pipelines.base.arrow_rows import table_of
from pipelines.base.settings import settings
from pipelines.registry.contract import Collection
from pipelines.validate.judged_rows import QuarantinedRow
from pipelines.validate.rejected_values import QuarantinedValue

_ROWS_AT_ONCE = 2_000
"""Quarantined rows held as Python objects at once; as Arrow they take a tenth of the memory."""

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
VALUES = pa.schema(
    [
        ("submission_number", pa.int32()),
        ("row_index", pa.int64()),
        ("org_code", pa.string()),
        ("slot", pa.string()),
        ("column_name", pa.string()),
        ("codes", pa.list_(pa.string())),
        ("text", pa.string()),
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("column_letter", pa.string()),
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


def quarantine_table(
    quarantined: Iterable[QuarantinedRow], collection: Collection | None
) -> pa.Table:
    """One row per quarantined row, with the original text and place of each of its cells.

    Of a file that has too many of them the later rows have the cells of their key only.
    """
    told: Counter[int] = Counter()
    parts: list[pa.Table] = []
    rows: list[Sequence[Any]] = []
    key_names = (collection.organisation_column, collection.time_column) if collection else ()
    key = frozenset(collection.key if collection else ())
    for one in quarantined:
        told[one.number] += len(one.parsed.texts)
        is_beyond = told[one.number] > settings().most_quarantined_cells
        cells = _cells(one, key if is_beyond else one.parsed.texts.keys())
        keys = [one.parsed.text(one.row, name) for name in key_names]
        rows.append((one.number, one.row, *keys, list(one.codes), json.dumps(cells)))
        if len(rows) == _ROWS_AT_ONCE:
            parts.append(table_of(rows, QUARANTINE))
            rows = []
    return pa.concat_tables([*parts, table_of(rows, QUARANTINE)])


def value_table(quarantined: Iterable[QuarantinedValue], collection: Collection | None) -> pa.Table:
    """One row per value that was rejected by itself, with its original text and place.

    Of a file that has too many of them the later ones have no text.
    """
    told: Counter[int] = Counter()
    parts: list[pa.Table] = []
    rows: list[Sequence[Any]] = []
    key_names = (collection.organisation_column, collection.time_column) if collection else ()
    for one in quarantined:
        told[one.number] += 1
        is_beyond = told[one.number] > settings().most_quarantined_cells
        keys = [one.parsed.text(one.row, name) for name in key_names]
        text = None if is_beyond else one.parsed.text(one.row, one.column_name)
        place = one.parsed.place(one.row, one.column_name)
        at = (place.sheet, place.row, place.column_letter)
        rows.append((one.number, one.row, *keys, one.column_name, list(one.codes), text, *at))
        if len(rows) == _ROWS_AT_ONCE:
            parts.append(table_of(rows, VALUES))
            rows = []
    return pa.concat_tables([*parts, table_of(rows, VALUES)])


def total_table(totals: Iterable[tuple[int, date, str, float]]) -> pa.Table:
    """One row per national figure."""
    return table_of(list(totals), TOTALS)


def _cells(one: QuarantinedRow, names: Set[str]) -> dict[str, dict[str, Any]]:
    """The text and the place of the row's cells in those columns."""
    cells: dict[str, dict[str, Any]] = {}
    for name, texts in one.parsed.texts.items():
        if name not in names:
            continue
        place = one.parsed.place(one.row, name)
        if place.row is not None:
            cells[name] = {
                "text": texts[one.row],
                "sheet": place.sheet,
                "row": place.row,
                "column": place.column_letter,
            }
    return cells
