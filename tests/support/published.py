"""What a publication must hold."""

from pipelines.registry.registry import Registry
from warehouse.publish.published_tables import (
    PublishedTable,
    collection_tables,
    published_tables,
)


def tables_of(registry: Registry) -> dict[str, PublishedTable]:
    """Every table of a publication by its name, those in testing with their schema."""
    tables: dict[str, PublishedTable] = {}
    for collection in registry.collections.values():
        tables |= collection_tables(collection)
    return {**tables, **published_tables().tables}
