"""A validated batch: what validating hands to loading, in memory."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.parse.submission import Submission

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Batch:
    """Judged submissions of one collection, and their tables.

    `rows`: submission_number, the collection's columns, carried. `issues`, `quarantine` and
    `values`: submission_number and the columns of their ledger tables. `totals`: submission_number,
    report_date, measure, value.
    """

    batch_id: str
    collection: str
    submissions: list[Submission]
    tables: dict[str, "pa.Table"]


def new_batch_id() -> str:
    """A name that sorts by time and is not used twice."""
    return f"{now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
