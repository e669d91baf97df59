"""What was refused at the endpoint of push, a line each, for people and for the watch.

push/refused.jsonl   the newest lines; older ones go when the file has grown too long
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from pipelines.base.errors import Retryable
from pipelines.base.locks import held_lock
from pipelines.base.state.documents import (
    append_lines,
    kept_state,
    make_way_for,
    read_document,
    write_document,
)
from pipelines.tokens.push_token import Instant

_MOST_BYTES = 2_000_000
"""Some 8,000 lines; half of them go when there are more."""
_LOCK_SECONDS = 5.0


class Why(StrEnum):
    """What was wrong."""

    OTHER_FEED = "other_feed"
    """The token may not send for that feed."""
    HOSTILE_NAME = "hostile_name"
    WRONG_NAME = "wrong_name"
    """The feed expects no file of that name."""
    NO_TOKEN = "no_usable_token"
    """A token was shown that is not known, has ended or was revoked."""


class RefusedPost(msgspec.Struct, frozen=True):
    """Something that was refused."""

    at: Instant
    why: Why
    address: str
    token_id: str = ""
    """Of a token that is ours; else empty."""
    feed: str = ""
    """The feed that was asked for, as far as it was."""
    name: str = ""
    """The file's name, as it may be shown."""


class RefusalsBusy(Retryable):
    """Another process writes down a refusal just now."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(RefusedPost).decode


def note_refusal(home: Path, refusal: RefusedPost) -> None:
    """The refusal is written down, durable; the oldest go where there are too many."""
    path = _path(home)
    with held_lock(home, "push-refused", RefusalsBusy, "The file of refusals", _LOCK_SECONDS):
        make_way_for(home, path, "Refusals are in a new file of that name.")
        append_lines(home, {path: _encode(refusal)})
        if len(content := kept_state(home).read(path)) > _MOST_BYTES:
            lines = content.splitlines(keepends=True)
            write_document(home, path, b"".join(lines[len(lines) // 2 :]))


def read_refusals(home: Path, since: datetime) -> list[RefusedPost]:
    """What was refused since then, the oldest first; lines that are damaged are left out."""
    then = "Older refusals are not told any more."
    content = read_document(home, _path(home), bytes, b"", then)
    return [one for one in _read_lines(content) if one.at >= since]


def _read_lines(content: bytes) -> Iterator[RefusedPost]:
    for line in content.splitlines():
        try:
            yield _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue


def _path(home: Path) -> Path:
    return home / "push" / "refused.jsonl"
