"""What became of posted submissions, from landing's manifests and the files of answers.

The warehouse is not opened: a load holds it for seconds, and nobody who asks shall wait for that.
An answer is written before its delivery leaves the inbox, so that each is in one of the two.
"""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pipelines.answer.answer import answer_files
from pipelines.base.state.documents import kept_state, list_documents
from pipelines.landing.chosen_queue import chosen_queue
from pipelines.landing.landing import Manifest
from pipelines.landing.served_landing import ServedLanding

RECEIVED = "received"
_DELIVERY = re.compile(r"(\d{8})T\d{12}-\d{6}[0-9a-f]{8}")
_HASH_LENGTH = 16
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.jsonl")
_SUBMISSION = re.compile(r"([0-9a-f]{16})(\.\d{8}T\d{12}-\d{6}[0-9a-f]{8})*")


class AnsweredLine(msgspec.Struct, frozen=True):
    """What a list tells of an answer."""

    submission_id: str
    status: str
    feed: str
    file_name: str
    size_bytes: int
    sha256: str
    received_at: datetime
    settled_at: datetime
    attempt: int


_decode_line = msgspec.json.Decoder(AnsweredLine).decode
_decode_answer = msgspec.json.Decoder(dict[str, Any]).decode


def expected_id(manifest: Manifest) -> str:
    """The id that the submission will have; of bytes that came before, that of a repetition."""
    own = f"{manifest.feed_id}@{manifest.sha256[:_HASH_LENGTH]}"
    return own if manifest.first_seen_at is None else f"{own}.{manifest.delivery_id}"


def state_of(manifest: Manifest) -> dict[str, Any]:
    """What is told of a delivery that waits."""
    return {
        "submission_id": expected_id(manifest),
        "delivery_id": manifest.delivery_id,
        "status": RECEIVED,
        "feed": manifest.feed_id,
        "file_name": manifest.file_name,
        "size_bytes": manifest.size_bytes,
        "sha256": manifest.sha256,
        "received_at": _as_text(manifest.received_at),
    }


