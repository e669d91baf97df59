"""A message of MESH, read whole or not at all.

mesh-client's own reader takes half of a packed message for the whole, leaves out what follows the
first part of a gzip, and cannot read one that was packed before it was split. Here the parts of a
message are one stream, strictly unpacked and bounded. `Mex-Content-Compressed` is not to be
trusted: only the encoding of the parts counts.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import requests

from pipelines.collect.mesh.mesh_calls import MailboxCalls
from pipelines.collect.mesh.mesh_faults import MeshTryAgain, MessageGone
from pipelines.collect.unpacking import BodyUnpacker, BrokenBody, OddEncoding, TooMuch

_PIECE_BYTES = 256 * 1024
_MOST_PARTS = 1000
"""Of one message; MESH's parts have up to 100 MB, and a file that is taken has less."""
_MOST_SECONDS = 300.0
"""Of one message, however slowly it drips: the largest that is taken comes in two minutes at 5
Mbit/s."""


@dataclass(frozen=True, slots=True)
class MeshMessage:
    """A message, as its headers tell it, with its content where that was read."""

    message_id: str
    name: str
    sender: str
    """The mailbox that it came from; empty for a report, which MESH makes itself."""
    workflow_id: str
    is_report: bool
    told: str
    """What a report says."""
    parts: int = 1
    size: int = 0
    """Bytes, unpacked; as far as it was read or told, where it is too large."""
    content: bytes = b""
    why_not: str = ""
    """Why its content cannot be taken as it stands."""


def read_message(calls: MailboxCalls, message_id: str, most_bytes: int) -> MeshMessage:
    """The message, with more than `most_bytes` as its size where it is too large to be read.

    Raises `MessageGone`, `CallBroken` where it cannot be had whole, and what `calls` raise.
    """
    return calls.attempt(lambda: _read_once(calls, message_id, most_bytes), _MOST_SECONDS)


def look_at(calls: MailboxCalls, message_id: str) -> MeshMessage:
    """The message without its content; its size is that of its first part, as it is packed."""

    def look_once() -> MeshMessage:
        with calls.part(message_id, 1) as first:
            return replace(_described(message_id, first.headers), size=_length(first))

    return calls.attempt(look_once)


def _read_once(calls: MailboxCalls, message_id: str, most_bytes: int) -> MeshMessage:
    with calls.part(message_id, 1) as first:
        message = _described(message_id, first.headers)
        if message.is_report:
            return message
        if message.parts > _MOST_PARTS:
            return replace(message, why_not=f"has {message.parts:,} parts; up to {_MOST_PARTS:,} "
                           "are taken")  # fmt: skip
        encoding = _encoding(first)
        packed = _length(first)
        try:
            unpacker = BodyUnpacker([encoding], most_bytes)
            _take(first, unpacker)
            for number in range(2, message.parts + 1):
                with _later_part(calls, message, number) as part:
                    packed += _length(part)
                    if _encoding(part) != encoding:
                        raise BrokenBody("its parts are packed in different ways")
                    _take(part, unpacker)
            content = unpacker.finish()
        except OddEncoding as error:
            return replace(message, why_not=f"is packed as '{error}'; gzip is taken")
        except TooMuch:
            return replace(message, size=max(packed, most_bytes + 1))
        except BrokenBody as error:
            raise MeshTryAgain(f"gives only a part of it: {error}", is_torn=True) from None
    return replace(message, content=content, size=len(content))


@contextmanager
def _later_part(
    calls: MailboxCalls, message: MeshMessage, number: int
) -> Iterator[requests.Response]:
    try:
        with calls.part(message.message_id, number) as part:
            yield part
    except MessageGone:
        raise BrokenBody(f"part {number} of {message.parts} is missing") from None


def _take(part: requests.Response, unpacker: BodyUnpacker) -> None:
    # Headers that were cut off are taken for all of them, and no body for a whole one.
    is_chunked = part.headers.get("Transfer-Encoding", "").lower() == "chunked"
    if not is_chunked and not part.headers.get("Content-Length", "").isdigit():
        raise BrokenBody("its headers end too early")
    taken = 0
    for piece in _pieces(part):
        taken += len(piece)
        unpacker.feed(piece)
    if taken < _length(part):
        raise BrokenBody("it ends too early")


def _pieces(part: requests.Response) -> Iterator[bytes]:
    """The body as it comes, still packed; each as soon as it is there."""
    while piece := part.raw.read1(_PIECE_BYTES, decode_content=False):
        yield piece


def _described(message_id: str, headers: Mapping[str, str]) -> MeshMessage:
    _, _, total = headers.get("Mex-Chunk-Range", "1:1").partition(":")
    told = total.strip()
    return MeshMessage(
        message_id,
        name=_text(headers, "Mex-FileName") or f"{message_id}.dat",
        sender=_text(headers, "Mex-From").upper(),
        workflow_id=_text(headers, "Mex-WorkflowID"),
        is_report=_text(headers, "Mex-MessageType").upper() == "REPORT",
        told=_report(headers),
        parts=max(1, int(told)) if told.isascii() and told.isdigit() else 1,
    )


def _report(headers: Mapping[str, str]) -> str:
    """What the headers of a report say, as one text."""
    words = {
        "Mex-StatusCode": "code",
        "Mex-StatusEvent": "event",
        "Mex-StatusDescription": "",
        "Mex-LinkedMsgID": "message",
        "Mex-Subject": "subject",
        "Mex-LocalID": "local id",
        "Mex-FileName": "file",
        "Mex-WorkflowID": "workflow",
    }
    said = [(word, _text(headers, header)) for header, word in words.items()]
    return ", ".join(f"{word} {text}".strip() for word, text in said if text)


def _text(headers: Mapping[str, str], name: str) -> str:
    """A header as its sender meant it: UTF-8 where it is that, else Latin-1."""
    told = headers.get(name, "")
    try:
        return told.encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        return told.strip()


def _encoding(part: requests.Response) -> str:
    return part.headers.get("Content-Encoding", "")


def _length(part: requests.Response) -> int:
    told = part.headers.get("Content-Length", "")
    return int(told) if told.isascii() and told.isdigit() else 0
