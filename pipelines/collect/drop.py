"""Patient data goes at its source too."""

from pathlib import Path

from pipelines.collect.collected_source import sources_at
from pipelines.landing.landing import Manifest
from pipelines.registry.registry import Registry


def drop_at_source(home: Path, registry: Registry, manifest: Manifest) -> None:
    """The source that the delivery came from keeps no copy of it."""
    endpoint = manifest.source.rpartition("/")[0]
    for source in sources_at(registry, endpoint):
        source.drop_copies(home, manifest)
