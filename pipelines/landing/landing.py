"""Landing: the raw bytes of every delivery, durable before anything else happens.

    landing/objects/<feed>/<ab>/<sha256>  the bytes, stored once for each feed
    landing/inbox/<name>.jsonl            manifests, one a line: landed, not yet settled
    landing/settled/<day>/<name>.jsonl    the same manifests once the ledger holds them

The inbox is the queue. It is only a fast list: the ledger decides what is settled, so a
manifest left in the inbox by a crash is moved away at the next look and nothing is done twice.
Files that come together share one manifest file, so that landing costs little for each.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pipelines.base.clock import now
from pipelines.base.durable import sync_folder, write_all_durably, write_durably
from pipelines.base.kill_points import reached
from pipelines.base.nhs_numbers import mask_nhs_numbers

UNMATCHED = "unmatched"
"""Feed id of a delivery that no feed expects."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bytes that a source gives for a feed."""

    content: bytes
    file_name: str
    feed_id: str
    source: str


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


class Landing:
    """The landing folder of one home.

    The inbox is read once, at the first landing, so that each of many files costs the same.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.objects = home / "landing" / "objects"
        self._objects = str(self.objects)
        self.inbox = home / "landing" / "inbox"
        self.settled = home / "landing" / "settled"
        self._waiting: dict[tuple[str, str, str], Manifest] | None = None
        self._files: dict[str, Path] = {}

    def land_all(
        self, deliveries: Sequence[Delivery], received_at: datetime | None = None
    ) -> list[Manifest]:
        """The manifests of the deliveries, all on durable storage, bytes first.

        A file of the same name and bytes that still waits in the inbox is the same delivery, so
        an interrupted sender that tries again adds nothing. Without `received_at` they
        are received now.
        """
        if self._waiting is None:
            self._waiting = {
                (one.feed_id, one.sha256, one.file_name): one for one in self.waiting()
            }
        moment = received_at or now()
        fresh: dict[tuple[str, str, str], Manifest] = {}
        objects: dict[Path, bytes] = {}
        landed = []
        for one in deliveries:
            sha256 = hashlib.sha256(one.content).hexdigest()
            name = _as_told(one.file_name)
            file = (one.feed_id, sha256, name)
            manifest = self._waiting.get(file) or fresh.get(file)
            if manifest is None:
                path = self.object_path(one.feed_id, sha256)
                kept_at = _written_at(path) or _written_at(_withheld(path))
                if kept_at is None:
                    objects[path] = one.content
                first_seen_at = kept_at or _written_at(_expired(path))
                manifest = _manifest(one, len(fresh), sha256, moment, first_seen_at)
                fresh[file] = manifest
            landed.append(manifest)
        write_all_durably(objects, moment.timestamp())
        reached("landing: object written")
        if fresh:
            first = next(iter(fresh.values())).delivery_id
            write_durably(self.inbox / f"{first}.jsonl", _to_lines(fresh.values()))
        reached("landing: manifest written")
        self._waiting |= fresh
        return landed

    def waiting(self) -> list[Manifest]:
        """The deliveries in the inbox, in the order in which they came."""
        if not self.inbox.is_dir():
            return []
        manifests: list[Manifest] = []
        self._files = {}
        for name in sorted(entry.name for entry in os.scandir(self.inbox) if entry.name[0] != "."):
            path = self.inbox / name
            own = _read_if_there(path)
            self._files |= dict.fromkeys((manifest.delivery_id for manifest in own), path)
            manifests += own
        manifests.sort(key=lambda manifest: manifest.delivery_id)
        return manifests

    def settle(self, manifests: Iterable[Manifest]) -> None:
        """The manifests are moved to the settled ones; those already there stay."""
        settled = {manifest.delivery_id for manifest in manifests}
        if not settled:
            return
        if not settled <= self._files.keys():
            self.waiting()
        for path in {self._files[one] for one in settled if one in self._files}:
            self._settle_file(path, settled)
        self._waiting = None

    def enter_again(self, manifests: Sequence[Manifest]) -> None:
        """The manifests wait in the inbox, in a file of their own."""
        path = self.inbox / f"{manifests[0].delivery_id}-again.jsonl"
        write_durably(path, _to_lines(manifests))
        self._waiting = None

    @staticmethod
    def manifests_in(path: Path) -> list[Manifest]:
        """The manifests of a file of the inbox or of the settled ones; none where it is gone."""
        return _read_if_there(path)

    @staticmethod
    def lines_of(manifests: Iterable[Manifest]) -> bytes:
        """The manifests as a file holds them."""
        return _to_lines(manifests)

    def _settle_file(self, path: Path, settled: set[str]) -> None:
        """The file's settled manifests are moved there; the others stay in the inbox."""
        own = _read_if_there(path)
        if not own:
            return
        folder = self.settled / f"{own[0].received_at:%Y-%m-%d}"
        folder.mkdir(parents=True, exist_ok=True)
        left = [manifest for manifest in own if manifest.delivery_id not in settled]
        if not left:
            os.replace(path, folder / path.name)
            return
        done = [manifest for manifest in own if manifest.delivery_id in settled]
        if done:
            write_durably(folder / f"{done[0].delivery_id}-part.jsonl", _to_lines(done))
            write_durably(path, _to_lines(left))

    def object_path(self, feed_id: str, sha256: str) -> Path:
        """The path of the bytes with that hash."""
        return self.objects / feed_id / sha256[:2] / sha256

    def content(self, manifest: Manifest) -> bytes:
        """The bytes of a delivery; raises `FileNotFoundError` where they were never landed."""
        sha256 = manifest.sha256
        path = f"{self._objects}/{manifest.feed_id}/{sha256[:2]}/{sha256}"
        descriptor = os.open(path, os.O_RDONLY)
        with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
            return stream.readall()

    def withhold(self, manifest: Manifest, why: str) -> None:
        """The bytes of a delivery are deleted for ever; their hash and the reason are kept."""
        path = self.object_path(manifest.feed_id, manifest.sha256)
        note = _withheld(path)
        first_seen_at = _written_at(path) or _written_at(note) or manifest.received_at
        write_durably(note, why.encode())
        # The note tells when the bytes came first, as they did.
        os.utime(note, (first_seen_at.timestamp(), first_seen_at.timestamp()))
        for copy in (path, *path.parent.glob(f".{path.name}.*.tmp")):
            copy.unlink(missing_ok=True)
        sync_folder(path.parent)

    def is_expired(self, manifest: Manifest) -> bool:
        """Whether retention has deleted the bytes of a delivery."""
        path = self.object_path(manifest.feed_id, manifest.sha256)
        return not path.exists() and _expired(path).exists()

    def why_withheld(self, manifest: Manifest) -> str | None:
        """Why the bytes of a delivery were not kept, None where they were."""
        path = _withheld(self.object_path(manifest.feed_id, manifest.sha256))
        return path.read_text("utf-8") if path.exists() else None


