"""Files that were refused for patient data: told of each time, and never with what they hold.

The answer goes to the provider; the information governance lead has to hear of it too. Each file is
an incident of its own, so that a second one is told of although the first is a finding still.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipelines.watch.kinds import PATIENT_DATA
from pipelines.watch.watch_finding import WatchFinding, watch_finding


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A submission that was refused for patient data."""

    feed_id: str
    collection: str
    submission_id: str
    received_at: datetime
    code: str


def find_patient_data(files: Iterable[RefusedFile]) -> list[WatchFinding]:
    """A finding for each file; neither its name nor anything of its content stands in it."""
    return [
        watch_finding(
            PATIENT_DATA,
            one.collection,
            one.feed_id,
            one.submission_id,
            one.received_at,
            f"A file was refused as a whole ({one.code}) and not kept: {one.submission_id}.",
        )
        for one in sorted(files, key=lambda file: (file.received_at, file.submission_id))
    ]
