"""Collects: takes what is new at a source endpoint and lands it for its feeds."""

import hashlib
from datetime import datetime
from pathlib import Path

from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.locks import held_lock
from pipelines.collect.asking import raise_for
from pipelines.collect.collected_source import sources_at
from pipelines.registry.registry import Registry


def collect_endpoint(
    home: Path, endpoint: str, registry: Registry, since: datetime | None = None
) -> int:
    """What is new at the endpoint is landed for every feed that expects it; the number of files.

    With `since` a source that is asked gives every missing slot from then on. Raises
    `SourceUnavailable` where the endpoint cannot be listed or asked.
    """
    # Two collections may share an endpoint, and their DAGs ask it in the same second.
    name = f"collect-{hashlib.sha256(endpoint.encode()).hexdigest()[:12]}"
    with held_lock(home, name, SourceUnavailable, f"The source {endpoint}"):
        feeds = registry.feeds_at(endpoint)
        landed, errors = 0, []
        for source in sources_at(registry, endpoint):
            own = [feed for feed in feeds if type(feed.source) is type(source)]
            try:
                landed += source.collect(home, own, registry, since)
            except (SourceUnavailable, ConfigurationError) as error:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        raise_for(errors)
        return landed
