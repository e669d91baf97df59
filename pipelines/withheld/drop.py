"""Patient data goes at its sources too, at whichever of them a copy stands."""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipelines.collect.collected_source import CollectedSource, all_sources, sources_at
from pipelines.findings.finding import finding
from pipelines.landing.landing import Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.registry import Registry

_log = logging.getLogger(__name__)


def drop_at_source(home: Path, registry: Registry, refused: Sequence[Submission]) -> None:
    """No source keeps a copy of the submissions' files, whether they came from there or not.

    Where one cannot be removed, the submission's answer says so.
    """
    _, fault = drop_copies(home, registry, [one.manifest for one in refused])
    if fault is None:
        return
    told = f"{type(fault).__name__}: {getattr(fault, 'strerror', None) or 'see the log'}"
    for submission in refused:
        submission.findings.append(finding("FILE-017", value=told))


def drop_copies(
    home: Path, registry: Registry, manifests: Sequence[Manifest]
) -> tuple[int, Exception | None]:
    """How many copies of the deliveries were removed at all sources, and why one could not be.

    The log says which.
    """
    dropped, fault = 0, None
    for source in _sources_of(registry, manifests) if manifests else ():
        try:
            dropped += source.drop_copies(home, manifests)
        except Exception as error:
            # A source that can only be read is told and keeps nobody waiting, unlike our own disk.
            _log.error(
                "copies of %s cannot be removed at %s: %s",
                ", ".join(one.delivery_id for one in manifests[:5]),
                source.endpoint,
                type(error).__name__,
            )
            fault = error
    return dropped, fault


def _sources_of(registry: Registry, manifests: Sequence[Manifest]) -> list[CollectedSource]:
    """Those of the registry, and those that a delivery names and no feed does any more."""
    known = {feed.source.endpoint for feed in registry.feeds.values()}
    named = dict.fromkeys(one.source.rpartition("/")[0] for one in manifests)
    others = [endpoint for endpoint in named if endpoint and endpoint not in known]
    return [
        *all_sources(registry),
        *(source for endpoint in others for source in sources_at(registry, endpoint)),
    ]
