"""Patient data goes at its sources too, at whichever of them a copy stands."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.collect.collected_source import CollectedSource, CopiesStay, all_sources, sources_at
from pipelines.findings.finding import finding
from pipelines.landing.landing import Manifest
from pipelines.parse.submission import Submission
from pipelines.registry.registry import Registry

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of copies at the sources."""

    number: int
    """Copies that were removed."""
    fault: Exception | None = None
    """Why one could not be removed just now."""
    staying: Mapping[str, str] = field(default_factory=dict)
    """Delivery → why its copy stays for good, as its source can only be read."""


def drop_at_source(home: Path, registry: Registry, refused: Sequence[Submission]) -> None:
    """No source keeps a copy of the submissions' files, whether they came from there or not.

    Where one cannot be removed, the submission's answer says so.
    """
    dropped = drop_copies(home, registry, [one.manifest for one in refused])
    fault = dropped.fault
    told = ""
    if fault is not None:
        told = f"{type(fault).__name__}: {getattr(fault, 'strerror', None) or 'see the log'}"
    for submission in refused:
        if why := told or dropped.staying.get(submission.manifest.delivery_id):
            submission.findings.append(finding("FILE-017", value=why))


def drop_copies(home: Path, registry: Registry, manifests: Sequence[Manifest]) -> Dropped:
    """Copies of the deliveries are removed at all sources, as far as they can be.

    The log says which cannot.
    """
    number, fault = 0, None
    staying: dict[str, str] = {}
    for source in _sources_of(registry, manifests) if manifests else ():
        try:
            number += source.drop_copies(home, manifests)
        except CopiesStay as error:
            staying |= dict.fromkeys(error.delivery_ids, str(error))
            _tell(sorted(error.delivery_ids), source.endpoint, str(error))
        except Exception as error:
            # A source that can only be read is told and keeps nobody waiting, unlike our own disk.
            _tell([one.delivery_id for one in manifests], source.endpoint, type(error).__name__)
            fault = error
    return Dropped(number, fault, staying)


def _tell(delivery_ids: Sequence[str], endpoint: str, why: str) -> None:
    shown = ", ".join(delivery_ids[:5])
    _log.error("copies of %s cannot be removed at %s: %s", shown, endpoint, why)


def _sources_of(registry: Registry, manifests: Sequence[Manifest]) -> list[CollectedSource]:
    """Those of the registry, and those that a delivery names and no feed does any more."""
    known = {feed.source.endpoint for feed in registry.feeds.values()}
    named = dict.fromkeys(one.source.rpartition("/")[0] for one in manifests)
    others = [endpoint for endpoint in named if endpoint and endpoint not in known]
    return [
        *all_sources(registry),
        *(source for endpoint in others for source in sources_at(registry, endpoint)),
    ]
