"""What is known of a mailbox of MESH between polls: when it was polled last, and what MESH said.

mailboxes/<endpoint>.json   one for each endpoint
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from pipelines.base.endpoint_names import endpoint_name
from pipelines.base.state.documents import read_document, write_document

FOLDER = "mailboxes"
_MOST_REPORTS = 500
"""The newest ones are kept; MESH makes one for each message that nobody collected in 5 days."""


class MailboxReport(msgspec.Struct, frozen=True):
    """A report of MESH about a message that was sent from the mailbox."""

    message_id: str
    """Of the report."""
    noted_at: datetime
    told: str


class MailboxState(msgspec.Struct, frozen=True):
    """What is kept of one mailbox."""

    endpoint: str
    polled_at: datetime | None = None
    """When the last poll began that came to its end."""
    reports: tuple[MailboxReport, ...] = ()


_decode = msgspec.json.Decoder(MailboxState).decode


class MailboxNotes:
    """The state of one mailbox; every change is on durable storage when its call ends."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self._home = home
        self._endpoint = endpoint
        name = endpoint_name(endpoint)
        self._path = home / FOLDER / f"{name}.json"

    def read(self) -> MailboxState:
        """What is known; nothing where it was never polled."""
        nothing = MailboxState(self._endpoint)
        return read_document(self._home, self._path, _decode, nothing, "The mailbox is polled now.")

    def is_too_early(self, moment: datetime, minutes: float) -> bool:
        """Whether the last poll is less than so many minutes ago.

        One that is ahead of the clock was told by a wrong clock, and holds up nobody.
        """
        polled_at = self.read().polled_at
        if polled_at is None:
            return False
        return timedelta(0) <= moment - polled_at < timedelta(minutes=minutes)

    def note_poll(self, began_at: datetime) -> None:
        """A poll that began then has come to its end."""
        self._write(msgspec.structs.replace(self.read(), polled_at=began_at))

    def note_reports(self, reports: Sequence[MailboxReport]) -> list[MailboxReport]:
        """The reports are kept; those of them that are new."""
        state = self.read()
        known = {one.message_id for one in state.reports}
        new = [one for one in reports if one.message_id not in known]
        if new:
            kept = (*state.reports, *new)[-_MOST_REPORTS:]
            self._write(msgspec.structs.replace(state, reports=kept))
        return new

    def _write(self, state: MailboxState) -> None:
        write_document(self._home, self._path, msgspec.json.encode(state))
