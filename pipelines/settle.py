"""The road of deliveries from landing to their answers: validated, loaded, answered, settled.

The command line, the DAGs and a reprocessing all take it (docs/adr/0015-one-road.md). Nothing is
staged on disk on the way: what is not in the ledger when the process dies is still in the inbox.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from pipelines.answer.answer import answer_due
from pipelines.base.errors import CollectionFault, ContractFault
from pipelines.base.gc_pause import without_collector
from pipelines.base.kill_points import reached
from pipelines.collect.drop import drop_at_source
from pipelines.landing.landing import Landing, Manifest
from pipelines.parse.submission import Submission
from pipelines.queue import Waiting, collection_lock
from pipelines.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.validate.batch import Batch

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
    from warehouse.load.load import load_batch
    from warehouse.store.connection import open_warehouse

    settled = 0
    with ExitStack() as stack:
        for name in sorted(waiting):
            stack.enter_context(collection_lock(landing.home, name))
        stack.enter_context(without_collector())
        batches = []
        for name, deliveries in waiting.items():
            if name not in faults:
                with _kept_apart(name, faults):
                    batches.append(_judge(landing, registry, name, deliveries, reprocess_of))
        reached("validate: judged")
        loaded = []
        with open_warehouse(landing.home) as connection:
            for batch in batches:
                with _kept_apart(batch.collection, faults):
                    contract = registry.collections.get(batch.collection)
                    settled += load_batch(connection, batch, contract)
                    loaded.append(batch)
            answer_due(connection, landing.home, registry)
        landing.settle(one.manifest for batch in loaded for one in batch.submissions)
        reached("load: settled")
    return settled


def _judge(
    landing: Landing,
    registry: Registry,
    name: str,
    deliveries: Sequence[Manifest],
    reprocess_of: Mapping[str, str] | None,
) -> "Batch":
    """The deliveries of a collection as a batch: read, conformed to its contract, judged by it."""
    from pipelines.conform.conform_submissions import conform_submissions
    from pipelines.parse.parse import parse_all
    from pipelines.validate.validate import validate_submissions

    contract = registry.collections.get(name)
    again = reprocess_of or {}
    submissions = [
        Submission(
            manifest,
            registry.feeds.get(manifest.feed_id),
            number,
            again.get(manifest.delivery_id),
        )
        for number, manifest in enumerate(deliveries)
    ]
    withheld = parse_all(landing, name, submissions, contract)
    drop_at_source(landing.home, registry, withheld)
    submissions = _undamaged(submissions)
    conformed = conform_submissions(submissions, contract)
    return validate_submissions(name, submissions, conformed, contract)


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
        faults[collection] = fault
    except Exception as error:
        logging.getLogger(__name__).exception("%s could not be loaded", collection)
        faults[collection] = CollectionFault(
            f"{collection} could not be loaded: {type(error).__name__}: {error}. Its files are "
            "kept and wait; the other collections were loaded."
        )
