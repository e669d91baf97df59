"""Landing: the raw bytes of every delivery, durable before anything is done with them.

    landing/objects/<ab>/<sha256>         the bytes, once however often they are sent
    landing/inbox/<delivery>.json         a manifest: landed, not yet settled in the ledger
    landing/settled/<day>/<delivery>.json the same manifest once the ledger holds it

The inbox is the queue. It is only a fast list: the ledger decides what is settled, so a
manifest left in the inbox by a crash is moved away at the next look and nothing is done twice.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pipelines.checkpoints import reached
from pipelines.clock import now
from pipelines.durable import write_durably

UNMATCHED = "unmatched"
"""Feed id of a delivery that no feed expects."""


@dataclass(frozen=True)
class Manifest:
    """One delivery: which feed, which bytes, when and under which name it came."""

    delivery_id: str
    feed_id: str
    sha256: str
    size_bytes: int
    file_name: str
    source: str
    received_at: datetime


class Landing:
    """The landing folder of one home.

    What waits is read once, at the first landing, so that landing many files costs each the same.
    """

    def __init__(self, home: Path) -> None:
        self.objects = home / "landing" / "objects"
        self.inbox = home / "landing" / "inbox"
        self.settled = home / "landing" / "settled"
        self._waiting: dict[tuple[str, str], Manifest] | None = None

    def land(self, content: bytes, file_name: str, feed_id: str, source: str) -> Manifest:
        """The manifest of these bytes, both on durable storage.

        A delivery of the same bytes that still waits in the inbox is the same delivery: a
        sender that was interrupted and tries again adds nothing.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        if self._waiting is None:
            self._waiting = {(one.feed_id, one.sha256): one for one in self.waiting()}
        if (feed_id, sha256) in self._waiting:
            return self._waiting[feed_id, sha256]
        target = self.object_path(sha256)
        if not target.exists():
            write_durably(target, content)
        reached("landing: object written")
        received_at = now()
        manifest = Manifest(
            delivery_id=f"{received_at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}",
            feed_id=feed_id,
            sha256=sha256,
            size_bytes=len(content),
            file_name=_as_unicode(file_name),
            source=_as_unicode(source),
            received_at=received_at,
        )
        write_durably(self.inbox / f"{manifest.delivery_id}.json", _to_json(manifest))
        reached("landing: manifest written")
        self._waiting[feed_id, sha256] = manifest
        return manifest

    def waiting(self) -> list[Manifest]:
        """The deliveries in the inbox, in the order in which they came."""
        if not self.inbox.is_dir():
            return []
        names = sorted(entry.name for entry in os.scandir(self.inbox) if entry.name[0] != ".")
        manifests = (_read_if_there(self.inbox / name) for name in names)
        return [manifest for manifest in manifests if manifest is not None]

    def settle(self, manifests: Iterable[Manifest]) -> None:
        """The manifests stand among the settled ones; what stands there already stays."""
        for manifest in manifests:
            waiting = self.inbox / f"{manifest.delivery_id}.json"
            folder = self.settled / f"{manifest.received_at:%Y-%m-%d}"
            folder.mkdir(parents=True, exist_ok=True)
            try:
                os.replace(waiting, folder / waiting.name)
            except FileNotFoundError:
                continue
        self._waiting = None

    def object_path(self, sha256: str) -> Path:
        """Where the bytes of that hash stand."""
        return self.objects / sha256[:2] / sha256

    def content(self, sha256: str) -> bytes:
        """The bytes of that hash; raises `FileNotFoundError` where they were never landed."""
        return self.object_path(sha256).read_bytes()


def _as_unicode(name: str) -> str:
    """The name with a mark for each byte that is no UTF-8, so that it can be stored and shown."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _to_json(manifest: Manifest) -> bytes:
    fields = asdict(manifest) | {"received_at": manifest.received_at.isoformat()}
    return json.dumps(fields, indent=1).encode()


def _read_if_there(path: Path) -> Manifest | None:
    """The manifest, or nothing where another process settled it in the meantime."""
    try:
        fields = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return Manifest(**{**fields, "received_at": datetime.fromisoformat(fields["received_at"])})
