"""What of the registry can be published: the parts that are sound, and why others are not."""

from collections.abc import Mapping

from pipelines.registry.contract import Collection
from pipelines.registry.registry import Registry
from warehouse.publish.kept_apart import Faults, costs_only
from warehouse.publish.published_tables import (
    PublishedTable,
    collection_tables,
    published_tables,
)


def sound_collections(
    registry: Registry, tables: Mapping[str, object], faults: Faults
) -> list[Collection]:
    """The collections whose tables are there, and that nothing is wrong with."""
    return [
        one for name, one in registry.collections.items() if name in tables and name not in faults
    ]


def broken_parts(registry: Registry) -> Faults:
    """The collections and feeds whose files cannot be used, and why; values held stay published."""
    return {
        problem.collection or problem.feed_id or str(problem.path): problem.message
        for problem in registry.problems
        # That of a feed without a contract follows from the contract's own.
        if not registry.is_broken(problem.feed_id)
    }


def described_tables(registry: Registry, faults: Faults) -> dict[str, PublishedTable]:
    """The tables with their contracts, without those of a collection that describes them badly."""
    tables: dict[str, PublishedTable] = {}
    for name, collection in registry.collections.items():
        with costs_only(name, faults):
            tables |= collection_tables(collection)
    return {**tables, **published_tables().tables}
