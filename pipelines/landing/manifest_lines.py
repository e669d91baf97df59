"""Manifests as they stand in a file, one a line; a line that is damaged costs no other."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from pipelines.base.durable import write_durably
from pipelines.base.state.documents import read_document, shared_state
from pipelines.base.state_files import keep_apart, set_aside


@dataclass(frozen=True, slots=True)
class Manifest:
    """One delivery that has landed: which feed, which bytes, when and under which name it came."""

    delivery_id: str
    feed_id: str
    sha256: str
    size_bytes: int
    file_name: str
    source: str
    received_at: datetime
    first_seen_at: datetime | None = None
    """When these bytes came for this feed before, roughly; None where they are new."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Manifest).decode
_HASH = re.compile(rb"\b[0-9a-f]{64}\b")
_IDS = re.compile(r"[^/\0.][^/\0]*")
_CURE = (
    "Deliveries that stood there are not in the queue any more. Their bytes are in landing under "
    "their hash{hashes}, and in the folder `collected` of their source: put the file into its "
    "source again, or `sitrep ingest` it."
)


@lru_cache(maxsize=8)
def sortable(moment: datetime) -> str:
    """The time as the id of a delivery begins with it; that of many deliveries is the same."""
    return f"{moment:%Y%m%dT%H%M%S%f}"


def to_lines(manifests: Iterable[Manifest]) -> bytes:
    """The manifests, one a line."""
    return b"\n".join(_encode(manifest) for manifest in manifests)


def read_manifests(home: Path, path: Path) -> list[Manifest]:
    """The manifests of the file; none where it is gone meanwhile.

    Lines that cannot be used are set aside and told, and the others stay.
    """
    content = read_document(home, path, bytes, None, _CURE.format(hashes=""))
    if content is None:
        return []
    good: list[Manifest] = []
    bad: list[bytes] = []
    for line in content.split(b"\n"):
        manifest = read_line(line)
        if manifest is not None:
            good.append(manifest)
        elif line.strip():
            bad.append(line)
    if bad or not good:
        _set_bad_apart(home, path, good, bad)
    return good


def read_line(line: bytes) -> Manifest | None:
    """The manifest of the line; None where it is damaged."""
    try:
        manifest = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    # They become parts of paths.
    ids = (manifest.delivery_id, manifest.feed_id)
    is_sound = all(map(_IDS.fullmatch, ids)) and _HASH.fullmatch(manifest.sha256.encode())
    return manifest if is_sound and manifest.received_at.tzinfo else None


def _set_bad_apart(home: Path, path: Path, good: list[Manifest], bad: list[bytes]) -> None:
    if shared_state(home):
        # What Postgres holds is not cut off; a line of another form is one of another release.
        return
    hashes = sorted({one.decode() for line in bad for one in _HASH.findall(line)})
    cure = _CURE.format(hashes=f" (among them {', '.join(hashes[:5])})" if hashes else "")
    if not good:
        set_aside(home, path, "is damaged" if bad else "is empty", cure)
        return
    try:
        keep_apart(home, path, b"\n".join(bad), cure)
        write_durably(path, to_lines(good))
    except OSError:
        # The disk is full or read-only: the next reader tries again.
        return
