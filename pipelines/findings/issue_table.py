"""Findings as an Arrow table, as the ledger keeps them."""

from collections.abc import Iterable

import pyarrow as pa

from pipelines.base.arrow_rows import table_of
from pipelines.findings.finding import Finding
from pipelines.findings.issue_rows import issue_rows

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
"""The columns of `ops.issue` that validating knows."""


def issue_table(issues: Iterable[tuple[int, Finding]]) -> pa.Table:
    """One row per finding; `line` counts from 1 within its submission."""
    return table_of(list(issue_rows(issues)), ISSUES)
