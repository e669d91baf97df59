"""The road of deliveries from landing to their answers: validated, loaded, answered, settled.

The command line, the DAGs and a reprocessing all take it (docs/adr/0015-one-road.md). Nothing is
staged on disk on the way: what is not in the ledger when the process dies is still in the inbox.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.answer.answer import answer_due
from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.errors import CollectionFault, ContractFault
from pipelines.base.gc_pause import without_collector
from pipelines.base.kill_points import reached
from pipelines.base.tally import TimedStep, timed
from pipelines.collection_run import CollectionRun
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Landing, Manifest
from pipelines.queue import Waiting
from pipelines.reading_locks import collection_lock
from pipelines.registry.registry import Registry, contract_place
from pipelines.registry.stage_journal import with_recorded_stages

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from pipelines.validate.batch import Batch

_BACKLOG = 700
"""Deliveries that are no tick any more: a tick keeps its DuckDB for the next one."""

_THREADS = 1
"""A load is many small statements: a second thread waits for most of them, and burns time."""

Faults = dict[str, CollectionFault]
"""Collection → why its deliveries could not be loaded; they wait, the others go on."""


def settle(
    landing: Landing,
    registry: Registry,
    waiting: Waiting,
    faults: Faults,
    reprocess_of: Mapping[str, str] | None = None,
) -> int:
    """The deliveries are in the ledger and answered; the number of those that were settled now.

    Collections that stand in `faults`, or come to stand there, are left alone. `reprocess_of`
    gives the submission that a delivery is read again for, by delivery id.
    """
    settled = 0
    with ExitStack() as stack:
        with timed(TimedStep.WAIT):
            for name in sorted(waiting):
                stack.enter_context(collection_lock(landing.home, name))
        runs = {
            name: CollectionRun(
                landing, registry, name, CrashGuard(landing.home, name), reprocess_of or {}
            )
            for name in waiting
        }
        groups = {name: runs[name].guard.groups(own) for name, own in waiting.items()}
        for turn in range(max(map(len, groups.values()), default=0)):
            together = {name: own[turn] for name, own in groups.items() if turn < len(own)}
            settled += _settle_in_rounds(landing, registry, runs, together, faults)
    return settled


def _settle_in_rounds(
    landing: Landing,
    registry: Registry,
    runs: Mapping[str, CollectionRun],
    together: Waiting,
    faults: Faults,
) -> int:
    """The deliveries are in the ledger and answered, in each round as many as memory allows."""
    from warehouse.store.connection import close_duckdb

    settled, left = 0, together
    while left:
        deliveries = sum(map(len, left.values()))
        # Not for all rounds: what a run of Great Expectations leaves goes between them.
        with without_collector():
            number, left = _settle_together(landing, registry, runs, left, faults)
        settled += number
        if left or deliveries >= _BACKLOG:
            # DuckDB keeps for itself what its temporary tables took, and more each time.
            close_duckdb()
    return settled


def _settle_together(
    landing: Landing,
    registry: Registry,
    runs: Mapping[str, CollectionRun],
    together: Waiting,
    faults: Faults,
) -> tuple[int, Waiting]:
    """As many deliveries as go together are in the ledger and answered; and what is left of them.

    All are checked first, then all are loaded.
    """
    from warehouse.store.connection import open_warehouse

    settled = 0
    batches = []
    loaded = []
    left: dict[str, Sequence[Manifest]] = {}
    try:
        for name, deliveries in together.items():
            if name not in faults:
                runs[name].guard.begin_together(deliveries)
                with _kept_apart(name, faults):
                    checked, rest = runs[name].check_some(deliveries)
                    batches += checked
                    left[name] = rest
        reached("validate: judged")
        with ExitStack() as stack:
            with timed(TimedStep.WAIT):
                connection = stack.enter_context(open_warehouse(landing.home, threads=_THREADS))
            _enter_stages(connection, landing.home, registry)
            for batch in batches:
                _at_present_stages(landing.home, registry, batch)
                with _kept_apart(batch.collection, faults):
                    settled += runs[batch.collection].load(connection, batch)
                    loaded.append(batch)
            with timed(TimedStep.ANSWER):
                answer_due(connection, landing.home, registry)
    finally:
        # What is in the ledger cannot kill any more, and an error is no death.
        for name in together:
            runs[name].guard.end_together()
    for batch in loaded:
        runs[batch.collection].guard.forget(one.manifest for one in batch.submissions)
    landing.settle(one.manifest for batch in loaded for one in batch.submissions)
    reached("load: settled")
    return settled, {name: rest for name, rest in left.items() if rest and name not in faults}


def _enter_stages(connection: "duckdb.DuckDBPyConnection", home: Path, registry: Registry) -> None:
    """Changes of stage come before the load; one that cannot be entered waits, and is told."""
    from warehouse.load.stages import enter_stages

    try:
        enter_stages(connection, home, registry)
    except Exception as error:
        raise_disk_fault(error)
        logging.getLogger(__name__).exception("A change of stage could not be entered; it waits")


def _at_present_stages(home: Path, registry: Registry, batch: "Batch") -> None:
    """The batch is loaded at the stages of now, which may have changed while it was read."""
    feeds = {one.feed.feed_id: one.feed for one in batch.submissions if one.feed is not None}
    present = with_recorded_stages(
        home, {name: registry.as_filed(feed) for name, feed in feeds.items()}
    )
    for one in batch.submissions:
        if one.feed is not None and present[one.feed.feed_id].stage != one.feed.stage:
            stage = present[one.feed.feed_id].stage
            one.feed = one.feed.model_copy(update={"stage": stage})


def raise_for(faults: Faults) -> None:
    """Raises one error for the collections that could not be loaded, if there are any."""
    if not faults:
        return
    told = "\n".join(map(str, faults.values()))
    if all(isinstance(fault, ContractFault) for fault in faults.values()):
        raise ContractFault(told)
    raise CollectionFault(told)


@contextmanager
def _kept_apart(collection: str, faults: Faults) -> "Iterator[None]":
    """Whatever fails inside costs this collection only."""
    try:
        yield
    except ContractFault as fault:
        place = fault.place or contract_place(collection, fault.rule)
        faults[collection] = ContractFault(
            f"{place}: {collection} could not be loaded: {fault}. Correct the contract; its files "
            "are kept and wait, and the other collections were loaded.",
            fault.rule,
        )
    except Exception as error:
        raise_disk_fault(error)
        logging.getLogger(__name__).exception("%s could not be loaded", collection)
        faults[collection] = CollectionFault(
            f"{collection} could not be loaded: {type(error).__name__}: {error}. Its files are "
            "kept and wait; the other collections were loaded."
        )