def _manifest(
    one: Delivery, number: int, sha256: str, received_at: datetime, first_seen_at: datetime | None
) -> Manifest:
    """The manifest of a delivery; its id sorts by time, then by the order of the deliveries."""
    return Manifest(
        delivery_id=f"{received_at:%Y%m%dT%H%M%S%f}-{number:06d}{secrets.token_hex(4)}",
        feed_id=one.feed_id,
        sha256=sha256,
        size_bytes=len(one.content),
        file_name=_as_told(one.file_name),
        source=_as_told(one.source),
        received_at=received_at,
        first_seen_at=first_seen_at,
    )


def _withheld(path: Path) -> Path:
    """The path of the note that replaces bytes that must not be kept."""
    return path.with_name(f"{path.name}.withheld")


def _expired(path: Path) -> Path:
    """The path of the note that retention leaves in place of bytes past their time."""
    return path.with_name(f"{path.name}.expired")


def _written_at(path: Path) -> datetime | None:
    """When an object was first landed, None where it is new."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _as_told(name: str) -> str:
    """The name as it may be stored and shown: invalid UTF-8 and NHS numbers are replaced."""
    plain = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return mask_nhs_numbers(plain)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Manifest).decode


def _to_lines(manifests: Iterable[Manifest]) -> bytes:
    return b"\n".join(_encode(manifest) for manifest in manifests)


def _read_if_there(path: Path) -> list[Manifest]:
    """The manifests of a file; none where another process settled it in the meantime."""
    try:
        return [_decode(line) for line in path.read_bytes().splitlines()]
    except FileNotFoundError:
        return []
