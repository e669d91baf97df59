"""Findings as rows, as the ledger keeps them."""

from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.findings.finding import Finding

ISSUE_COLUMNS = (
    "submission_number",
    "line",
    "code",
    "severity",
    "message",
    "fix",
    "sheet",
    "row_number",
    "column_letter",
    "column_name",
    "value",
    "org_code",
    "slot",
    "more",
)
"""The columns of `ops.issue` that validating knows."""


def issue_rows(issues: Iterable[tuple[int, Finding]]) -> Iterator[tuple[Any, ...]]:
    """One row per finding, in the order of the columns; `line` counts from 1 by submission."""
    lines: dict[int, int] = {}
    for number, found in issues:
        lines[number] = lines.get(number, 0) + 1
        yield (
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
