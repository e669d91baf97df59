"""Collects: takes what is new at a source endpoint and lands it for its feeds."""

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.endpoint_names import endpoint_name
from pipelines.base.errors import ConfigurationError, DiskFault, SitrepError, SourceUnavailable
from pipelines.base.locks import held_lock
from pipelines.collect.addresses.asking import raise_for
from pipelines.collect.collected_source import sources_at
from pipelines.collect.reach import note_not_reached, note_reached
from pipelines.registry.registry import Registry


def collect_endpoint(
    home: Path, endpoint: str, registry: Registry, since: datetime | None = None
) -> int:
    """What is new at the endpoint is landed for every feed that expects it; the number of files.

    With `since` a source that is asked gives every missing slot from then on. Raises
    `SourceUnavailable` where the endpoint cannot be listed or asked.
    """
    # Two collections may share an endpoint, and their DAGs ask it in the same second.
    with endpoint_lock(home, endpoint):
        try:
            landed = _collect(home, endpoint, registry, since)
        except DiskFault:
            # It is ours, and says nothing about the source.
            raise
        except Exception as error:
            if not isinstance(error, SitrepError):
                raise_disk_fault(error)
            note_not_reached(home, endpoint, error)
            raise
        note_reached(home, endpoint)
        return landed


def endpoint_lock(
    home: Path, endpoint: str, wait: float | None = None
) -> AbstractContextManager[None]:
    """The lock of who asks the endpoint; raises `SourceUnavailable` where another keeps it."""
    name = f"collect-{endpoint_name(endpoint)}"
    return held_lock(home, name, SourceUnavailable, f"The source {endpoint}", wait)


def _collect(home: Path, endpoint: str, registry: Registry, since: datetime | None) -> int:
    """What is new at each kind of source there has landed; one that fails leaves the others."""
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
