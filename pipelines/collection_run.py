"""Checks and loads the deliveries of a collection, so that one of them costs the others nothing.

A file can make any step fail, whatever guards stand around the single steps. A batch that fails is
therefore halved until the culprit is alone; that one is refused, and the rest goes on. Where a
batch that is surely sound fails too, the fault is ours: no file is refused for it, all wait.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.errors import ContractFault, SitrepError
from pipelines.base.tally import TimedStep, timed
from pipelines.findings.finding import finding
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Landing, Manifest
from pipelines.parse.submission import Submission
from pipelines.probe import probe_batch
from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry
from pipelines.withheld.drop import drop_at_source
from warehouse.ledger.load_journal import LoadJournal

if TYPE_CHECKING:
    import duckdb

    from pipelines.validate.batch import Batch

CELLS_AT_ONCE = 300_000
"""Cells from which on no further file goes with the others: files differ by thousands of rows, and
memory has to stay bounded."""

_OF_THE_MACHINE = (OSError, MemoryError)
"""Errors that say nothing of a file."""


@dataclass(frozen=True)
class CollectionRun:
    """How the deliveries of one collection are read, conformed and validated, and then loaded."""

    landing: Landing
    registry: Registry
    name: str
    guard: CrashGuard
    reprocess_of: Mapping[str, str]
    """Delivery → the submission that it is read again for."""
    is_replay: bool = False
    """Whether it is done again for a rebuild: sources and the journal of loads stay as they are."""

    @property
    def contract(self) -> Collection | None:
        """The collection's contract; None for files that no feed expects."""
        return self.registry.collections.get(self.name)

    def check(self, deliveries: Sequence[Manifest]) -> "Iterator[Batch]":
        """The deliveries as batches, each read when it is asked for.

        Raises what is no file's fault: of the contract, of the disk, of the machine.
        """
        left = deliveries
        while left:
            batches, left = self.check_some(left)
            yield from batches

    def check_some(
        self, deliveries: Sequence[Manifest]
    ) -> "tuple[list[Batch], Sequence[Manifest]]":
        """As many of the first deliveries as go together, at least one, and those that are left.

        They are one batch, unless a file makes the whole fail. Raises as `check` does.
        """
        try:
            batch, left = self._check_together(deliveries)
            return [batch], left
        except Exception as error:
            raise_disk_fault(error)
            if not self._is_of_a_file(error):
                raise
            if len(deliveries) == 1:
                return [self._refuse(deliveries[0], error)], ()
            middle = len(deliveries) // 2
            batches, left = self.check_some(deliveries[:middle])
            if left:
                return batches, [*left, *deliveries[middle:]]
            others, left = self.check_some(deliveries[middle:])
            return [*batches, *others], left

    def load(self, connection: "duckdb.DuckDBPyConnection", batch: "Batch") -> int:
        """The batch is in the warehouse, but for what makes its load fail: that is refused.

        Returns how many submissions were settled; raises as `check` does.
        """
        from warehouse.load.load import load_batch

        journal = None if self.is_replay else LoadJournal(self.landing.home)
        try:
            with timed(TimedStep.LOAD):
                return load_batch(connection, batch, self.contract, journal)
        except Exception as error:
            # A commit for which there is no room looks like a fault of the file otherwise.
            raise_disk_fault(error)
            if not self._is_of_a_file(error, connection):
                raise
            deliveries = [one.manifest for one in batch.submissions]
            if len(deliveries) == 1:
                return load_batch(
                    connection, self._refuse(deliveries[0], error), self.contract, journal
                )
            middle = len(deliveries) // 2
            halves = (deliveries[:middle], deliveries[middle:])
            return sum(self.load(connection, one) for half in halves for one in self.check(half))

    def _check_together(self, deliveries: Sequence[Manifest]) -> "tuple[Batch, Sequence[Manifest]]":
        """Read, conformed to the contract, judged by its rules; and those that are left."""
        from pipelines.parse.parse import parse_all

        self.landing.expect(deliveries)
        submissions = self._submissions(deliveries)
        with timed(TimedStep.PARSE):
            number, withheld = parse_all(
                self.landing, submissions, self.contract, self.guard, CELLS_AT_ONCE
            )
        if not self.is_replay:
            drop_at_source(self.landing.home, self.registry, withheld)
        return self._batch_of(_undamaged(submissions[:number])), deliveries[number:]

    def _refuse(self, delivery: Manifest, error: Exception) -> "Batch":
        """The delivery as a batch that has nothing but the finding that our reader failed."""
        logging.getLogger(__name__).error(
            "%s of %s makes every batch fail and is refused",
            delivery.delivery_id,
            delivery.feed_id,
            exc_info=error,
        )
        submissions = self._submissions([delivery])
        submissions[0].refuse(finding("FILE-011", value=type(error).__name__))
        return self._batch_of(submissions)

    def _batch_of(self, submissions: list[Submission]) -> "Batch":
        """What was read of them as typed rows, and what the rules say of these."""
        from pipelines.conform.conform import conform_submissions
        from pipelines.validate.validate import validate_submissions

        with timed(TimedStep.CONFORM):
            conformed = conform_submissions(submissions, self.contract)
        with timed(TimedStep.VALIDATE):
            return validate_submissions(self.name, submissions, conformed, self.contract)

    def _submissions(self, deliveries: Sequence[Manifest]) -> list[Submission]:
        return [
            Submission(
                manifest,
                self.registry.feeds.get(manifest.feed_id),
                number,
                self.reprocess_of.get(manifest.delivery_id),
            )
            for number, manifest in enumerate(deliveries)
        ]

    def _is_of_a_file(
        self, error: Exception, connection: "duckdb.DuckDBPyConnection | None" = None
    ) -> bool:
        """Whether a file has caused the error: a batch that is surely sound does not fail."""
        import duckdb

        if isinstance(error, (*_OF_THE_MACHINE, duckdb.IOException, duckdb.OutOfMemoryException)):
            return False
        if isinstance(error, SitrepError) and not isinstance(error, ContractFault):
            return False
        feeds = self.registry.feeds_of(self.name)
        if self.contract is None or not feeds:
            return True
        try:
            batch = probe_batch(self.contract, feeds[0])
            if connection is not None:
                from warehouse.load.load import try_load

                try_load(connection, batch, self.contract)
        except Exception:
            return False
        return True


def _undamaged(submissions: Sequence[Submission]) -> list[Submission]:
    """Those whose landed bytes are whole, numbered anew; the others wait in the inbox."""
    damaged = {
        (one.manifest.feed_id, one.manifest.sha256) for one in submissions if one.damage is not None
    }
    left = [
        one for one in submissions if (one.manifest.feed_id, one.manifest.sha256) not in damaged
    ]
    for number, submission in enumerate(left):
        submission.number = number
    return left
