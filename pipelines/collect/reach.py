"""When each endpoint was last collected from, and why it could not be: for people, not for the run.

    reach/<endpoint>.json   one endpoint; written when its state changes, else every ten minutes

A tick pays a read for each endpoint and now and then a write. `sitrep sources` and `sitrep status`
show it.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from pipelines.base.clock import now
from pipelines.base.endpoint_names import endpoint_name
from pipelines.base.errors import DiskFault, StateUnavailable
from pipelines.base.outgoing import one_line
from pipelines.base.secrets import masked
from pipelines.base.state.documents import read_document, write_document

FOLDER = "reach"
_WRITE_AFTER = timedelta(minutes=10)
"""A tick of every minute would else write every minute what nobody reads."""
_MOST_SIGNS = 600


class Reach(msgspec.Struct, frozen=True):
    """How an endpoint was reached last."""

    endpoint: str
    succeeded_at: datetime | None = None
    """When all that was there had been collected; the last ten minutes may be lacking."""
    failed_at: datetime | None = None
    failing_since: datetime | None = None
    """The first failure after which nothing succeeded; None where it can be reached."""
    why: str = ""
    """Why it failed last."""


_decode = msgspec.json.Decoder(Reach).decode


def reach_of(home: Path, endpoint: str) -> Reach:
    """How the endpoint was reached last; never, where nobody tried."""
    nothing = Reach(endpoint)
    return read_document(
        home, _path(home, endpoint), _decode, nothing, "The next run notes it anew."
    )


def note_reached(home: Path, endpoint: str) -> None:
    """The endpoint has been collected from now."""
    before, moment = reach_of(home, endpoint), now()
    is_news = before.succeeded_at is None or before.failing_since is not None
    if is_news or not _is_young(before.succeeded_at, moment):
        after = msgspec.structs.replace(before, succeeded_at=moment, failing_since=None)
        _write(home, after)


def note_not_reached(home: Path, endpoint: str, error: BaseException) -> None:
    """The endpoint could not be collected from now, and why; secrets are masked."""
    before, moment = reach_of(home, endpoint), now()
    why = one_line(masked(str(error) or type(error).__name__), _MOST_SIGNS)
    is_news = before.failing_since is None or before.why != why
    if is_news or not _is_young(before.failed_at, moment):
        since = before.failing_since or moment
        after = msgspec.structs.replace(before, failed_at=moment, failing_since=since, why=why)
        _write(home, after)


def _is_young(at: datetime | None, moment: datetime) -> bool:
    return at is not None and timedelta(0) <= moment - at < _WRITE_AFTER


def _write(home: Path, after: Reach) -> None:
    """The note is on the disk; that it is not costs no collection anything."""
    try:
        write_document(home, _path(home, after.endpoint), msgspec.json.encode(after))
    except (OSError, DiskFault, StateUnavailable) as error:
        logging.getLogger(__name__).warning("%s: not noted (%s)", after.endpoint, error)


def _path(home: Path, endpoint: str) -> Path:
    return home / FOLDER / f"{endpoint_name(endpoint)}.json"
