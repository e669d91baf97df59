"""Questions to the ledger, and the entries that a load writes into it.

The ledger grows for years, so no question looks through all of it: rows stand about in the order
in which their submissions were received and settled, and every question says when.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.findings.status import Status
from pipelines.landing.landing import Manifest
from pipelines.parse.submission import Submission, Verdict
from pipelines.registry.registry import Registry
from warehouse.ledger.feed_days import count_feed_days
from warehouse.store import literals
from warehouse.store.rows_in import insert_rows
from warehouse.store.stored_time import as_stored
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What became of a submission's accepted rows."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    outdated: int = 0


NO_ROWS = RowCounts()


@dataclass(frozen=True, slots=True)
class Entry:
    """A judged submission with its place in the ledger: its id, and whether it repeats another."""

    submission_id: str
    submission: Submission
    verdict: Verdict
    duplicate_of: str | None
    attempt: int

    @property
    def status(self) -> Status:
        """Its own status, or that it repeats what the ledger holds."""
        return Status.DUPLICATE if self.duplicate_of is not None else self.verdict.status

    @property
    def collection(self) -> str | None:
        """Its feed's collection; None where no feed expects it."""
        return self.submission.feed.collection if self.submission.feed else None

    @property
    def stage(self) -> str | None:
        """The stage at which its feed is."""
        return self.submission.feed.stage if self.submission.feed else None


@dataclass(frozen=True, slots=True)
class Held:
    """What the ledger holds of some deliveries, and of the bytes that they bring."""

    deliveries: set[str]
    originals: dict[tuple[str, str], str]
    """Feed and hash → the submission that had these bytes first."""


def look_up(connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest]) -> Held:
    """What the ledger holds of the deliveries and of their bytes.

    Landing knows of most bytes that they are new. Those can only have entered the ledger since:
    with another delivery that came at the same time, or with this one in a run that died.
    Of all others it knows when they came first; where it is wrong (a run that died, a home that
    was restored) the whole ledger is asked.
    """
    if not manifests:
        return Held(set(), {})
    first = min(one.received_at for one in manifests)
    held = _find(connection, manifests, f"received_at >= {_stored(first - _AT_THE_SAME_TIME)}")
    times = [one.first_seen_at for one in manifests if one.first_seen_at is not None]
    if times:
        first, last = min(times) - _AT_THE_SAME_TIME, max(times) + _AT_THE_SAME_TIME
        when = f"received_at BETWEEN {_stored(first)} AND {_stored(last)}"
        _add(held, connection, manifests, when)
        _add(held, connection, manifests, "true")
    return held


_AT_THE_SAME_TIME = timedelta(hours=1)
"""Deliveries so close may have been landed by two processes at once."""


def _add(
    held: Held, connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest], when: str
) -> None:
    """What else the ledger holds of bytes that came before and were not found.

    Those that came before in another of the deliveries need not be looked for.
    """
    known = held.originals.keys() | {
        (one.feed_id, one.sha256) for one in manifests if one.first_seen_at is None
    }
    unsure = [
        one
        for one in manifests
        if one.first_seen_at is not None and (one.feed_id, one.sha256) not in known
    ]
    if unsure:
        found = _find(connection, unsure, when)
        held.deliveries.update(found.deliveries)
        held.originals.update(found.originals)


def _find(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest], when: str
) -> Held:
    rows = connection.execute(
        "SELECT delivery_id, feed_id, sha256, submission_id, duplicate_of "
        f"FROM warehouse.ops.submission WHERE {when} "
        f"AND sha256 IN {literals.many_ids({one.sha256 for one in manifests})}"
    ).fetchall()
    settled = {delivery_id for delivery_id, *_ in rows}
    originals = {
        (feed_id, sha256): duplicate_of or submission_id
        for _, feed_id, sha256, submission_id, duplicate_of in rows
    }
    return Held(settled & {one.delivery_id for one in manifests}, originals)


