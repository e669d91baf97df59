"""Files that were refused for patient data: each is told, and never with what it holds.

The answer goes to the provider; the information governance lead has to hear of it too. Each file is
an incident of its own, so that a second one is told although the first is still a finding.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.findings.not_kept import PATIENT_DATA_CODES
from pipelines.watch.monitor import TOLD_FOR, AcrossCollections
from pipelines.watch.scene import Scene
from pipelines.watch.sql_words import time_literal
from pipelines.watch.watch_finding import WatchFinding, WatchKind, watch_finding
from warehouse.store import literals
from warehouse.store.sql import render
from warehouse.store.stored_time import from_stored

PATIENT_DATA = WatchKind(
    "WATCH-007",
    "A file with patient data was refused",
    urgency=10,
    fix=(
        "Tell the information governance lead, and ask the provider to correct its export. If it "
        "goes on, set the feed's stage to suspended, so that no more files are taken."
    ),
    no_help="Sending the file again, or reprocessing: its content was not kept.",
    end_is_news=False,
)

_COPY_STAYS = (
    " A copy still stands at its source and could not be removed (FILE-017): have the source's "
    "owner remove it."
)


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A submission that was refused for patient data."""

    feed_id: str
    collection: str
    submission_id: str
    received_at: datetime
    code: str
    copy_stays: bool = False
    """A copy stands at its source and could not be removed."""


def find_patient_data(files: Iterable[RefusedFile]) -> list[WatchFinding]:
    """A finding for each file; neither its name nor anything of its content stands in it."""
    return [
        watch_finding(
            PATIENT_DATA,
            one.collection,
            one.feed_id,
            one.submission_id,
            one.received_at,
            f"A file was refused as a whole ({one.code}) and not kept: {one.submission_id}."
            + (_COPY_STAYS if one.copy_stays else ""),
        )
        for one in sorted(files, key=lambda file: (file.received_at, file.submission_id))
    ]


def _look(scene: Scene) -> list[WatchFinding]:
    sql = render(
        Path(__file__).parent,
        "refused_patient_data",
        codes=literals.texts(PATIENT_DATA_CODES),
        since=time_literal(scene.moment - TOLD_FOR),
    )
    rows = scene.connection.execute(sql).fetchall()
    return find_patient_data(
        RefusedFile(feed_id, collection, submission_id, from_stored(received_at), code, stays)
        for feed_id, collection, submission_id, received_at, code, stays in rows
    )


MONITOR = AcrossCollections((PATIENT_DATA,), _look)
