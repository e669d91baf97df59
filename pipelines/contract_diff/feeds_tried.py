"""The feeds' recent submissions judged by two contracts, of which nothing is kept.

Each goes the whole road but for the warehouse: read from landing, conformed, judged. The home is
only read, and so this may be done while it is in use.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipelines.base.clock import now
from pipelines.collection_run import CollectionRun
from pipelines.findings.status import Status
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Landing, Manifest
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.feed_fit import feed_under
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    from pipelines.validate.batch import Batch

_MOST_BYTES, _MOST_FILES = 32 * 1024 * 1024, 200
"""What is read together: a file of a million rows is by itself, and all else takes no memory."""

Report = Callable[[str], None]


@dataclass
class CodeSeen:
    """How often a code was given to a feed's submissions, and the first time."""

    count: int = 0
    example: str = ""
    severity: str = ""


@dataclass
class ByContract:
    """What became of a feed's submissions by one contract."""

    statuses: dict[str, int] = field(default_factory=dict)
    rows_accepted: int = 0
    rows_kept_out: int = 0
    values_rejected: int = 0
    codes: dict[str, CodeSeen] = field(default_factory=dict)
    mistake: str | None = None
    """Why the feed's file does not fit the contract, so that its files would wait."""

    @property
    def rejected(self) -> int:
        """How many submissions were rejected."""
        return self.statuses.get(Status.REJECTED, 0)


@dataclass
class FeedTried:
    """One feed's recent submissions by both contracts."""

    feed_id: str
    submissions: int
    not_kept: int
    """How many there are beside of which landing has no bytes any more."""
    before: ByContract = field(default_factory=ByContract)
    after: ByContract = field(default_factory=ByContract)

    @property
    def is_broken(self) -> bool:
        """Whether less is taken of it than before."""
        old, new = self.before, self.after
        if new.mistake is not None:
            return old.mistake is None
        if old.mistake is not None:
            return False
        return (
            new.rejected > old.rejected
            or new.rows_kept_out > old.rows_kept_out
            or new.values_rejected > old.values_rejected
        )

    @property
    def new_codes(self) -> dict[str, CodeSeen]:
        """The codes that come new or more often, with how many more there are."""
        old = self.before.codes
        return {
            code: replace(seen, count=seen.count - (old[code].count if code in old else 0))
            for code, seen in sorted(self.after.codes.items())
            if code not in old or seen.count > old[code].count
        }


@dataclass(frozen=True)
class Recent:
    """Which submissions are tried: the newest of each feed, or those of the last days."""

    submissions: int | None = 3
    days: int | None = None


class _ReadLanding(Landing):
    """The landing of a home that is only read: what is refused is not deleted there."""

    def withhold(self, manifest: Manifest, why: str) -> None:
        """Nothing is deleted."""


def try_feeds(
    home: Path,
    registry: Registry,
    before: Collection,
    after: Collection,
    chosen: Recent,
    report: Report = lambda _: None,
) -> list[FeedTried]:
    """Each feed of the collection by both contracts, in the order of their names.

    Raises `ContractFault` where a rule of one of them cannot be run.
    """
    landing = _ReadLanding(home)
    feeds = registry.feeds_of(before.collection)
    found, kept = _recent(home, landing, before.collection, feeds, chosen)
    total = 2 * len(kept)
    with TemporaryDirectory(prefix="sitrep-diff-") as scratch:
        done = 0
        for contract, side in ((before, "before"), (after, "after")):
            fitting: dict[str, Feed] = {}
            for feed in feeds:
                fitted = feed_under(feed, contract)
                if isinstance(fitted, str):
                    getattr(found[feed.feed_id], side).mistake = fitted
                else:
                    fitting[feed.feed_id] = fitted
            known = replace(registry, collections={contract.collection: contract}, feeds=fitting)
            guard = CrashGuard(Path(scratch), contract.collection)
            run = CollectionRun(landing, known, contract.collection, guard, {}, is_replay=True)
            for part in _parts([one for one in kept if one.feed_id in fitting]):
                report(f"Reading {done + len(part):,} of {total:,} submissions ({side} the change)")
                for batch in run.check(part):
                    _count(batch, found, side)
                done += len(part)
    return [found[feed.feed_id] for feed in feeds]


def _recent(
    home: Path, landing: Landing, collection: str, feeds: Sequence[Feed], chosen: Recent
) -> tuple[dict[str, FeedTried], list[Manifest]]:
    """The feeds with how many submissions they have, and those whose bytes are kept."""
    from warehouse.store.warehouse_reader import read_warehouse

    sql = Path(__file__).with_name("recent_submissions.sql").read_text("utf-8")
    since = datetime.min if chosen.days is None else now() - timedelta(days=chosen.days)
    with read_warehouse(home) as reader:
        rows = reader.execute(
            sql,
            {
                "collection": collection,
                "since": since.replace(tzinfo=None),
                "most": 10**9 if chosen.submissions is None else chosen.submissions,
            },
        ).fetchall()
    found = {feed.feed_id: FeedTried(feed.feed_id, 0, 0) for feed in feeds}
    kept = []
    for delivery_id, feed_id, sha256, size_bytes, file_name, source, received_at in rows:
        came_at = received_at.replace(tzinfo=UTC)
        manifest = Manifest(delivery_id, feed_id, sha256, size_bytes, file_name, source, came_at)
        if manifest.feed_id not in found:
            continue
        if not landing.has_bytes(manifest):
            found[manifest.feed_id].not_kept += 1
            continue
        found[manifest.feed_id].submissions += 1
        kept.append(manifest)
    return found, kept


def _parts(manifests: Sequence[Manifest]) -> Iterator[list[Manifest]]:
    """The deliveries in parts that fit into memory together."""
    part: list[Manifest] = []
    size = 0
    for one in manifests:
        if part and (size + one.size_bytes > _MOST_BYTES or len(part) == _MOST_FILES):
            yield part
            part, size = [], 0
        part.append(one)
        size += one.size_bytes
    if part:
        yield part


def _count(batch: "Batch", found: dict[str, FeedTried], side: str) -> None:
    """What became of the batch's submissions is added to their feeds."""
    outcomes: dict[int, ByContract] = {}
    for submission in batch.submissions:
        verdict = submission.verdict
        assert verdict is not None
        outcome: ByContract = getattr(found[submission.manifest.feed_id], side)
        outcomes[submission.number] = outcome
        outcome.statuses[verdict.status] = outcome.statuses.get(verdict.status, 0) + 1
        outcome.values_rejected += verdict.values_rejected
        is_rejected = verdict.status is Status.REJECTED
        outcome.rows_accepted += 0 if is_rejected else verdict.rows_accepted
        read = verdict.rows_accepted + verdict.rows_quarantined
        outcome.rows_kept_out += read if is_rejected else verdict.rows_quarantined
    names = ("submission_number", "code", "severity", "message", "more")
    for line in batch.tables["issues"].select(names).to_pylist():
        seen = outcomes[line["submission_number"]].codes.setdefault(line["code"], CodeSeen())
        seen.count += 1 + (line["more"] or 0)
        seen.example = seen.example or line["message"]
        seen.severity = seen.severity or line["severity"]
