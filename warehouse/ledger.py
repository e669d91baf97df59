"""Questions to the ledger, and the entries that a load writes into it.

The ledger grows for years, so no question looks through all of it: rows stand about in the order
in which their submissions were received and settled, and every question says when.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.batch import Checked
from pipelines.clock import now
from pipelines.landing import Manifest
from pipelines.registry import Registry
from warehouse import literals
from warehouse.connection import as_stored, transaction
from warehouse.feed_days import count_feed_days
from warehouse.rows_in import insert_rows

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
    """One submission as it enters the ledger."""

    submission_id: str
    checked: Checked
    status: str
    duplicate_of: str | None
    attempt: int


def settled_deliveries(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest]
) -> set[str]:
    """The ids of those deliveries that the ledger holds."""
    if not manifests:
        return set()
    times = [manifest.received_at for manifest in manifests]
    rows = connection.execute(
        "SELECT delivery_id FROM warehouse.ops.submission "
        f"WHERE {_between('received_at', min(times), max(times))}"
    ).fetchall()
    return {delivery_id for (delivery_id,) in rows} & {one.delivery_id for one in manifests}


def originals(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest]
) -> dict[tuple[str, str], str]:
    """Feed and hash → the submission that had these bytes first, for those that the ledger holds.

    Landing knows which bytes came before, and when; all others are new without a question.
    """
    suspects = [manifest for manifest in manifests if manifest.first_seen_at is not None]
    found = _find_contents(connection, suspects, to_the_end=False)
    unsure = [one for one in suspects if (one.feed_id, one.sha256) not in found]
    # Bytes that landed first in a run which died have another time in the ledger.
    return found | _find_contents(connection, unsure, to_the_end=True)


def _find_contents(
    connection: "duckdb.DuckDBPyConnection", suspects: Sequence[Manifest], *, to_the_end: bool
) -> dict[tuple[str, str], str]:
    times = [one.first_seen_at for one in suspects if one.first_seen_at is not None]
    if not times:
        return {}
    margin = timedelta(seconds=1)
    last = now() + margin if to_the_end else max(times) + margin
    rows = connection.execute(
        "SELECT feed_id, sha256, submission_id FROM warehouse.ops.submission "
        f"WHERE {_between('received_at', min(times) - margin, last)} AND duplicate_of IS NULL "
        f"AND sha256 IN {literals.texts({one.sha256 for one in suspects})}"
    ).fetchall()
    return {(feed_id, sha256): submission_id for feed_id, sha256, submission_id in rows}


def enter(
    connection: "duckdb.DuckDBPyConnection", submissions: Sequence[Checked], batch_id: str
) -> list[Entry]:
    """The entries that the submissions get: their ids, and which repeat an earlier one.

    What the ledger holds already gets none: its batch is being loaded a second time.
    """
    entries = _reprocessed(connection, submissions, batch_id)
    fresh = [one for one in submissions if one.reprocess_of is None]
    manifests = [one.manifest for one in fresh]
    done = settled_deliveries(connection, manifests)
    known = originals(connection, manifests)
    for checked in fresh:
        manifest = checked.manifest
        if manifest.delivery_id in done:
            continue
        content = (manifest.feed_id, manifest.sha256)
        original = known.get(content)
        if original is None:
            known[content] = own_id = f"{manifest.feed_id}@{manifest.sha256[:16]}"
            entries.append(Entry(own_id, checked, checked.status, None, 1))
        else:
            # The time of receipt tells the repetitions of one file apart.
            own_id = f"{original}.{manifest.received_at:%Y%m%dT%H%M%S%f}"
            entries.append(Entry(own_id, checked, "duplicate", original, 1))
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
        _row(entry, counts.get(entry.checked.number, NO_ROWS), batch_id, settled_at)
        for entry in entries
    ]
    insert_rows(connection, "warehouse.ops.submission", _COLUMNS, rows)
    due = [
        (one.submission_id, one.attempt, as_stored(one.checked.manifest.received_at), settled_at)
        for one in entries
    ]
    names = ("submission_id", "attempt", "received_at", "settled_at")
    insert_rows(connection, "warehouse.ops.answer_due", names, due)
    collection = entries[0].checked.collection
    load = (batch_id, collection, settled_at, len(entries))
    names = ("batch_id", "collection", "settled_at", "submissions")
    insert_rows(connection, "warehouse.ops.load", names, [load])
    count_feed_days(connection, [entry.checked.manifest for entry in entries])


def settle_duplicates(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest], registry: Registry
) -> list[Manifest]:
    """Deliveries whose bytes the ledger holds already are settled as duplicates; these are given.

    Nothing heavy is imported for it: sending a file twice costs next to nothing.
    """
    known = originals(connection, manifests)
    repeated = [one for one in manifests if (one.feed_id, one.sha256) in known]
    if not repeated:
        return []
    feeds = [registry.feeds.get(one.feed_id) for one in repeated]
    checked = [
        Checked(
            manifest=manifest,
            number=number,
            collection=feed.collection if feed else None,
            stage=feed.stage if feed else None,
            status="duplicate",
            said_at=manifest.received_at,
        )
        for number, (manifest, feed) in enumerate(zip(repeated, feeds, strict=True))
    ]
    with transaction(connection):
        entries = enter(connection, checked, "")
        write_entries(connection, entries, {}, "", next_moment(connection))
    return repeated


def next_moment(connection: "duckdb.DuckDBPyConnection") -> datetime:
    """Now, or just after the last load where the clock has not moved on since."""
    row = connection.execute("SELECT max(settled_at) FROM warehouse.ops.load").fetchone()
    assert row is not None
    present = as_stored(now())
    # Not a microsecond, because one batch may record several waves, a microsecond apart each.
    return present if row[0] is None else max(present, row[0] + timedelta(milliseconds=1))


def _reprocessed(
    connection: "duckdb.DuckDBPyConnection", submissions: Sequence[Checked], batch_id: str
) -> list[Entry]:
    """The entries of submissions that were read again, unless this batch entered them already."""
    again = [one for one in submissions if one.reprocess_of is not None]
    if not again:
        return []
    times = [one.manifest.received_at for one in again]
    rows = connection.execute(
        "SELECT submission_id, attempt, batch_id FROM warehouse.ops.submission "
        f"WHERE {_between('received_at', min(times), max(times))} "
        f"AND submission_id IN {literals.texts(one.reprocess_of or '' for one in again)}"
    ).fetchall()
    held = {submission_id: (attempt, batch) for submission_id, attempt, batch in rows}
    entries = []
    for checked in again:
        assert checked.reprocess_of is not None
        attempt, batch = held[checked.reprocess_of]
        if batch != batch_id:
            entries.append(Entry(checked.reprocess_of, checked, checked.status, None, attempt + 1))
    return entries


def _between(column: str, first: datetime, last: datetime) -> str:
    """SQL that is true for times of the column from the first to the last."""
    bounds = [literals.timestamp(as_stored(one)) for one in (first, last)]
    return f"{column} BETWEEN {bounds[0]} AND {bounds[1]}"


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
    checked, manifest = entry.checked, entry.checked.manifest
    # What a duplicate held was counted when it came first.
    is_new = entry.status != "duplicate"
    return (
        entry.submission_id,
        manifest.delivery_id,
        manifest.feed_id,
        checked.collection,
        checked.stage,
        manifest.sha256,
        manifest.size_bytes,
        manifest.file_name,
        manifest.source,
        as_stored(manifest.received_at),
        as_stored(checked.said_at),
        entry.status,
        entry.duplicate_of,
        checked.rows_read if is_new else 0,
        checked.rows_accepted if is_new else 0,
        checked.rows_quarantined if is_new else 0,
        sum(checked.skipped_by.values()) if is_new else 0,
        json.dumps(checked.skipped_by) if is_new and checked.skipped_by else "{}",
        counts.new,
        counts.revised,
        counts.unchanged,
        counts.outdated,
        json.dumps(checked.sheets) if is_new and checked.sheets else "[]",
        checked.contract_version,
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

    own = [entry for entry in entries if entry.status != "duplicate"]
    named = pa.table(
        {
            "submission_number": pa.array([entry.checked.number for entry in own], pa.int32()),
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
