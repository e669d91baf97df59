"""The steps of the pipeline, as the command line, the DAGs and the tests call them.

Each asks the landing folder and the ledger what is to be done, does it, and can be run again
at any time: what is done is not done twice. State lives under the configured home.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path

from pipelines.answer import answer as answers
from pipelines.base.errors import ConfigurationError, ContractFault, WarehouseBusy
from pipelines.base.gc_pause import without_collector
from pipelines.base.kill_points import reached
from pipelines.base.locks import held_lock
from pipelines.base.settings import settings
from pipelines.collect.collect import collect_endpoint
from pipelines.landing.landing import UNMATCHED, Delivery, Landing, Manifest
from pipelines.registry.registry import Registry, load_registry
from pipelines.validate.batch import (
    Batch,
    drop_batch,
    drop_unfinished,
    drop_unfit,
    has_staged,
    read_batch,
    staged_batches,
    staged_deliveries,
    write_batch,
)

Report = Callable[[str], None]

_FEW_REPEATED = 0.1
"""Share of files that came before, up to which they are read like the others."""

AT_ONCE = 10_000
"""Submissions in one batch, so that memory stays bounded however many wait."""


def collect(endpoint: str, since: datetime | None = None) -> int:
    """Lands new files of the endpoint; returns how many. Raises `SourceUnavailable`.

    With `since` an address is asked for every missing slot from then on, a folder as always.
    """
    return collect_endpoint(settings().root, endpoint, load_registry(), since)


def validate(collection: str) -> str | None:
    """What has landed for the collection is staged as a batch; its id, or None if nothing has."""
    home, registry = settings().root, load_registry()
    with collection_lock(home, collection):
        drop_unfinished(home, collection)
        contract = registry.collections.get(collection)
        columns = [column.name for column in contract.columns] if contract else []
        drop_unfit(home, collection, columns)
        waiting = pending(Landing(home), registry, [collection])[collection]
        staged = staged_deliveries(home, collection)
        fresh = [manifest for manifest in waiting if manifest.delivery_id not in staged]
        if not fresh:
            return None
        from pipelines.validate.validate import validate_deliveries

        for start in range(0, len(fresh), AT_ONCE):
            part = fresh[start : start + AT_ONCE]
            batch = validate_deliveries(home, registry, collection, part)
            write_batch(home, batch)
        return batch.batch_id


def load(collection: str) -> int:
    """Every staged batch of the collection is in the warehouse; the number of submissions."""
    home, registry = settings().root, load_registry()
    with collection_lock(home, collection):
        return _load_staged(Landing(home), registry, collection)


def _load_staged(landing: Landing, registry: Registry, collection: str) -> int:
    home = landing.home
    drop_unfinished(home, collection)
    settled = 0
    for batch_id in staged_batches(home, collection):
        batch = read_batch(home, collection, batch_id)
        settled += _load_batch(home, registry, batch)
        landing.settle(checked.manifest for checked in batch.submissions)
        reached("load: settled")
        drop_batch(home, collection, batch_id)
        reached("load: dropped")
    return settled


def _load_batch(home: Path, registry: Registry, batch: Batch) -> int:
    """The batch is in the warehouse; the number of submissions settled."""
    from warehouse.load.load import load_batch
    from warehouse.store.connection import open_warehouse

    with open_warehouse(home) as connection:
        return load_batch(connection, batch, registry.collections.get(batch.collection))


def answer() -> int:
    """Every settled submission has its answer; the number written now.

    Files that no feed expects are settled here: there is nothing to read in them.
    """
    validate(UNMATCHED)
    load(UNMATCHED)
    return answers.answer_all(settings().root, load_registry())


def rerun(collection: str, feed: str | None, since: datetime, until: datetime | None) -> int:
    """Submissions of the collection received in that time are read again; their number."""
    from pipelines.reprocess import Chosen, reprocess

    return len(reprocess(Chosen(feed, collection, since, until), lambda _: None))


def publish() -> str:
    """A publication of what the warehouse holds is current; its name.

    Nothing is made where the current one is young and nothing has been settled since: one tick
    wakes the publisher once for each collection.
    """
    from warehouse.publish.publish import publish_if_changed

    return publish_if_changed(settings().root, load_registry())


def drain(report: Report = lambda _: None) -> int:
    """All that has landed is loaded and answered; the number of submissions settled.

    In one process nothing has to be staged on disk between checking and loading: what is not yet
    in the ledger when it dies still stands in the inbox. Raises `ContractFault` at the end where
    a collection's rules cannot be run; its deliveries wait, and all others are settled.
    """
    home, registry = settings().root, load_registry()
    names = [*registry.collections, UNMATCHED]
    settled = sum(load(name) for name in names if has_staged(home, name))
    landing = Landing(home)
    report("Looking for what has landed")
    waiting = pending(landing, registry, names)
    total = sum(map(len, waiting.values()))
    done = 0
    faults: dict[str, ContractFault] = {}
    for part in _parts(waiting):
        report(f"Checking and loading {done:,} of {total:,}")
        settled += _drain_part(landing, registry, part, faults)
        done += sum(map(len, part.values()))
    if not total:
        answers.answer_all(home, registry)
    if faults:
        raise ContractFault("\n".join(map(str, faults.values())))
    return settled


def _parts(waiting: Mapping[str, Sequence[Manifest]]) -> Iterator[dict[str, list[Manifest]]]:
    """The deliveries by collection, in the order in which they came, so many at once."""
    together = sorted(
        ((one.delivery_id, name, one) for name, own in waiting.items() for one in own),
        key=lambda entry: entry[0],
    )
    for start in range(0, len(together), AT_ONCE):
        part: dict[str, list[Manifest]] = {}
        for _, name, one in together[start : start + AT_ONCE]:
            part.setdefault(name, []).append(one)
        yield part


def _drain_part(
    landing: Landing,
    registry: Registry,
    part: Mapping[str, Sequence[Manifest]],
    faults: dict[str, ContractFault],
) -> int:
    """The deliveries are checked, then loaded and answered in one opening of the warehouse.

    Collections that stand in `faults`, or come to stand there, are left alone.
    """
    from pipelines.validate.validate import validate_deliveries
    from warehouse.load.load import load_batch
    from warehouse.store.connection import open_warehouse

    settled = 0
    with ExitStack() as stack:
        for name in sorted(part):
            stack.enter_context(collection_lock(landing.home, name))
        stack.enter_context(without_collector())
        batches = []
        for name, deliveries in part.items():
            if name in faults:
                continue
            try:
                batches.append(validate_deliveries(landing.home, registry, name, deliveries))
            except ContractFault as fault:
                faults[name] = fault
        with open_warehouse(landing.home) as connection:
            for batch in batches:
                collection = registry.collections.get(batch.collection)
                settled += load_batch(connection, batch, collection)
            answers.answer_due(connection, landing.home, registry)
        landing.settle(checked.manifest for batch in batches for checked in batch.submissions)
        reached("load: settled")
    return settled


def collection_lock(home: Path, collection: str) -> AbstractContextManager[None]:
    """A lock: one process at a time stages or loads batches of a collection."""
    return held_lock(home, f"staging-{collection}", WarehouseBusy, f"The staging of {collection}")


def pending(
    landing: Landing, registry: Registry, collections: Sequence[str]
) -> dict[str, list[Manifest]]:
    """Deliveries for each of the collections that have landed and are not in the ledger.

    Duplicates are settled here, without being read, unless they are few among many others.
    Deliveries of a feed whose file is gone or broken wait until it is there again. What the ledger
    holds already is moved out of the inbox: a crash had kept it there.
    """
    found: dict[str, list[Manifest]] = {name: [] for name in collections}
    for manifest in landing.waiting():
        name = _collection_of(registry, manifest.feed_id)
        if name in found:
            found[name].append(manifest)
    waiting = [manifest for own in found.values() for manifest in own]
    # Of bytes that never came before the ledger holds nothing, unless a load died before it could
    # clear the inbox. Whatever is not found out here, the load finds out: to read a few files for
    # nothing takes less time than to open the warehouse.
    suspects = sum(1 for manifest in waiting if manifest.first_seen_at is not None)
    if suspects <= len(waiting) * _FEW_REPEATED:
        return found
    from warehouse.ledger.ledger import settle_duplicates
    from warehouse.store.connection import open_warehouse

    with open_warehouse(landing.home) as connection:
        done = settle_duplicates(connection, waiting, registry)
    landing.settle(manifest for manifest in waiting if manifest.delivery_id in done)
    return {
        name: [manifest for manifest in own if manifest.delivery_id not in done]
        for name, own in found.items()
    }


def land_files(paths: Sequence[Path], feed_ids: Sequence[str] = ()) -> list[Manifest]:
    """The files are landed for the feeds named, or else for those whose patterns they match.

    A file that no feed expects is landed too, and is answered as such. Raises
    `ConfigurationError` where it may belong to a feed whose file is broken.
    """
    registry = load_registry()
    named = [registry.feed(feed_id) for feed_id in feed_ids]
    deliveries = []
    for path in paths:
        content = path.read_bytes()
        feeds = named or registry.feeds_matching(path.name)
        if not feeds and registry.problems:
            broken = "\n".join(problem.message for problem in registry.problems)
            raise ConfigurationError(
                f"No usable feed expects {path.name}, and these files cannot be used:\n{broken}"
            )
        targets = [feed.feed_id for feed in feeds] or [UNMATCHED]
        deliveries += [Delivery(content, path.name, target, str(path)) for target in targets]
    return Landing(settings().root).land_all(deliveries)


def land_file(path: Path, feed_ids: Sequence[str] = ()) -> list[Manifest]:
    """`land_files` for one file."""
    return land_files([path], feed_ids)


def _collection_of(registry: Registry, feed_id: str) -> str | None:
    if feed_id == UNMATCHED:
        return UNMATCHED
    feed = registry.feeds.get(feed_id)
    return feed.collection if feed else None
