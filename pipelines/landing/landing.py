"""Landing: the raw bytes of every delivery, durable before anything else happens.

    (`object_store`)                      the bytes, stored once for each feed
    landing/inbox/<name>.jsonl            manifests, one a line: landed, not yet settled
    landing/settled/<day>/<name>.jsonl    the same manifests once the ledger holds them

The inbox is the queue. It is only a fast list: the ledger decides what is settled. A manifest left
in the inbox by a crash may be read and judged again; it is loaded once, and moved away.
Files that come together share one manifest file, so that landing costs little for each.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

from pipelines.base.clock import now
from pipelines.base.durable import make_folder, write_durably
from pipelines.base.kill_points import reached
from pipelines.landing.chosen_objects import chosen_objects
from pipelines.landing.deliveries import Delivery as Delivery
from pipelines.landing.deliveries import NotTaken as NotTaken
from pipelines.landing.inbox_hashes import InboxHashes
from pipelines.landing.manifest_lines import Manifest as Manifest
from pipelines.landing.manifest_lines import read_manifests, to_lines
from pipelines.landing.object_store import DamagedObject as DamagedObject
from pipelines.landing.object_store import Kept, ObjectKey
from pipelines.landing.told_names import as_told

UNMATCHED = "unmatched"
"""Feed id of a delivery that no feed expects."""
_MOST_BYTES_LOOKED_AT = 256 * 1024 * 1024
"""A look for damage takes about half a second at most, and one file more."""


class Landing:
    """The landing folder of one home.

    The inbox is read once, at the first landing, so that each of many files costs the same.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.objects = chosen_objects(home)
        self.inbox = home / "landing" / "inbox"
        self.settled = home / "landing" / "settled"
        self.refused = home / "landing" / "refused"
        self._hashes = InboxHashes(self.inbox)
        self._files: dict[str, Path] = {}

    def land_all(
        self, deliveries: Sequence[Delivery], received_at: datetime | None = None
    ) -> list[Manifest]:
        """The manifests of the deliveries, all on durable storage, bytes first.

        A file of the same name and bytes that still waits in the inbox is the same delivery, so
        an interrupted sender that tries again adds nothing. Without `received_at` they
        are received now.
        """
        moment = received_at or now()
        keys = [
            ObjectKey(one.feed_id, hashlib.sha256(one.content).hexdigest()) for one in deliveries
        ]
        seen = self.objects.look(set(keys))
        waiting = self._waiting_for(keys)
        fresh: dict[tuple[str, str, str], Manifest] = {}
        contents: dict[ObjectKey, bytes] = {}
        landed = []
        tell = cache(as_told)
        for key, one in zip(keys, deliveries, strict=True):
            file, known = (*key, tell(one.file_name)), seen.get(key)
            if (
                known is None
                or known.kept is Kept.EXPIRED
                or (known.kept is Kept.WHOLE and not self.objects.holds(key, one.content))
            ):
                contents[key] = one.content
            manifest = waiting.get(file) or fresh.get(file)
            if manifest is None:
                size, seen_at = len(one.content), known.first_seen_at if known else None
                manifest = _manifest(one, size, len(fresh), key.sha256, moment, seen_at, tell)
                fresh[file] = manifest
            landed.append(manifest)
        if contents:
            self.objects.put(contents, moment)
        reached("landing: object written")
        self._queue(fresh)
        return landed

    def land_untaken(self, files: Sequence[NotTaken]) -> list[Manifest]:
        """The manifests of the files, durable, each with a note that says why it was not taken.

        They are refused for that when they are read. The same file again that still waits adds
        nothing.
        """
        waiting, moment = (
            self._waiting_for([ObjectKey(one.feed_id, one.sha256) for one in files]),
            now(),
        )
        fresh: dict[tuple[str, str, str], Manifest] = {}
        landed = []
        for one in files:
            file = (one.feed_id, one.sha256, as_told(one.file_name))
            manifest = waiting.get(file) or fresh.get(file)
            if manifest is None:
                key = ObjectKey(one.feed_id, one.sha256)
                known = self.objects.look([key]).get(key)
                seen_at = known.first_seen_at if known else None
                if known is None:
                    self.objects.withhold(key, one.why, moment)
                size = one.size_bytes
                manifest = _manifest(one, size, len(fresh), one.sha256, moment, seen_at, as_told)
                fresh[file] = manifest
            landed.append(manifest)
        self._queue(fresh)
        return landed

    def _waiting_for(self, keys: Collection[ObjectKey]) -> dict[tuple[str, str, str], Manifest]:
        """What waits that has these bytes, by feed, hash and name."""
        waiting = self._hashes.waiting({key.sha256 for key in keys})
        return {(one.feed_id, one.sha256, one.file_name): one for one in waiting}

    def _queue(self, fresh: dict[tuple[str, str, str], Manifest]) -> None:
        """The manifests stand in the inbox, durable."""
        if fresh:
            first = next(iter(fresh.values())).delivery_id
            path = self.inbox / f"{first}.jsonl"
            write_durably(path, to_lines(fresh.values()))
            self._hashes.add(path, [one.sha256 for one in fresh.values()])
        reached("landing: manifest written")

    def waiting(self) -> list[Manifest]:
        """The deliveries in the inbox, in the order in which they came."""
        try:
            entries = os.scandir(self.inbox)
        except (FileNotFoundError, NotADirectoryError):
            return []
        manifests: list[Manifest] = []
        self._files = {}
        for name in sorted(entry.name for entry in entries if entry.name[0] != "."):
            path = self.inbox / name
            own = read_manifests(self.home, path)
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
        self._hashes.forget()

    def enter_again(self, manifests: Sequence[Manifest]) -> None:
        """The manifests wait in the inbox, in a file of their own."""
        path = self.inbox / f"{manifests[0].delivery_id}-again.jsonl"
        write_durably(path, to_lines(manifests))
        self._hashes.forget()

    def manifests_in(self, path: Path) -> list[Manifest]:
        """The manifests of a file of the inbox or of the settled ones; none where it is gone."""
        return read_manifests(self.home, path)

    def _settle_file(self, path: Path, settled: set[str]) -> None:
        """The file's settled manifests are moved there; the others stay in the inbox."""
        own = read_manifests(self.home, path)
        if not own:
            return
        folder = self.settled / f"{own[0].received_at:%Y-%m-%d}"
        make_folder(folder)
        left = [manifest for manifest in own if manifest.delivery_id not in settled]
        if not left:
            os.replace(path, folder / path.name)
            return
        done = [manifest for manifest in own if manifest.delivery_id in settled]
        if done:
            write_durably(folder / f"{done[0].delivery_id}-part.jsonl", to_lines(done))
            write_durably(path, to_lines(left))

    def content(self, manifest: Manifest) -> bytes:
        """The bytes of a delivery, whose hash is the one that they came with.

        Raises `FileNotFoundError` where they were not kept on purpose, and `DamagedObject` where
        they are missing, cannot be read, or are others.
        """
        key = key_of(manifest)
        try:
            return self.objects.read(key)
        except DamagedObject as error:
            raise type(error)(
                f"The landed bytes of {manifest.file_name} ({manifest.feed_id}) {error}: "
                f"{self.objects.where(key)}. The delivery waits and is not judged. Land the same "
                "file again, or restore that object from a backup; it is then loaded by itself."
            ) from None

    def expect(self, manifests: Iterable[Manifest]) -> None:
        """The bytes of these deliveries are read next: where they stand is looked up at once."""
        self.objects.expect([key_of(one) for one in manifests])

    def has_bytes(self, manifest: Manifest) -> bool:
        """Whether the bytes of a delivery were kept and stand there, whole or damaged."""
        key = key_of(manifest)
        known = self.objects.look([key]).get(key)
        return known is not None and known.kept is Kept.WHOLE

    def damage_among(self, manifests: Iterable[Manifest]) -> dict[str, str]:
        """Delivery → what is wrong with its landed bytes, of those that have something.

        Looks at the oldest first, and at so many bytes only as take no time to speak of: what is
        damaged waits, and so is the oldest.
        """
        damaged = {}
        left = _MOST_BYTES_LOOKED_AT
        for manifest in sorted(manifests, key=lambda one: one.delivery_id):
            if left < 0:
                break
            left -= manifest.size_bytes
            try:
                self.content(manifest)
            except DamagedObject as error:
                damaged[manifest.delivery_id] = str(error)
            except FileNotFoundError:
                continue
        return damaged

    def withhold(self, manifest: Manifest, why: str) -> None:
        """The bytes of a delivery are deleted for ever; their hash and the reason are kept."""
        write_durably(self.refused / f"{manifest.sha256}.json", to_lines([manifest]))
        self.objects.withhold(key_of(manifest), why, manifest.received_at)

    def is_withheld(self, feed_id: str, sha256: str) -> bool:
        """Whether a note stands in place of the bytes with that hash."""
        return self.objects.why_withheld(ObjectKey(feed_id, sha256)) is not None

    def withheld_among(self, manifests: Iterable[Manifest]) -> list[Manifest]:
        """Those of the deliveries in place of whose bytes a note stands."""
        keys = {key_of(one): one for one in manifests}
        return [keys[key] for key in self.objects.withheld_of(keys.keys())]

    def is_expired(self, manifest: Manifest) -> bool:
        """Whether retention has deleted the bytes of a delivery."""
        key = key_of(manifest)
        known = self.objects.look([key]).get(key)
        return known is not None and known.kept is Kept.EXPIRED

    def why_withheld(self, manifest: Manifest) -> str | None:
        """Why the bytes of a delivery were not kept, None where they were.

        A note that cannot be read says nothing, and the bytes were not kept all the same.
        """
        return self.objects.why_withheld(key_of(manifest))

    def withheld(self) -> list[Manifest]:
        """A delivery for each content that was not kept."""
        if not self.refused.is_dir():
            return []
        paths = [path for path in self.refused.iterdir() if path.suffix == ".json"]
        marks = [path for path in paths if path.name[0] != "."]
        return [manifest for path in marks for manifest in read_manifests(self.home, path)]


def key_of(manifest: Manifest) -> ObjectKey:
    """What the bytes of a delivery are kept by."""
    return ObjectKey(manifest.feed_id, manifest.sha256)


def _manifest(
    one: Delivery | NotTaken,
    size_bytes: int,
    number: int,
    sha256: str,
    received_at: datetime,
    first_seen_at: datetime | None,
    tell: Callable[[str], str],
) -> Manifest:
    """The manifest of a delivery; its id sorts by time, then by the order of the deliveries."""
    return Manifest(
        delivery_id=f"{_sortable(received_at)}-{number:06d}{secrets.token_hex(4)}",
        feed_id=one.feed_id,
        sha256=sha256,
        size_bytes=size_bytes,
        file_name=tell(one.file_name),
        source="/".join(map(tell, one.source.split("/"))),
        received_at=received_at,
        first_seen_at=first_seen_at,
    )


@lru_cache(maxsize=8)
def _sortable(moment: datetime) -> str:
    """The time as an id begins with it; that of many files is the same."""
    return f"{moment:%Y%m%dT%H%M%S%f}"
