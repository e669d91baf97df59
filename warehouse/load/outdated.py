"""Tells the sender of a file that changed nothing: newer values are held of all its rows."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.findings.finding import finding
from pipelines.findings.issue_table import issue_table
from pipelines.findings.status import Status
from warehouse.ledger.entries import NO_ROWS, Entry, RowCounts


def tell_outdated(
    issues: pa.Table, entries: Sequence[Entry], counts: Mapping[int, RowCounts]
) -> pa.Table:
    """The issues, with one more for each entry of which every accepted row is outdated.

    One that was read again is left out: its sender asked for nothing.
    """
    told = []
    for entry in entries:
        own = counts.get(entry.submission.number, NO_ROWS)
        is_first = entry.status is not Status.DUPLICATE and entry.attempt == 1
        if is_first and own.outdated and not (own.new or own.revised or own.unchanged):
            told.append((entry.submission.number, finding("SLOT-003", count=f"{own.outdated:,}")))
    if not told:
        return issues
    added = issue_table(told)
    numbers = pc.cast(added["submission_number"], pa.int64()).to_pylist()
    lines = [_lines_of(issues, number) + 1 for number in numbers]
    at = added.schema.get_field_index("line")
    return pa.concat_tables([issues, added.set_column(at, "line", pa.array(lines, pa.int32()))])


def _lines_of(issues: pa.Table, number: int) -> int:
    """How many lines the submission has already."""
    return int(pc.sum(pc.equal(issues["submission_number"], number)).as_py() or 0)
