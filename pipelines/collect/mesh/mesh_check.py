"""A mailbox of MESH tried step by step: what is wrong with its connection or its feeds."""

import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pipelines.base.connections import find_connection
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.outgoing import one_line
from pipelines.base.settings import settings
from pipelines.collect.checks import SourceCheck, Step
from pipelines.collect.listed_files import Listed
from pipelines.collect.mesh.mailbox_poll import as_listed
from pipelines.collect.mesh.mailbox_state import MailboxNotes
from pipelines.collect.mesh.mesh_calls import MailboxCalls
from pipelines.collect.mesh.mesh_faults import MessageGone
from pipelines.collect.mesh.mesh_messages import MeshMessage, look_at, read_message
from pipelines.registry.feed import Feed
from pipelines.registry.registry import load_registry

_MOST_LOOKED_AT = 50
"""Messages whose headers are read by one try."""
_MOST_TOLD = 5
_REPORTS_TOLD = 3


class MailboxOfFeeds(Protocol):
    """What a check needs of a source of MESH."""

    @property
    def connection(self) -> str:
        """The name of its connection."""

    @property
    def endpoint(self) -> str:
        """Where it is."""

    @property
    def sender(self) -> str:
        """The mailbox that gets the answers."""

    @property
    def answers(self) -> str | None:
        """The workflow id of answers."""

    def expects(self, feed: Feed, file: Listed) -> bool:
        """Whether the message is one of the feed's."""


def check_mailbox(home: Path, source: MailboxOfFeeds) -> Iterator[SourceCheck]:
    """Connection, name, connect, sign in, list, read one, answer; ends after one that fails."""
    try:
        calls = MailboxCalls(find_connection(source.connection))
    except ConfigurationError as error:
        yield SourceCheck(Step.CONNECTION, False, str(error))
        return
    with calls:
        mailbox_id = calls.connection.login
        yield SourceCheck(
            Step.CONNECTION, True, f"mailbox '{one_line(mailbox_id)}' at {calls.address}"
        )
        step = Step.NAME
        try:
            yield SourceCheck(step, True, _addresses(calls.address))
            step = Step.CONNECT
            calls.ping()
            yield SourceCheck(step, True, "MESH answers")
            step = Step.SIGN_IN
            calls.sign_in()
            yield SourceCheck(step, True, "MESH lets the mailbox in")
            step = Step.LIST
            ids = calls.message_ids()
            messages = _looked_at(calls, ids)
            listed = _judge_list(home, source, ids, messages)
            yield listed
            if not listed.is_fine:
                return
            step = Step.READ
            yield from _read_one(calls, messages)
        except MessageGone:
            # Another process was faster.
            yield SourceCheck(step, True, "the message that was to be read is gone by now")
        except SourceUnavailable as error:
            yield SourceCheck(step, False, str(error))
            return
        if source.answers is not None:
            told = (
                f"answers go to mailbox '{source.sender}' with workflow id '{source.answers}'; "
                "MESH says only when one is sent whether it takes it"
            )
            yield SourceCheck(Step.ANSWER, True, told)


def _addresses(address: str) -> str:
    host = urlsplit(address).hostname or ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise SourceUnavailable(
            f"The name '{host}' has no address. Check the host of the connection, and this "
            "machine's name service."
        ) from None
    return f"{host} is {', '.join(sorted({str(one[4][0]) for one in found})[:_MOST_TOLD])}"


def _looked_at(calls: MailboxCalls, ids: Sequence[str]) -> list[MeshMessage]:
    messages = []
    for message_id in islice(ids, _MOST_LOOKED_AT):
        try:
            messages.append(look_at(calls, message_id))
        except MessageGone:
            continue
    return messages


def _judge_list(
    home: Path, source: MailboxOfFeeds, ids: Sequence[str], messages: Sequence[MeshMessage]
) -> SourceCheck:
    """What waits, and whether a feed expects it."""
    feeds = load_registry().feeds_at(source.endpoint)
    unexpected = Counter(
        (one.workflow_id, one.sender)
        for one in messages
        if not one.is_report and not any(source.expects(feed, as_listed(one)) for feed in feeds)
    )
    told = f"messages that wait: {len(ids):,}"
    if reports := MailboxNotes(home, source.endpoint).read().reports:
        last = "; ".join(one.told for one in reports[-_REPORTS_TOLD:])
        told += f". MESH has reported {len(reports)} messages that did not arrive, last: {last}"
    if not unexpected:
        return SourceCheck(Step.LIST, True, told)
    named = "; ".join(
        f"{count} of workflow id '{one_line(workflow_id)}' from mailbox '{one_line(sender)}'"
        for (workflow_id, sender), count in unexpected.most_common(_MOST_TOLD)
    )
    return SourceCheck(
        Step.LIST,
        False,
        f"{told}. No feed expects {named}. Check `workflow_id`, `sender` and `pattern` in the "
        "feeds' files; as it is, they are landed as unmatched.",
    )


def _read_one(calls: MailboxCalls, messages: Sequence[MeshMessage]) -> Iterator[SourceCheck]:
    one = next((message for message in messages if not message.is_report), None)
    if one is None:
        return
    found = read_message(calls, one.message_id, settings().max_file_bytes)
    name = one_line(found.name)
    if found.why_not:
        yield SourceCheck(Step.READ, False, f"'{name}' {found.why_not}")
    elif found.size > settings().max_file_bytes:
        yield SourceCheck(Step.READ, True, f"'{name}' is too large and will be refused")
    else:
        yield SourceCheck(Step.READ, True, f"'{name}': {found.size:,} bytes")
