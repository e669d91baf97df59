"""Remembers a publication that was refused because it had shrunk, until one is made again.

    publications/refused.json     when, and which tables lost how many rows

The note stands beside the publications and not in the warehouse, which may be what is lost. The
watch reads it (`pipelines/watch/monitors/publication_shrank.py`).
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.base.state.documents import kept_state, remove_document, write_document
from warehouse.publish.shrinkage import Loss


class RefusedPublication(msgspec.Struct, frozen=True):
    """Since when publications are refused, and what the last one would have lost."""

    since: datetime
    losses: tuple[Loss, ...]


def note_refused(home: Path, moment: datetime, losses: Sequence[Loss]) -> None:
    """The note names these losses, and the moment of the first of the refusals in a row."""
    earlier = read_refused(home)
    refused = RefusedPublication(earlier.since if earlier else moment, tuple(losses))
    write_document(home, _path(home), msgspec.json.format(msgspec.json.encode(refused), indent=1))


def forget_refused(home: Path) -> None:
    """There is no note: the last publication was not refused."""
    remove_document(home, _path(home))


def read_refused(home: Path) -> RefusedPublication | None:
    """What the note says; None without one, or where it cannot be read."""
    try:
        return msgspec.json.decode(kept_state(home).read(_path(home)), type=RefusedPublication)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        logging.getLogger(__name__).exception("%s cannot be read", _path(home))
        return None


def _path(home: Path) -> Path:
    return home / "publications" / "refused.json"
