"""What an address gave last, so that only what is new is landed.

    asking/<feed>.last.json   validators and hashes by address, written after landing is durable

Before something is landed it is noted what: where a process dies between landing and remembering,
the next run finds in the inbox or the ledger that it has landed.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.base.state.documents import read_document, write_document


class LastPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page as it was given last."""

    sha256: str
    etag: str = ""
    last_modified: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for it only if it is another now, with the server's own values."""
        known = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in known.items() if value}


class BegunLanding(msgspec.Struct, frozen=True):
    """What is about to be landed."""

    begun_at: datetime
    hashes: list[str]


class LastAnswers(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a feed's addresses gave last."""

    pages: dict[str, dict[str, LastPage]] = {}
    """By the address, then by the page's own."""
    since: datetime | None = None
    """When the last run began that got all."""
    landing: BegunLanding | None = None


def read_last_answers(home: Path, feed_id: str) -> LastAnswers:
    """What is remembered; nothing where nothing is."""
    then = f"What {feed_id} gave last is landed again, and is answered as a duplicate."
    return read_document(home, _path(home, feed_id), _decode, LastAnswers(), then)


def write_last_answers(home: Path, feed_id: str, answers: LastAnswers) -> None:
    """It is remembered, on durable storage."""
    write_document(home, _path(home, feed_id), msgspec.json.encode(answers))


def _path(home: Path, feed_id: str) -> Path:
    return home / "asking" / f"{feed_id}.last.json"


_decode = msgspec.json.Decoder(LastAnswers).decode
