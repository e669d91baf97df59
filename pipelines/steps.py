"""The steps of the pipeline, as the command line, the DAGs and the tests call them.

Each asks the landing folder and the ledger what is to be done, does it, and can be run again
at any time: what is done is not done twice. State lives under the configured home.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from pipelines import answer as answers
from pipelines.batch import (
    drop_batch,
    drop_unfinished,
    drop_unfit,
    read_batch,
    staged_batches,
    staged_deliveries,
    write_batch,
)
from pipelines.checkpoints import reached
from pipelines.collect import collect_endpoint
from pipelines.errors import ConfigurationError, WarehouseBusy
from pipelines.landing import UNMATCHED, Landing, Manifest
from pipelines.locks import held_lock
from pipelines.registry import Registry, load_registry
from pipelines.settings import settings

Report = Callable[[str], None]


def collect(endpoint: str) -> int:
    """New files of the endpoint are landed; their number. Raises `SourceUnavailable`."""
    return collect_endpoint(settings().root, endpoint, load_registry())


def validate(collection: str) -> str | None:
    """What has landed for the collection is staged as a batch; its id, or None if nothing has."""
    home, registry = settings().root, load_registry()
    with collection_lock(home, collection):
        return _validate(home, registry, collection)


def _validate(home: Path, registry: Registry, collection: str) -> str | None:
    drop_unfinished(home, collection)
    contract = registry.collections.get(collection)
    drop_unfit(home, collection, [column.name for column in contract.columns] if contract else [])
    waiting = pending(home, registry, collection)
    if not waiting:
        return None
    from pipelines.validate import validate_deliveries

    batch = validate_deliveries(home, registry, collection, waiting)
    write_batch(home, batch)
    return batch.batch_id


def load(collection: str) -> int:
    """Every staged batch of the collection is in the warehouse; the number of submissions."""
    home, registry = settings().root, load_registry()
    with collection_lock(home, collection):
        return _load(home, registry, collection)


def _load(home: Path, registry: Registry, collection: str) -> int:
    drop_unfinished(home, collection)
    batch_ids = staged_batches(home, collection)
    if not batch_ids:
        return 0
    from warehouse.connection import open_warehouse
    from warehouse.load import load_batch

    settled = 0
    landing = Landing(home)
    with open_warehouse(home) as connection:
        for batch_id in batch_ids:
            batch = read_batch(home, collection, batch_id)
            settled += load_batch(connection, batch, registry.collections.get(collection))
            landing.settle(checked.manifest for checked in batch.submissions)
            reached("load: settled")
            drop_batch(home, collection, batch_id)
            reached("load: dropped")
    return settled


def answer() -> int:
    """Every settled submission has its answer; the number written now.

    Files that no feed expects are settled here: there is nothing to read in them.
    """
    validate(UNMATCHED)
    load(UNMATCHED)
    return answers.answer_all(settings().root, load_registry())


def publish() -> str:
    """A publication of what the warehouse holds is current; its name.

    Nothing is made where the current one is young and nothing has been settled since: one tick
    wakes the publisher once for each collection.
    """
    from warehouse.publish import publish_if_changed

    return publish_if_changed(settings().root, load_registry())


def drain(report: Report = lambda _: None) -> int:
    """All that has landed is loaded and answered; the number of submissions settled."""
    settled = 0
    for collection in load_registry().collections:
        report(f"Checking {collection}")
        validate(collection)
        report(f"Loading {collection}")
        settled += load(collection)
    report("Writing answers")
    answer()
    return settled


def collection_lock(home: Path, collection: str) -> AbstractContextManager[None]:
    """A lock: one process at a time stages or loads batches of a collection."""
    return held_lock(home, f"staging-{collection}", WarehouseBusy, f"The staging of {collection}")


def pending(home: Path, registry: Registry, collection: str) -> list[Manifest]:
    """Deliveries for the collection that have landed, are not in the ledger and not staged.

    Duplicates are settled here, without being read. Deliveries of a feed whose file is gone or
    broken wait until it is there again. What the ledger holds already is moved out of the
    inbox: a crash had kept it there.
    """
    landing = Landing(home)
    waiting = [
        manifest
        for manifest in landing.waiting()
        if _collection_of(registry, manifest.feed_id) == collection
    ]
    if not waiting:
        return []
    from warehouse.connection import open_warehouse
    from warehouse.ledger import settle_duplicates, settled_deliveries

    with open_warehouse(home) as connection:
        done = settled_deliveries(connection, [manifest.delivery_id for manifest in waiting])
        fresh = [manifest for manifest in waiting if manifest.delivery_id not in done]
        repeated = settle_duplicates(connection, fresh, registry)
    done |= {manifest.delivery_id for manifest in repeated}
    landing.settle(manifest for manifest in waiting if manifest.delivery_id in done)
    done |= staged_deliveries(home, collection)
    return [manifest for manifest in waiting if manifest.delivery_id not in done]


def land_files(paths: Sequence[Path], feed_ids: Sequence[str] = ()) -> list[Manifest]:
    """The files are landed for the feeds named, or else for those whose patterns they match.

    A file that no feed expects is landed too, and is answered as such. Raises
    `ConfigurationError` where it may belong to a feed whose file is broken.
    """
    registry = load_registry()
    named = [registry.feed(feed_id) for feed_id in feed_ids]
    landing = Landing(settings().root)
    landed = []
    for path in paths:
        content = path.read_bytes()
        feeds = named or registry.feeds_matching(path.name)
        if not feeds and registry.problems:
            broken = "\n".join(problem.message for problem in registry.problems)
            raise ConfigurationError(
                f"No usable feed expects {path.name}, and these files cannot be used:\n{broken}"
            )
        targets = [feed.feed_id for feed in feeds] or [UNMATCHED]
        landed += [landing.land(content, path.name, target, str(path)) for target in targets]
    return landed


def land_file(path: Path, feed_ids: Sequence[str] = ()) -> list[Manifest]:
    """`land_files` for one file."""
    return land_files([path], feed_ids)


def _collection_of(registry: Registry, feed_id: str) -> str | None:
    if feed_id == UNMATCHED:
        return UNMATCHED
    feed = registry.feeds.get(feed_id)
    return feed.collection if feed else None
