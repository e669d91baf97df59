"""The road of files that are only looked at: read, conformed and judged, of which nothing is kept.

`sitrep try` goes it, and `sitrep feeds check --full`.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.check.given_files import (
    GivenFile,
    JudgedFile,
    OnlyLookedAt,
    as_deliveries,
    as_submissions,
)
from pipelines.collection_run import CollectionRun
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Manifest
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    from pipelines.conform.conformed_rows import ConformedRows
    from pipelines.validate.batch import Batch


@dataclass(frozen=True)
class BatchedFile(JudgedFile):
    """One file at the end of the road, in the batch of all that were judged together."""

    batch: "Batch"
    conformed: "ConformedRows | None"

    @property
    def has_rows(self) -> bool:
        """Whether any row was read and conformed."""
        return self.conformed is not None and self.submission.number in self.conformed.starts

    def value(self, row: int, column_name: str) -> Any:
        """The value of that row of the file, from 0, in a column of the contract."""
        assert self.conformed is not None
        start = self.conformed.starts[self.submission.number]
        return self.conformed.table[column_name][start + row].as_py()

    def issues(self) -> list[dict[str, Any]]:
        """The findings, with the columns of `ops.issue`."""
        return self._own("issues")

    def accepted(self) -> list[dict[str, Any]]:
        """The rows that would be loaded: every column of the contract, and `carried`."""
        return self._own("rows")

    def _own(self, table: str) -> list[dict[str, Any]]:
        rows = self.batch.tables[table].to_pylist()
        return [row for row in rows if row["submission_number"] == self.submission.number]


def judge_files(
    registry: Registry,
    feed: Feed,
    files: Sequence[GivenFile],
    prefix: str = "trial",
    by_engine: bool = False,
) -> list[BatchedFile]:
    """The files as submissions of the feed, judged together; in the order in which they count.

    Rules run without Great Expectations, as far as they can, unless `by_engine` says otherwise.
    A file that makes the whole fail is judged apart. Raises what is no file's fault.
    """
    contract = registry.collection(feed.collection)
    ordered, given = as_deliveries(feed, files, prefix)
    contents = {name: one.content for name, one in given.items() if one.content is not None}
    with TemporaryDirectory(prefix="sitrep-check-") as scratch:
        landing = OnlyLookedAt(Path(scratch), contents)
        guard = CrashGuard(landing.home, contract.collection)
        run = CollectionRun(landing, registry, contract.collection, guard, {}, is_replay=True)
        try:
            return list(_together(run, ordered, given, feed, contract, by_engine))
        except Exception as error:
            raise_disk_fault(error)
            if len(ordered) == 1:
                return [_refused(run, ordered[0], given)]
        return [
            one for each in ordered for one in _alone(run, each, given, feed, contract, by_engine)
        ]


def _alone(
    run: CollectionRun,
    manifest: Manifest,
    given: dict[str, GivenFile],
    feed: Feed,
    contract: Collection,
    by_engine: bool,
) -> list[BatchedFile]:
    try:
        return list(_together(run, [manifest], given, feed, contract, by_engine))
    except Exception as error:
        raise_disk_fault(error)
        return [_refused(run, manifest, given)]


def _refused(run: CollectionRun, manifest: Manifest, given: dict[str, GivenFile]) -> BatchedFile:
    """A fault of our reader is the finding that it is; raises what is no file's fault."""
    (batch,) = run.check([manifest])
    return BatchedFile(given[manifest.delivery_id], batch.submissions[0], None, batch, None)


def _together(
    run: CollectionRun,
    ordered: Sequence[Manifest],
    given: dict[str, GivenFile],
    feed: Feed,
    contract: Collection,
    by_engine: bool,
) -> Iterator[BatchedFile]:
    from pipelines.conform.conform import conform_submissions
    from pipelines.parse.parse import parse_all
    from pipelines.validate.suite import rules_run_directly
    from pipelines.validate.validate import validate_submissions

    submissions, read = as_submissions(ordered, given, feed)
    parse_all(run.landing, read, contract, run.guard)
    parsed = [one.parsed for one in submissions]
    conformed = conform_submissions(submissions, contract)
    with nullcontext() if by_engine else rules_run_directly():
        batch = validate_submissions(contract.collection, submissions, conformed, contract)
    for one, own in zip(submissions, parsed, strict=True):
        yield BatchedFile(given[one.manifest.delivery_id], one, own, batch, conformed)
