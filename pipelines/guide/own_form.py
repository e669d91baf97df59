"""A feed that sends a collection under the contract's own names, without any file of its own."""

from typing import Literal

from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry

Kind = Literal["csv", "xlsx", "json"]


def own_feed(collection: Collection, kind: Kind = "csv") -> Feed:
    """The feed whose files have the contract's own columns; it may report for anybody."""
    # Formats register themselves when their package is asked for one by its kind.
    return Feed.model_validate(
        {
            "feed_id": f"{collection.collection}.example",
            "collection": collection.collection,
            "title": f"{collection.title}: example",
            "provider": {"code": "EXAMPLE", "name": "Example"},
            "stage": "testing",
            "reports_for": "any",
            "source": {
                "kind": "directory",
                "endpoint": "incoming/example",
                "pattern": f"{collection.collection}*",
            },
            "format": {"kind": kind},
        }
    )


def registry_of(collection: Collection, feed: Feed) -> Registry:
    """A registry that has this collection with this feed, and nothing else."""
    return Registry({collection.collection: collection}, {feed.feed_id: feed}, ())
