"""Deliveries whose bytes the ledger holds already: entered as duplicates without being read."""

from pipelines.answer.answer import answer_due
from pipelines.base.tally import TimedStep, timed
from pipelines.landing.landing import Landing
from pipelines.queue import Waiting
from pipelines.registry.registry import Registry
from pipelines.withheld.drop import drop_copies
from warehouse.ledger.load_journal import LoadJournal

_FEW_REPEATED = 0.1
"""Share of files that came before, up to which they are read like the others."""


def settle_repeated(landing: Landing, registry: Registry, waiting: Waiting) -> tuple[int, Waiting]:
    """How many duplicates were settled and answered without being read, and what is left.

    Nothing is done where they are few among many others. What the ledger holds already is moved
    out of the inbox: a crash had kept it there.
    """
    together = [manifest for own in waiting.values() for manifest in own]
    # The ledger can hold bytes that landing calls new only where a load died before it cleared the
    # inbox. The load finds out whatever is not found here, and it takes less time to read a few
    # files for nothing than to open the warehouse.
    repeated = sum(1 for manifest in together if manifest.first_seen_at is not None)
    if repeated <= len(together) * _FEW_REPEATED:
        return 0, waiting
    from warehouse.ledger.ledger import settle_duplicates
    from warehouse.store.connection import open_warehouse

    with open_warehouse(landing.home) as connection:
        with timed(TimedStep.LOAD):
            journal = LoadJournal(landing.home)
            number, done = settle_duplicates(connection, together, registry, journal)
        with timed(TimedStep.ANSWER):
            answer_due(connection, landing.home, registry)
    # Of what was refused for patient data no copy stays where it was sent again.
    settled = [manifest for manifest in together if manifest.delivery_id in done]
    withheld = [one for one in settled if landing.is_withheld(one.feed_id, one.sha256)]
    drop_copies(landing.home, registry, withheld)
    landing.settle(settled)
    left = {
        name: [manifest for manifest in own if manifest.delivery_id not in done]
        for name, own in waiting.items()
    }
    return number, {name: own for name, own in left.items() if own}
