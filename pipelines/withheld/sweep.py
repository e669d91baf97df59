"""Proves that nothing is left of files that were refused for patient data, and removes what is.

Every path drops the copies that it knows of. A copy that came to stand somewhere by a way that
nobody thought of is found here by its hash: in landing, for whatever feed, and at every source.
"""

import hashlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from pipelines.base.state.documents import kept_state, read_document, write_document
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
    started, seen = time.time(), _refused(landing)
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
        write_document(landing.home, _note(landing), seen)
    return swept


def sweep_if_refused(landing: Landing, registry: Registry) -> Swept | None:
    """Sweeps where something was refused since the last sweep; costs two looks else."""
    refused = _refused(landing)
    if not refused or refused == read_document(landing.home, _note(landing), bytes, b"", _THEN):
        return None
    return sweep(landing, registry)


_THEN = "The next run sweeps once more."


def _note(landing: Landing) -> Path:
    """What had been refused at the last sweep."""
    return landing.refused.with_name(".swept")


def _refused(landing: Landing) -> bytes:
    """What changes whenever a content is refused; empty where none ever was."""
    marks = kept_state(landing.home).stamps(landing.refused)
    told = repr(sorted((path.name, stamp) for path, stamp in marks.items()))
    return hashlib.sha256(told.encode()).hexdigest().encode() if marks else b""
