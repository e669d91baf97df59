"""Counts what came into the ledger, for whoever opened a tally."""

from collections.abc import Mapping, Sequence

from pipelines.base.tally import current_tally
from pipelines.findings.not_kept import WITHHELD_CODES
from pipelines.findings.status import Status
from warehouse.ledger.entries import NO_ROWS, Entry, RowCounts


def tally_entries(entries: Sequence[Entry], counts: Mapping[int, RowCounts]) -> None:
    """The tally that is open has these entries, which are committed; of each it has one status.

    Rows, values and refused bytes are counted where a submission comes first, as its status is.
    """
    if (tally := current_tally()) is None:
        return
    for one in entries:
        name, verdict = one.collection, one.verdict
        rows = counts.get(one.submission.number, NO_ROWS)
        tally.revisions[name] += rows.new + rows.revised
        if one.attempt > 1:
            tally.read_again[name, str(one.status)] += 1
            continue
        tally.submissions[name, str(one.status)] += 1
        if one.status is Status.DUPLICATE:
            continue
        tally.rows[name, "accepted"] += verdict.rows_accepted
        tally.rows[name, "quarantined"] += verdict.rows_quarantined
        tally.values_rejected[name] += verdict.values_rejected
        if any(found.code in WITHHELD_CODES for found in one.submission.findings):
            tally.withheld[name] += 1