class StatesOfHome:
    """What waits and what was answered in a home, for several who ask at once."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._landing = ServedLanding(home)
        self._looking = threading.Lock()

    def find(self, feeds: Sequence[str], asked: str) -> dict[str, Any] | None:
        """What `find_state` finds."""
        return find_state(self._home, feeds, asked, self._waiting)

    def list(self, feeds: Sequence[str], limit: int) -> Sequence[dict[str, Any]]:
        """What `list_states` lists."""
        return list_states(self._home, feeds, self._waiting(), limit)

    def _waiting(self) -> Sequence[Manifest]:
        with self._looking:
            return self._landing.waiting()


def find_state(
    home: Path, feeds: Sequence[str], asked: str, waiting: Callable[[], Sequence[Manifest]]
) -> dict[str, Any] | None:
    """The answer to a delivery or a submission of these feeds, or that it waits; None without.

    `waiting` gives what is in the inbox.
    """
    if _DELIVERY.fullmatch(asked):
        manifest = _manifest_of(home, asked, waiting)
        if manifest is None or manifest.feed_id not in feeds:
            return None
        found = _answer_to(home, manifest)
        return {**found, "delivery_id": asked} if found else state_of(manifest)
    feed_id, _, rest = asked.rpartition("@")
    if feed_id not in feeds or not _SUBMISSION.fullmatch(rest):
        return None
    if found := _answer_named(home, feed_id, asked):
        return found
    sha256 = rest[:_HASH_LENGTH]
    alike = [one for one in waiting() if one.feed_id == feed_id and one.sha256.startswith(sha256)]
    named = [one for one in alike if expected_id(one) == asked]
    return state_of(named[-1]) if named else None


def list_states(
    home: Path, feeds: Sequence[str], waiting: Sequence[Manifest], limit: int
) -> list[dict[str, Any]]:
    """The last submissions of these feeds, the newest first; `waiting` is what is in the inbox."""
    answered = [line for feed_id in feeds for line in _last_answered(home, feed_id, limit)]
    known = {(one.feed, one.sha256, one.received_at, one.file_name) for one in answered}
    found = [
        (one.received_at, state_of(one))
        for one in waiting
        if one.feed_id in feeds
        and (one.feed_id, one.sha256, one.received_at, one.file_name) not in known
    ]
    found += [(one.received_at, msgspec.to_builtins(one)) for one in answered]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [told for _, told in found[:limit]]


def _last_answered(home: Path, feed_id: str, limit: int) -> list[AnsweredLine]:
    """The last answers of the feed, each submission once, as it stands now."""
    found: dict[str, AnsweredLine] = {}
    for path in _days(home, feed_id):
        for line in reversed(_lines_of(home, path)):
            one = _read_line(line)
            if one is not None:
                found.setdefault(one.submission_id, one)
        if len(found) >= limit:
            break
    return list(found.values())


def _answer_to(home: Path, manifest: Manifest) -> dict[str, Any] | None:
    """The answer to a delivery; None while there is none."""
    sha256, feed_id = manifest.sha256[:_HASH_LENGTH], manifest.feed_id
    own = f"{feed_id}@{sha256}"
    for name in (f"{own}.{manifest.delivery_id}", own):
        found = _read_answer(home, answer_files(home, feed_id, name)[0])
        if found and _is_of(found, manifest):
            return found
    for line in _lines_with(home, feed_id, manifest.sha256, manifest.received_at):
        found = _answer_in(line)
        if found and _is_of(found, manifest):
            return found
    return None


def _answer_named(home: Path, feed_id: str, submission_id: str) -> dict[str, Any] | None:
    found = _read_answer(home, answer_files(home, feed_id, submission_id)[0])
    if found and found.get("submission_id") == submission_id:
        return found
    for line in _lines_with(home, feed_id, submission_id, None):
        found = _answer_in(line)
        if found and found.get("submission_id") == submission_id:
            return found
    return None


def _is_of(answer: dict[str, Any], manifest: Manifest) -> bool:
    """Whether that is the answer to the delivery."""
    is_same = answer.get("sha256") == manifest.sha256
    is_same = is_same and answer.get("file_name") == manifest.file_name
    try:
        return is_same and datetime.fromisoformat(answer["received_at"]) == manifest.received_at
    except (KeyError, TypeError, ValueError):
        return False


def _lines_with(home: Path, feed_id: str, word: str, since: datetime | None) -> Iterator[bytes]:
    """The lines of the feed's days that have the word in them, the newest first."""
    first = f"{since:%Y-%m-%d}" if since else ""
    wanted = word.encode()
    for path in _days(home, feed_id):
        if path.stem < first:
            return
        for line in reversed(_lines_of(home, path)):
            if wanted in line:
                yield line


def _days(home: Path, feed_id: str) -> list[Path]:
    """The files of answers of the feed by day, the newest first."""
    found = list_documents(home, home / "answers" / feed_id)
    return [path for path in reversed(found) if _DAY.fullmatch(path.name)]


def _lines_of(home: Path, path: Path) -> list[bytes]:
    try:
        return kept_state(home).read(path).splitlines()
    except OSError:
        return []


def _read_line(line: bytes) -> AnsweredLine | None:
    """The line; None where a process died while it wrote it."""
    try:
        return _decode_line(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _read_answer(home: Path, path: Path) -> dict[str, Any] | None:
    try:
        return _answer_in(kept_state(home).read(path))
    except OSError:
        return None


def _answer_in(content: bytes) -> dict[str, Any] | None:
    try:
        return _decode_answer(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _manifest_of(
    home: Path, delivery_id: str, waiting: Callable[[], Sequence[Manifest]]
) -> Manifest | None:
    """The delivery, waiting or settled."""
    known = next((one for one in waiting() if one.delivery_id == delivery_id), None)
    return known or chosen_queue(home).find(delivery_id)


def _as_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
