"""Loads a validated batch: revisions, quarantine, marts and ledger in one transaction."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from pipelines.base.kill_points import reached
from pipelines.findings.status import Status
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Stage
from pipelines.validate.batch import Batch
from warehouse.ledger.entries import Entry, RowCounts, make_entries, note_of_load
from warehouse.ledger.ledger import next_moment, write_entries, write_lines
from warehouse.ledger.load_journal import LoadJournal
from warehouse.ledger.tallied_entries import tally_entries
from warehouse.load.enter_slots import enter_slots
from warehouse.load.lateness import tally_lateness
from warehouse.load.merge import merge_rows
from warehouse.load.outdated import tell_outdated
from warehouse.load.retract import retract_rows
from warehouse.load.totals import merge_totals
from warehouse.marts.refresh import refresh_marts
from warehouse.store.histories import ensure_history
from warehouse.store.stored_time import as_stored
from warehouse.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

_TEMPORARY = (
    "incoming",
    "overtaken",
    "compared",
    "revision",
    "held",
    "others",
    "retracted",
    "touched",
)


def load_batch(
    connection: "duckdb.DuckDBPyConnection",
    batch: Batch,
    collection: Collection | None,
    journal: LoadJournal | None = None,
) -> int:
    """The batch is in the warehouse whole; the number of submissions that it settled.

    Deliveries that the ledger holds already are left out, so that a batch which is loaded a
    second time changes nothing. The journal, where there is one, tells of the load before it
    commits.
    """
    bits: Mapping[str, int] = {}
    if collection is not None and batch.submissions:
        # Ahead of the load: a DuckLake takes tables that are made in a load for a conflict.
        bits = ensure_history(connection, collection)
    with transaction(connection):
        loaded = _load(connection, batch, collection, bits, journal)
    reached("load: committed")
    tally_entries(loaded.entries, loaded.counts)
    if collection is not None:
        tally_lateness(connection, collection, loaded.entries, loaded.moment)
    return len(loaded.entries)


def try_load(connection: "duckdb.DuckDBPyConnection", batch: Batch, collection: Collection) -> None:
    """Raises what keeps the batch from being loaded; the warehouse stays as it is."""
    bits = ensure_history(connection, collection)
    with suppress(_TrialEnded), transaction(connection):
        _load(connection, batch, collection, bits)
        raise _TrialEnded


@dataclass(frozen=True)
class _Loaded:
    """The entries of a load in the ledger, what became of their rows, and when that was."""

    entries: Sequence[Entry]
    counts: Mapping[int, RowCounts]
    moment: datetime


class _TrialEnded(Exception):
    """What was loaded for a trial is taken back."""


def _load(
    connection: "duckdb.DuckDBPyConnection",
    batch: Batch,
    collection: Collection | None,
    bits: Mapping[str, int],
    journal: LoadJournal | None = None,
) -> "_Loaded":
    """The batch is loaded in the transaction that is open."""
    moment = next_moment(connection)
    entries = make_entries(connection, batch.submissions)
    counts: dict[int, RowCounts] = {}
    reached("load: begun")
    if collection is not None and entries:
        counts = _load_rows(connection, batch, collection, bits, entries, moment)
    reached("load: rows merged")
    write_entries(connection, entries, counts, batch.batch_id, moment)
    tables = {**batch.tables, "issues": tell_outdated(batch.tables["issues"], entries, counts)}
    write_lines(connection, entries, tables, moment)
    if journal is not None and entries:
        journal.note(note_of_load(entries, batch.batch_id, moment))
    reached("load: before commit")
    return _Loaded(entries, counts, moment)


def _load_rows(
    connection: "duckdb.DuckDBPyConnection",
    batch: Batch,
    collection: Collection,
    bits: Mapping[str, int],
    entries: Sequence[Entry],
    moment: datetime,
) -> dict[int, RowCounts]:
    """The accepted rows and national figures are merged, and the marts follow them."""
    fresh = [entry for entry in entries if entry.status is not Status.DUPLICATE]
    is_again = any(entry.attempt > 1 for entry in fresh)
    if not is_again and not batch.tables["rows"].num_rows:
        return {}
    sources = {"entry": _entry_table(fresh), "batch_rows": batch.tables["rows"]}
    has_totals = is_again or bool(batch.tables["totals"].num_rows)
    if has_totals:
        sources["batch_totals"] = batch.tables["totals"]
    for name, table in sources.items():
        connection.register(name, table)
    kind = "DATE" if collection.cadence.is_dated else "TIMESTAMP"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE touched (slot {kind})")
    try:
        if is_again:
            retract_rows(connection, collection, moment)
        counts = merge_rows(connection, collection, bits, moment)
        if has_totals:
            merge_totals(connection, collection, moment, is_again=is_again)
        enter_slots(connection, collection, moment)
        refresh_marts(connection, collection)
    finally:
        for name in sources:
            connection.unregister(name)
    for name in _TEMPORARY:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    return counts


def _entry_table(entries: Sequence[Entry]) -> pa.Table:
    """The entries as a table to join the batch's rows to.

    `position` is the order in which they were made, `came` that of their receipt. What was received
    at once came in the order in which it was made, and so does what is read again.
    """
    ordered = sorted(
        entries, key=lambda one: (one.submission.said_at, one.submission.manifest.delivery_id)
    )
    received = ordered
    if all(one.attempt == 1 for one in entries):
        # The sort is stable.
        received = sorted(ordered, key=lambda one: one.submission.manifest.received_at)
    came = {one.submission.number: place for place, one in enumerate(received)}
    manifests = [one.submission.manifest for one in ordered]
    return pa.table(
        {
            "submission_number": pa.array([one.submission.number for one in ordered], pa.int32()),
            "submission_id": pa.array([one.submission_id for one in ordered], pa.string()),
            "feed_id": pa.array([one.feed_id for one in manifests], pa.string()),
            "stage": pa.array(
                [Stage.LIVE if one.stage == Stage.LIVE else Stage.TESTING for one in ordered],
                pa.string(),
            ),
            "received_at": pa.array(
                [as_stored(one.received_at) for one in manifests], pa.timestamp("us")
            ),
            "said_at": pa.array(
                [as_stored(one.submission.said_at) for one in ordered], pa.timestamp("us")
            ),
            "delivery_id": pa.array([one.delivery_id for one in manifests], pa.string()),
            "position": pa.array(range(len(ordered)), pa.int32()),
            "came": pa.array([came[one.submission.number] for one in ordered], pa.int32()),
            "is_reprocessed": pa.array([one.attempt > 1 for one in ordered], pa.bool_()),
        }
    )
