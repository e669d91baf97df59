"""The entries that judged submissions get in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.findings.status import Status
from pipelines.findings.verdict import Verdict
from pipelines.parse.submission import Submission
from warehouse.ledger.known_deliveries import look_up
from warehouse.ledger.load_journal import LoadedDelivery, LoadNote
from warehouse.store import literals
from warehouse.store.stored_time import from_stored

if TYPE_CHECKING:
    import duckdb


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


def make_entries(
    connection: "duckdb.DuckDBPyConnection", submissions: Sequence[Submission]
) -> list[Entry]:
    """The entries that the submissions get: their ids, and which repeat an earlier one.

    What the ledger holds already gets none: its batch is being loaded a second time.
    """
    entries = _reprocessed(connection, submissions)
    fresh = [one for one in submissions if one.reprocess_of is None]
    known = look_up(connection, [one.manifest for one in fresh])
    for submission in fresh:
        manifest = submission.manifest
        if manifest.delivery_id in known.deliveries:
            continue
        content = (manifest.feed_id, manifest.sha256)
        original = known.originals.get(content)
        if original is None and submission.is_repeated:
            # What it repeats was entered by a run that died; this one has not been read.
            original = known.judged_anew.get(content)
        if original is None:
            own_id = f"{manifest.feed_id}@{manifest.sha256[:16]}"
            if content in known.judged_anew:
                # They came before and are judged anew, as a submission of its own.
                own_id = f"{own_id}.{manifest.delivery_id}"
            known.originals[content] = own_id
            entries.append(Entry(own_id, submission, _verdict_of(submission), None, 1))
        else:
            own_id = f"{original}.{manifest.delivery_id}"
            entries.append(Entry(own_id, submission, _verdict_of(submission), original, 1))
    return entries


def note_of_load(entries: Sequence[Entry], batch_id: str, settled_at: datetime) -> LoadNote:
    """What the journal of loads says of a load of these entries."""
    deliveries = (
        LoadedDelivery(
            one.submission.manifest.delivery_id,
            one.attempt,
            one.stage,
            one.verdict.contract_version,
        )
        for one in entries
    )
    return LoadNote(from_stored(settled_at), batch_id, tuple(deliveries))


def _reprocessed(
    connection: "duckdb.DuckDBPyConnection", submissions: Sequence[Submission]
) -> list[Entry]:
    """The entries of submissions that were read again: each has one attempt more."""
    again = [one for one in submissions if one.reprocess_of is not None]
    if not again:
        return []
    times = sorted(one.manifest.received_at for one in again)
    first, last = literals.instant(times[0]), literals.instant(times[-1])
    rows = connection.execute(
        "SELECT submission_id, attempt FROM warehouse.ops.submission "
        f"WHERE received_at BETWEEN {first} AND {last} "
        f"AND submission_id IN {literals.texts(one.reprocess_of or '' for one in again)}"
    ).fetchall()
    attempts = dict(rows)
    entries = []
    for submission in again:
        own_id = submission.reprocess_of
        assert own_id is not None
        entries.append(
            Entry(own_id, submission, _verdict_of(submission), None, attempts[own_id] + 1)
        )
    return entries


def _verdict_of(submission: Submission) -> Verdict:
    assert submission.verdict is not None, "only what was judged enters the ledger"
    return submission.verdict
