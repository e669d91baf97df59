"""Proves that nothing is left of files that were refused for patient data, and removes what is.

Every path drops the copies that it knows of. A copy that came to stand somewhere by a way that
nobody thought of is found here by its hash: in landing, for whatever feed, and at every source.
"""

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

from pipelines.landing.landing import Landing
from pipelines.registry.registry import Registry
from pipelines.withheld.drop import drop_copies

ABANDONED_SECONDS = 3600
"""A landing that is killed leaves hidden files; one that goes on takes seconds."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    at_sources: int
    in_landing: int
    abandoned: int
    """Hidden files of a landing that was killed; they were never acknowledged."""


def sweep(landing: Landing, registry: Registry) -> Swept:
    """No copy is left of a content that was not kept; what there was is in the log."""
    started = time.time()
    withheld = landing.withheld()
    in_landing = sum(landing.objects.drop_withheld(one.sha256) for one in withheld)
    dropped = drop_copies(landing.home, registry, withheld)
    at_sources = dropped.number
    abandoned = landing.objects.drop_abandoned(started - ABANDONED_SECONDS)
    swept = Swept(at_sources, in_landing, abandoned)
    if in_landing or at_sources:
        logging.getLogger(__name__).error(
            "%d copies of files refused for patient data were found and removed: %d at sources, "
            "%d in landing",
            in_landing + at_sources,
            at_sources,
            in_landing,
        )
    # What stays for good was told when it was refused; looking again would find the same.
    if dropped.fault is None and withheld:
        _stamp(landing).touch()
        os.utime(_stamp(landing), (started, started))
    return swept


def sweep_if_refused(landing: Landing, registry: Registry) -> Swept | None:
    """Sweeps where something was refused since the last sweep; costs two looks at a folder else."""
    refused = _changed_at(landing.refused)
    if refused is None or refused < (_changed_at(_stamp(landing)) or 0.0):
        return None
    return sweep(landing, registry)


def _stamp(landing: Landing) -> Path:
    """A file that is as old as the last sweep."""
    return landing.inbox.with_name(".swept")


def _changed_at(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