def enter(
    connection: "duckdb.DuckDBPyConnection", submissions: Sequence[Submission], batch_id: str
) -> list[Entry]:
    """The entries that the submissions get: their ids, and which repeat an earlier one.

    What the ledger holds already gets none: its batch is being loaded a second time.
    """
    entries = _reprocessed(connection, submissions, batch_id)
    fresh = [one for one in submissions if one.reprocess_of is None]
    held = look_up(connection, [one.manifest for one in fresh])
    for submission in fresh:
        manifest = submission.manifest
        if manifest.delivery_id in held.deliveries:
            continue
        content = (manifest.feed_id, manifest.sha256)
        original = held.originals.get(content)
        if original is None:
            held.originals[content] = own_id = f"{manifest.feed_id}@{manifest.sha256[:16]}"
            entries.append(Entry(own_id, submission, _verdict_of(submission), None, 1))
        else:
            own_id = f"{original}.{manifest.delivery_id}"
            entries.append(Entry(own_id, submission, _verdict_of(submission), original, 1))
    return entries


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


def settle_duplicates(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest], registry: Registry
) -> set[str]:
    """Deliveries whose bytes the ledger holds already are settled as duplicates.

    The ids of these, and of those that were settled before. Nothing heavy is imported for it:
    sending a file twice costs next to nothing.
    """
    held = look_up(connection, manifests)
    fresh = [one for one in manifests if one.delivery_id not in held.deliveries]
    repeated = [one for one in fresh if (one.feed_id, one.sha256) in held.originals]
    if not repeated:
        return held.deliveries
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
        entries = enter(connection, submissions, "")
        write_entries(connection, entries, {}, "", next_moment(connection))
    return held.deliveries | {one.delivery_id for one in repeated}


def next_moment(connection: "duckdb.DuckDBPyConnection") -> datetime:
    """Now, or just after the last load where the clock has not moved on since."""
    row = connection.execute("SELECT max(settled_at) FROM warehouse.ops.load").fetchone()
    assert row is not None
    present = as_stored(now())
    # Not a microsecond, because one batch may record several waves, a microsecond apart each.
    return present if row[0] is None else max(present, row[0] + timedelta(milliseconds=1))


def _reprocessed(
    connection: "duckdb.DuckDBPyConnection", submissions: Sequence[Submission], batch_id: str
) -> list[Entry]:
    """The entries of submissions that were read again, unless this batch entered them already."""
    again = [one for one in submissions if one.reprocess_of is not None]
    if not again:
        return []
    times = [one.manifest.received_at for one in again]
    rows = connection.execute(
        "SELECT submission_id, attempt, batch_id FROM warehouse.ops.submission "
        f"WHERE received_at BETWEEN {_stored(min(times))} AND {_stored(max(times))} "
        f"AND submission_id IN {literals.texts(one.reprocess_of or '' for one in again)}"
    ).fetchall()
    held = {submission_id: (attempt, batch) for submission_id, attempt, batch in rows}
    entries = []
    for submission in again:
        assert submission.reprocess_of is not None
        attempt, batch = held[submission.reprocess_of]
        if batch != batch_id:
            verdict = _verdict_of(submission)
            entries.append(Entry(submission.reprocess_of, submission, verdict, None, attempt + 1))
    return entries


def _verdict_of(submission: Submission) -> Verdict:
    assert submission.verdict is not None, "only what was judged enters the ledger"
    return submission.verdict


def _stored(moment: datetime) -> str:
    """The moment as SQL."""
    return literals.timestamp(as_stored(moment))


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
    )


def write_lines(
    connection: "duckdb.DuckDBPyConnection",
    entries: Sequence[Entry],
    tables: Mapping[str, "pa.Table"],
    settled_at: datetime,
) -> None:
    """The issues and the quarantined rows of the entries stand in the ledger."""
    staged_tables = {"issue": tables["issues"], "quarantine": tables["quarantine"]}
    if not any(staged.num_rows for staged in staged_tables.values()):
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
    connection.register("entry", named)
    for table, staged in staged_tables.items():
        connection.register("staged", staged)
        columns = ", ".join(name for name in staged.column_names if name != "submission_number")
        connection.execute(
            f"INSERT INTO warehouse.ops.{table} (submission_id, attempt, {columns}, settled_at) "
            f"SELECT submission_id, attempt, {columns}, {literals.timestamp(settled_at)} "
            "FROM staged JOIN entry USING (submission_number)"
        )
        connection.unregister("staged")
    connection.unregister("entry")
