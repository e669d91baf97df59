"""A validated batch: what validating hands to loading, in memory."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.base.clock import now
from pipelines.landing.landing import Manifest

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Checked:
    """One submission after validation, before the ledger knows it."""

    manifest: Manifest
    number: int
    collection: str | None
    stage: str | None
    status: str
    said_at: datetime
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    skipped_by: dict[str, int] = field(default_factory=dict)
    sheets: list[dict[str, Any]] = field(default_factory=list)
    contract_version: str | None = None
    reprocess_of: str | None = None


@dataclass(frozen=True)
class Batch:
    """Checked submissions of one collection, and their tables.

    `rows`: submission_number, the collection's columns, carried. `issues` and `quarantine`:
    submission_number and the columns of their ledger tables. `totals`: submission_number,
    report_date, measure, value.
    """

    batch_id: str
    collection: str
    submissions: list[Checked]
    tables: dict[str, "pa.Table"]


def new_batch_id() -> str:
    """A name that sorts by time and is not used twice."""
    return f"{now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
