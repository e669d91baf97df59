"""Questions to the ledger, and the entries that a load writes into it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.batch import Checked
from pipelines.clock import now
from pipelines.landing import Manifest
from pipelines.registry import Registry
from warehouse import literals
from warehouse.connection import as_stored, transaction

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True)
class RowCounts:
    """What became of a submission's accepted rows."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    outdated: int = 0


@dataclass(frozen=True)
class Entry:
    """One submission as it enters the ledger."""

    submission_id: str
    checked: Checked
    status: str
    duplicate_of: str | None
    attempt: int


def settled_deliveries(
    connection: "duckdb.DuckDBPyConnection", delivery_ids: Sequence[str]
) -> set[str]:
    """Those of the deliveries that the ledger holds."""
    rows = connection.execute(
        "SELECT delivery_id FROM warehouse.ops.submission "
        f"WHERE delivery_id IN {literals.texts(delivery_ids)}"
    ).fetchall()
    return {delivery_id for (delivery_id,) in rows}


def known_contents(
    connection: "duckdb.DuckDBPyConnection", contents: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those pairs of feed and hash that the ledger holds."""
    wanted = list(contents)
    rows = connection.execute(
        "SELECT DISTINCT feed_id, sha256 FROM warehouse.ops.submission "
        f"WHERE sha256 IN {literals.texts(sha256 for _, sha256 in wanted)}"
    ).fetchall()
    return set(rows) & set(wanted)


def enter(
    connection: "duckdb.DuckDBPyConnection", submissions: Sequence[Checked], batch_id: str
) -> list[Entry]:
    """The entries that the submissions get: their ids, and which repeat an earlier one.

    What the ledger holds already gets none: its batch is being loaded a second time.
    """
    done = settled_deliveries(connection, [one.manifest.delivery_id for one in submissions])
    times_sent, attempts, batches = _held(connection, submissions)
    entries = []
    for checked in submissions:
        manifest = checked.manifest
        if checked.reprocess_of is not None:
            if batches[checked.reprocess_of] == batch_id:
                continue
            attempt = attempts[checked.reprocess_of] + 1
            entries.append(Entry(checked.reprocess_of, checked, checked.status, None, attempt))
        elif manifest.delivery_id not in done:
            content = (manifest.feed_id, manifest.sha256)
            times = times_sent[content] = times_sent.get(content, 0) + 1
            original = f"{manifest.feed_id}@{manifest.sha256[:16]}"
            if times == 1:
                entries.append(Entry(original, checked, checked.status, None, 1))
            else:
                entries.append(Entry(f"{original}.{times}", checked, "duplicate", original, 1))
    return entries


def write_entries(
    connection: "duckdb.DuckDBPyConnection",
    entries: Sequence[Entry],
    counts: Mapping[int, RowCounts],
    batch_id: str,
    settled_at: datetime,
) -> None:
    """The submissions stand in the ledger with their statuses and counts."""
    rows = [
        _row(entry, counts.get(entry.checked.number, RowCounts()), batch_id, settled_at)
        for entry in entries
    ]
    if not rows:
        return
    connection.execute(
        "DELETE FROM warehouse.ops.submission "
        f"WHERE submission_id IN {literals.texts(entry.submission_id for entry in entries)}"
    )
    values = ",\n".join(f"({', '.join(map(literals.literal, row.values()))})" for row in rows)
    connection.execute(
        f"INSERT INTO warehouse.ops.submission ({', '.join(rows[0])}) VALUES {values}"
    )


def settle_duplicates(
    connection: "duckdb.DuckDBPyConnection", manifests: Sequence[Manifest], registry: Registry
) -> list[Manifest]:
    """Deliveries whose bytes the ledger holds already are settled as duplicates; these are given.

    Nothing heavy is imported for it: sending a file twice costs next to nothing.
    """
    known = known_contents(connection, [(one.feed_id, one.sha256) for one in manifests])
    repeated = [one for one in manifests if (one.feed_id, one.sha256) in known]
    feeds = [registry.feeds.get(one.feed_id) for one in repeated]
    checked = [
        Checked(
            manifest=manifest,
            number=number,
            collection=feed.collection if feed else None,
            stage=feed.stage if feed else None,
            status="duplicate",
        )
        for number, (manifest, feed) in enumerate(zip(repeated, feeds, strict=True))
    ]
    with transaction(connection):
        entries = enter(connection, checked, "")
        write_entries(connection, entries, {}, "", next_moment(connection))
    return repeated


def next_moment(connection: "duckdb.DuckDBPyConnection") -> datetime:
    """Now, or just after the last load where the clock has not moved on since."""
    row = connection.execute("SELECT max(settled_at) FROM warehouse.ops.submission").fetchone()
    assert row is not None
    present = as_stored(now())
    # Not a microsecond, because one batch may record several waves, a microsecond apart each.
    return present if row[0] is None else max(present, row[0] + timedelta(milliseconds=1))


def _held(
    connection: "duckdb.DuckDBPyConnection", submissions: Sequence[Checked]
) -> tuple[dict[tuple[str, str], int], dict[str, int], dict[str, str]]:
    """How often each content was sent; each submission's last attempt and its batch."""
    rows = connection.execute(
        "SELECT feed_id, sha256, submission_id, attempt, batch_id FROM warehouse.ops.submission "
        f"WHERE sha256 IN {literals.texts(one.manifest.sha256 for one in submissions)}"
    ).fetchall()
    times: dict[tuple[str, str], int] = {}
    for feed_id, sha256, *_ in rows:
        times[feed_id, sha256] = times.get((feed_id, sha256), 0) + 1
    attempts = {submission_id: attempt for _, _, submission_id, attempt, _ in rows}
    return times, attempts, {submission_id: batch for _, _, submission_id, _, batch in rows}


def _row(entry: Entry, counts: RowCounts, batch_id: str, settled_at: datetime) -> dict[str, object]:
    checked, manifest = entry.checked, entry.checked.manifest
    # What a duplicate held was counted when it came first.
    is_new = entry.status != "duplicate"
    return {
        "submission_id": entry.submission_id,
        "delivery_id": manifest.delivery_id,
        "feed_id": manifest.feed_id,
        "collection": checked.collection,
        "stage": checked.stage,
        "sha256": manifest.sha256,
        "size_bytes": manifest.size_bytes,
        "file_name": manifest.file_name,
        "source": manifest.source,
        "received_at": as_stored(manifest.received_at),
        "status": entry.status,
        "duplicate_of": entry.duplicate_of,
        "rows_read": checked.rows_read if is_new else 0,
        "rows_accepted": checked.rows_accepted if is_new else 0,
        "rows_quarantined": checked.rows_quarantined if is_new else 0,
        "rows_skipped": sum(checked.skipped_by.values()) if is_new else 0,
        "skipped_by": json.dumps(checked.skipped_by if is_new else {}),
        "rows_new": counts.new,
        "rows_revised": counts.revised,
        "rows_unchanged": counts.unchanged,
        "rows_outdated": counts.outdated,
        "sheets": json.dumps(checked.sheets if is_new else []),
        "contract_version": checked.contract_version,
        "attempt": entry.attempt,
        "batch_id": batch_id,
        "settled_at": settled_at,
    }


def write_lines(
    connection: "duckdb.DuckDBPyConnection",
    entries: Sequence[Entry],
    tables: Mapping[str, "pa.Table"],
) -> None:
    """The issues and the quarantined rows of the entries stand in the ledger."""
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
    for table, staged in (("issue", tables["issues"]), ("quarantine", tables["quarantine"])):
        connection.register("staged", staged)
        columns = ", ".join(name for name in staged.column_names if name != "submission_number")
        connection.execute(
            f"INSERT INTO warehouse.ops.{table} (submission_id, attempt, {columns}) "
            f"SELECT submission_id, attempt, {columns} FROM staged "
            "JOIN entry USING (submission_number)"
        )
        connection.unregister("staged")
    connection.unregister("entry")
