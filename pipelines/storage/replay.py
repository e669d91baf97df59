"""Loads again what was loaded, with the clock of that time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.base.clock import clock_at
from pipelines.base.gc_pause import without_collector
from pipelines.base.kill_points import reached
from pipelines.collection_run import CollectionRun
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import UNMATCHED, Landing, Manifest
from pipelines.reading_locks import collection_lock
from pipelines.registry.feed import Stage
from pipelines.registry.registry import Registry
from pipelines.storage.given_answers import enter_given_answers
from pipelines.storage.load_events import LoadEvent, LoadHistory
from pipelines.storage.stage_replay import StageReplay
from pipelines.validate.batch import Batch
from warehouse.ledger.known_deliveries import submission_ids
from warehouse.ledger.load_journal import LoadedDelivery
from warehouse.store import literals

if TYPE_CHECKING:
    import duckdb

_ANSWERS_AFTER = 2000
"""Deliveries after which the answers that were given are entered."""

Deliveries = Sequence[tuple[Manifest, LoadedDelivery]]


@dataclass
class Replayed:
    """What was loaded again."""

    deliveries: int = 0
    other_contract: int = 0
    """How many were first read by another contract or feed file than today's."""
    unknown: int = 0
    """How many the journal names that landing has no manifest of."""


def replay(
    connection: "duckdb.DuckDBPyConnection",
    landing: Landing,
    registry: Registry,
    report: Callable[[str], None],
) -> Replayed:
    """The warehouse of the connection holds all loads that landing tells of.

    What it holds already is left as it is, so that an interrupted replay goes on.
    """
    done, since_answers = Replayed(), 0
    history = LoadHistory(landing)
    total = history.total
    stages = StageReplay(connection, landing.home, registry)
    for event in history.events():
        stages.enter_until(event.moment)
        lacking = _lacking(connection, event.deliveries)
        if not lacking:
            continue
        if any(one.attempt > 1 for _, one in lacking):
            # Reading again takes the answers that are due away.
            enter_given_answers(connection, landing.home, registry)
        _load(connection, landing, registry, replace(event, deliveries=tuple(lacking)), done)
        reached("rebuild: replayed")
        since_answers += len(lacking)
        if since_answers >= _ANSWERS_AFTER:
            enter_given_answers(connection, landing.home, registry)
            since_answers = 0
        report(
            f"Loading what came by {event.moment:%Y-%m-%d %H:%M}: {done.deliveries:,} of {total:,}"
        )
    stages.enter_until(None)
    enter_given_answers(connection, landing.home, registry)
    done.unknown = history.unknown
    return done


def _lacking(
    connection: "duckdb.DuckDBPyConnection", deliveries: Deliveries
) -> list[tuple[Manifest, LoadedDelivery]]:
    """The deliveries that the ledger does not hold as they were read then, or later."""
    times = [manifest.received_at for manifest, _ in deliveries]
    rows = connection.execute(
        "SELECT delivery_id, attempt FROM warehouse.ops.submission WHERE received_at "
        f"BETWEEN {literals.instant(min(times))} AND {literals.instant(max(times))} "
        f"AND delivery_id IN {literals.many_ids(one.delivery_id for _, one in deliveries)}"
    ).fetchall()
    held = dict(rows)
    return [pair for pair in deliveries if held.get(pair[1].delivery_id, 0) < pair[1].attempt]


def _load(
    connection: "duckdb.DuckDBPyConnection",
    landing: Landing,
    registry: Registry,
    event: LoadEvent,
    done: Replayed,
) -> None:
    from warehouse.ledger.ledger import settle_duplicates

    then = _registry_then(registry, event.deliveries)
    with clock_at(event.moment), without_collector():
        if event.batch_id == "":
            manifests = [manifest for manifest, _ in event.deliveries]
            settle_duplicates(connection, manifests, then)
        else:
            for collection, own in _by_collection(then, event.deliveries).items():
                _load_batch(connection, landing, then, event.batch_id, collection, own, done)
    done.deliveries += len(event.deliveries)


def _load_batch(
    connection: "duckdb.DuckDBPyConnection",
    landing: Landing,
    registry: Registry,
    batch_id: str | None,
    collection: str,
    deliveries: Deliveries,
    done: Replayed,
) -> None:
    """The deliveries of one collection are judged and loaded as they were then."""
    with collection_lock(landing.home, collection):
        guard = CrashGuard(landing.home, collection)
        again = submission_ids(connection, [m for m, one in deliveries if one.attempt > 1])
        run = CollectionRun(landing, registry, collection, guard, again, is_replay=True)
        for group in guard.groups_in_order([manifest for manifest, _ in deliveries]):
            guard.begin_together(group)
            try:
                for batch in run.check(group):
                    named = replace(batch, batch_id=batch_id or batch.batch_id)
                    run.load(connection, named)
                    done.other_contract += _read_otherwise(named, deliveries)
            finally:
                guard.end_together()


def _read_otherwise(batch: Batch, deliveries: Deliveries) -> int:
    """How many of the batch were first read by another contract or feed file."""
    versions = {one.delivery_id: one.contract_version for _, one in deliveries}
    return sum(
        1
        for one in batch.submissions
        if (then := versions[one.manifest.delivery_id]) is not None
        and one.verdict is not None
        and then != one.verdict.contract_version
    )


def _by_collection(registry: Registry, deliveries: Deliveries) -> dict[str, Deliveries]:
    found: dict[str, list[tuple[Manifest, LoadedDelivery]]] = {}
    for manifest, one in deliveries:
        feed = registry.feeds.get(manifest.feed_id)
        if feed is not None or manifest.feed_id == UNMATCHED:
            found.setdefault(feed.collection if feed else UNMATCHED, []).append((manifest, one))
    return dict(found)


def _registry_then(registry: Registry, deliveries: Deliveries) -> Registry:
    """The registry with each feed at the stage at which it was then."""
    feeds = {}
    for manifest, one in deliveries:
        feed = registry.feeds.get(manifest.feed_id)
        if feed is not None and one.stage is not None and feed.stage != one.stage:
            feeds[feed.feed_id] = feed.model_copy(update={"stage": Stage(one.stage)})
    return replace(registry, feeds={**registry.feeds, **feeds}) if feeds else registry
