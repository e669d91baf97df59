"""Writes into the ledger what became of submissions."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.findings.status import Status
from pipelines.findings.verdict import Verdict
from pipelines.landing.landing import Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.registry import Registry
from warehouse.ledger.entries import NO_ROWS, Entry, RowCounts, make_entries, note_of_load
from warehouse.ledger.feed_days import count_feed_days
from warehouse.ledger.known_deliveries import look_up
from warehouse.ledger.load_journal import LoadJournal
from warehouse.ledger.tallied_entries import tally_entries
from warehouse.store import literals
from warehouse.store.rows_in import insert_rows
from warehouse.store.stored_time import as_stored
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def write_entries(
    connection: "duckdb.DuckDBPyConnection",
    entries: Sequence[Entry],
    counts: Mapping[int, RowCounts],
    batch_id: str,
    settled_at: datetime,
) -> None:
    """The submissions stand in the ledger with their statuses and counts, their answers due."""
    if not entries:
        return
    again = [entry.submission_id for entry in entries if entry.attempt > 1]
    if again:
        for table in ("submission", "answer_due"):
            connection.execute(
                f"DELETE FROM warehouse.ops.{table} WHERE submission_id IN {literals.texts(again)}"
            )
    rows = [
        _row(entry, counts.get(entry.submission.number, NO_ROWS), batch_id, settled_at)
        for entry in entries
    ]
    insert_rows(connection, "warehouse.ops.submission", _COLUMNS, rows)
    due = [
        (one.submission_id, one.attempt, as_stored(one.submission.manifest.received_at), settled_at)
        for one in entries
    ]
    names = ("submission_id", "attempt", "received_at", "settled_at")
    insert_rows(connection, "warehouse.ops.answer_due", names, due)
    collection = entries[0].collection
    load = (batch_id, collection, settled_at, len(entries))
    names = ("batch_id", "collection", "settled_at", "submissions")
    insert_rows(connection, "warehouse.ops.load", names, [load])
    count_feed_days(connection, [entry.submission.manifest for entry in entries])


def write_lines(
    connection: "duckdb.DuckDBPyConnection",
    entries: Sequence[Entry],
    tables: Mapping[str, "pa.Table"],
    settled_at: datetime,
) -> None:
    """The issues and what is quarantined of the entries, rows and values, stand in the ledger."""
    lines = {
        "issue": tables["issues"],
        "quarantine": tables["quarantine"],
        "quarantined_value": tables["values"],
    }
    if not any(own_lines.num_rows for own_lines in lines.values()):
        return
    import pyarrow as pa

    own = [entry for entry in entries if entry.status is not Status.DUPLICATE]
    named = pa.table(
        {
            "submission_number": pa.array([entry.submission.number for entry in own], pa.int32()),
            "submission_id": pa.array([entry.submission_id for entry in own], pa.string()),
            "attempt": pa.array([entry.attempt for entry in own], pa.int32()),
        }
    )
    connection.register("entry_of_line", named)
    for table, own_lines in lines.items():
        if not own_lines.num_rows:
            continue
        connection.register("line", own_lines)
        columns = ", ".join(name for name in own_lines.column_names if name != "submission_number")
        connection.execute(
            f"INSERT INTO warehouse.ops.{table} (submission_id, attempt, {columns}, settled_at) "
            f"SELECT submission_id, attempt, {columns}, {literals.timestamp(settled_at)} "
            "FROM line JOIN entry_of_line USING (submission_number)"
        )
        connection.unregister("line")
    connection.unregister("entry_of_line")


def settle_duplicates(
    connection: "duckdb.DuckDBPyConnection",
    manifests: Sequence[Manifest],
    registry: Registry,
    journal: LoadJournal | None = None,
) -> tuple[int, set[str]]:
    """Deliveries whose bytes the ledger holds already are settled as duplicates.

    Their number, and the ids of these and of those that were settled before. Nothing heavy is
    imported for it: sending a file twice costs next to nothing. The journal, where there is one,
    tells of it before it commits.
    """
    known = look_up(connection, manifests)
    fresh = [one for one in manifests if one.delivery_id not in known.deliveries]
    repeated = [one for one in fresh if (one.feed_id, one.sha256) in known.originals]
    if not repeated:
        return 0, known.deliveries
    submissions = [
        Submission(
            manifest,
            registry.feeds.get(manifest.feed_id),
            number=number,
            verdict=Verdict(Status.DUPLICATE),
        )
        for number, manifest in enumerate(repeated)
    ]
    with transaction(connection):
        entries = make_entries(connection, submissions)
        moment = next_moment(connection)
        write_entries(connection, entries, {}, "", moment)
        if journal is not None:
            journal.note(note_of_load(entries, "", moment))
    tally_entries(entries, {})
    return len(repeated), known.deliveries | {one.delivery_id for one in repeated}


def next_moment(connection: "duckdb.DuckDBPyConnection") -> datetime:
    """Now, or just after the last load where the clock has not moved on since."""
    row = connection.execute("SELECT max(settled_at) FROM warehouse.ops.load").fetchone()
    assert row is not None
    present = as_stored(now())
    # Not a microsecond, because one batch may record several waves, a microsecond apart each.
    return present if row[0] is None else max(present, row[0] + timedelta(milliseconds=1))


_COLUMNS = (
    "submission_id",
    "delivery_id",
    "feed_id",
    "collection",
    "stage",
    "sha256",
    "size_bytes",
    "file_name",
    "source",
    "received_at",
    "said_at",
    "status",
    "duplicate_of",
    "rows_read",
    "rows_accepted",
    "rows_quarantined",
    "rows_skipped",
    "skipped_by",
    "rows_new",
    "rows_revised",
    "rows_unchanged",
    "rows_outdated",
    "sheets",
    "contract_version",
    "attempt",
    "batch_id",
    "settled_at",
    "is_final",
    "values_rejected",
    "versions",
)


def _row(
    entry: Entry, counts: RowCounts, batch_id: str, settled_at: datetime
) -> tuple[object, ...]:
    verdict, manifest = entry.verdict, entry.submission.manifest
    # What a duplicate held was counted when it came first.
    is_new = entry.status is not Status.DUPLICATE
    return (
        entry.submission_id,
        manifest.delivery_id,
        manifest.feed_id,
        entry.collection,
        entry.stage,
        manifest.sha256,
        manifest.size_bytes,
        manifest.file_name,
        manifest.source,
        as_stored(manifest.received_at),
        as_stored(entry.submission.said_at),
        entry.status,
        entry.duplicate_of,
        verdict.rows_read if is_new else 0,
        verdict.rows_accepted if is_new else 0,
        verdict.rows_quarantined if is_new else 0,
        sum(verdict.skipped_by.values()) if is_new else 0,
        json.dumps(verdict.skipped_by) if is_new and verdict.skipped_by else "{}",
        counts.new,
        counts.revised,
        counts.unchanged,
        counts.outdated,
        json.dumps(verdict.sheets) if is_new and verdict.sheets else "[]",
        verdict.contract_version,
        entry.attempt,
        batch_id,
        settled_at,
        verdict.is_final or not is_new,
        verdict.values_rejected if is_new else 0,
        verdict.versions if is_new else None,
    )
