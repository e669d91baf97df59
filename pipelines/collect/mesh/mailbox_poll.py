"""One poll of a mailbox: its messages are read, landed and acknowledged, part by part.

A message is acknowledged, and gone from the mailbox, only when its bytes are durable in landing.
What has landed and could not be acknowledged is remembered, and not landed again.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.base.clock import now
from pipelines.base.errors import SourceUnavailable
from pipelines.base.kill_points import reached
from pipelines.base.outgoing import one_line
from pipelines.base.settings import settings
from pipelines.collect.listed_files import Fetched, Listed, Unread
from pipelines.collect.mesh.mailbox_state import MailboxNotes, MailboxReport
from pipelines.collect.mesh.mesh_calls import MailboxCalls
from pipelines.collect.mesh.mesh_faults import CallBroken, MessageGone
from pipelines.collect.mesh.mesh_messages import MeshMessage, look_at, read_message
from pipelines.collect.taken import taken_memory
from pipelines.collect.taken_files import TakenFile
from pipelines.collect.taking import Taking
from pipelines.landing.landing import Manifest
from pipelines.registry.feed import Feed

_AT_ONCE = 500
_BYTES_AT_ONCE = 128 * 1024 * 1024
"""Messages that are held in memory and landed together; the next one may come on top."""
_MOST_BROKEN_IN_A_ROW = 3
"""After so many calls that fail, one after the other, the source itself is tried."""
_MOST_BROKEN = 20
"""So many in a row are its fault, whatever it says: each may have cost minutes."""
_log = logging.getLogger(__name__)


class OpenMailbox:
    """A mailbox that is polled: a store whose messages were read as they were listed."""

    def __init__(
        self,
        home: Path,
        endpoint: str,
        calls: MailboxCalls,
        expects: Callable[[Feed, Listed], bool] = lambda feed, file: False,
    ) -> None:
        self.endpoint = endpoint
        self._home = home
        self._calls = calls
        self._expects = expects
        self._memory = taken_memory(home, endpoint)
        self._contents: dict[str, bytes] = {}
        self._reports: list[MeshMessage] = []
        self._broken = 0

    def listed(self) -> list[Listed]:
        """The messages that wait and have not landed, without their contents; reports are none."""
        taken = self._memory.taken()
        waiting = [one for one in self._calls.message_ids() if not _is_done(taken.get(one))]
        messages = (self._look_at(one) for one in waiting)
        return [as_listed(one) for one in messages if one is not None and not one.is_report]

    def parts(self) -> Iterator[list[Listed]]:
        """The messages that wait, read, so many at a time as are held in memory.

        Reports are noted; what has landed before is acknowledged. Raises `SourceUnavailable`.
        """
        ids = self._calls.message_ids()
        self._memory.remember_listing(ids, {})
        taken = self._memory.taken()
        self._acknowledge([one for one in ids if _is_done(taken.get(one))])
        part: list[Listed] = []
        size = 0
        for message_id in (one for one in ids if not _is_done(taken.get(one))):
            message = self._read(message_id)
            if message is None:
                continue
            if message.is_report:
                self._reports.append(message)
                continue
            known = taken.get(message_id)
            listed = as_listed(message)
            part.append(replace(listed, taken_by=known.taken_by) if known else listed)
            self._contents[message_id] = message.content
            size += len(message.content)
            if len(part) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
                yield part
                self._contents.clear()
                part, size = [], 0
        yield part
        self._note_reports()

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched]:
        """The messages of this part with their contents."""
        return (Fetched(file, self._contents[file.key]) for file in files)

    def fetch(self, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """The messages, read one by one; those that are gone, and reports, are left out."""
        for file in files:
            message = self._read(file.key)
            if message is None or message.is_report:
                continue
            most = settings().max_file_bytes
            too_large = f"has more than {most:,} bytes" if message.size > most else ""
            if why := message.why_not or too_large:
                yield Unread(file, why)
            else:
                yield Fetched(file, message.content)

    def expects(self, feed: Feed, file: Listed) -> bool:
        """Whether the message is one of the feed's."""
        return self._expects(feed, file)

    def done_all(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        """The messages have landed; those that cannot be acknowledged are by the next poll."""
        if files:
            self._memory.note(files, is_done=True)
            reached("collect: marked")
            self._acknowledge([file.key for file in files])
        return {}

    def refuse(self, home: Path, file: Listed) -> None:
        """The message was refused unread and answered."""
        self.done_all(home, [file])

    def hold(self, home: Path, file: Fetched, taken_by: Sequence[str]) -> None:
        """The message has landed for these feeds, and stays in the mailbox for others to come."""
        self._memory.note([file.file], is_done=False, taken_by=taken_by)

    def drop(self, home: Path, file: Listed) -> None:
        """The mailbox has the message no more; raises `OSError` where it cannot be told so."""
        self._memory.note([file], is_done=True)
        if why := self._acknowledge([file.key]):
            raise OSError(why)

    def drop_copies(self, home: Path, manifests: Sequence[Manifest]) -> int:
        """The mailbox has no message with the deliveries' bytes; the number of those it had.

        Those that were acknowledged are gone already. Raises `SourceUnavailable`.
        """
        hashes = {one.sha256 for one in manifests}
        taken = self._memory.taken()
        copies = [key for key, one in taken.items() if one.version.partition("-")[0] in hashes]
        if why := self._acknowledge(copies):
            raise SourceUnavailable(why)
        return len(copies)

    def _acknowledge(self, message_ids: Sequence[str]) -> str:
        """The messages are gone from the mailbox and forgotten; why one is not.

        Where the mailbox is not reached any more, the others are not tried.
        """
        gone: list[str] = []
        why, broken = "", 0
        for message_id in message_ids:
            try:
                self._calls.acknowledge(message_id)
            except MessageGone:
                pass
            except SourceUnavailable as error:
                why, broken = str(error), broken + 1
                self._tell_unacknowledged(message_id, why)
                if not isinstance(error, CallBroken) or broken >= _MOST_BROKEN_IN_A_ROW:
                    break
                continue
            broken = 0
            gone.append(message_id)
        self._memory.forget(gone)
        return why

    def _tell_unacknowledged(self, message_id: str, why: str) -> None:
        _log.warning(
            "%s: message %s has landed and could not be acknowledged; the next poll tries again. "
            "It is not landed again. %s",
            self.endpoint,
            one_line(message_id),
            why,
        )

    def _read(self, message_id: str) -> MeshMessage | None:
        """The message; None where it is gone. One that cannot be had whole says why not."""
        try:
            message = read_message(self._calls, message_id, settings().max_file_bytes)
        except MessageGone:
            return None
        except CallBroken as error:
            self._count_broken(error)
            why = f"cannot be read whole ({error.why}); it stays in the mailbox for 5 days at most"
            return replace(self._known_of(message_id), why_not=why)
        self._broken = 0
        return message

    def _count_broken(self, error: CallBroken) -> None:
        """Raises where the source is at fault, and not a message or a few."""
        if error.is_torn:
            return
        self._broken += 1
        if self._broken >= _MOST_BROKEN:
            raise error
        if self._broken >= _MOST_BROKEN_IN_A_ROW:
            self._calls.sign_in()

    def _look_at(self, message_id: str) -> MeshMessage | None:
        try:
            return look_at(self._calls, message_id)
        except MessageGone:
            return None

    def _known_of(self, message_id: str) -> MeshMessage:
        try:
            if (found := self._look_at(message_id)) is not None:
                return found
        except CallBroken:
            pass
        return MeshMessage(message_id, f"{message_id}.dat", "", "", is_report=False, told="")

    def _note_reports(self) -> None:
        """What MESH reports is kept and told; only then the reports are acknowledged."""
        notes = MailboxNotes(self._home, self.endpoint)
        told = [
            MailboxReport(one.message_id, now(), one_line(one.told, 500)) for one in self._reports
        ]
        for report in notes.note_reports(told):
            _log.error(
                "%s: MESH reports of a message that was sent from this mailbox: %s. It has not "
                "come to whom it was for.",
                self.endpoint,
                report.told,
            )
        self._acknowledge([one.message_id for one in self._reports])
        self._reports.clear()


def is_due(home: Path, endpoint: str, minutes: float) -> bool:
    """Whether the mailbox may be polled now; one that may not is told in the log, and no error."""
    if MailboxNotes(home, endpoint).is_too_early(now(), minutes):
        _log.info("%s was polled less than %g minutes ago: it waits.", endpoint, minutes)
        return False
    return True


def take_all(home: Path, mailbox: OpenMailbox, feeds: Sequence[Feed], *, is_held: bool) -> int:
    """All messages have landed and are acknowledged; the number of deliveries.

    The poll counts, so that the next one waits, only when it has come to its end.
    """
    began_at = now()
    taking = Taking(mailbox, home, feeds, is_held=is_held)
    with taking.remembered():
        for part in mailbox.parts():
            for file in part:
                if not file.why_not and not any(mailbox.expects(feed, file) for feed in feeds):
                    _tell_unexpected(mailbox.endpoint, file)
            taking.take([*taking.to_read(part)])
    MailboxNotes(home, mailbox.endpoint).note_poll(began_at)
    return taking.landed


def _tell_unexpected(endpoint: str, file: Listed) -> None:
    sender, _, workflow_id = file.origin.partition(" ")
    _log.warning(
        "%s: no feed expects '%s' of workflow id '%s' from mailbox '%s'.",
        endpoint,
        one_line(file.name),
        one_line(workflow_id),
        one_line(sender),
    )


def as_listed(message: MeshMessage) -> Listed:
    """The message as a store lists it; its version begins with the hash of what was read."""
    digest = hashlib.sha256(message.content).hexdigest() if message.content else ""
    return Listed(
        message.message_id,
        message.name,
        message.size,
        version=f"{digest}-{message.message_id}",
        why_not=message.why_not,
        origin=origin_of(message.sender, message.workflow_id),
    )


def origin_of(sender: str, workflow_id: str) -> str:
    """Who sent a message and what it is, as one text."""
    return f"{sender} {workflow_id}"


def _is_done(known: TakenFile | None) -> bool:
    return known is not None and known.is_done
