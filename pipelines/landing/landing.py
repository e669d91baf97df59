"""Landing: the raw bytes of every delivery, durable before anything else happens.

(`object_store`)                      the bytes, stored once for each feed
(`delivery_queue`)                    the manifests: which delivery waits, and what was settled
landing/refused/<sha>.json            which contents must not be kept, for the sweep
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from pipelines.base.clock import now
from pipelines.base.kill_points import reached
from pipelines.base.state.documents import list_documents, write_document
from pipelines.landing.chosen_objects import chosen_objects
from pipelines.landing.chosen_queue import chosen_queue
from pipelines.landing.deliveries import Delivery as Delivery
from pipelines.landing.deliveries import NotTaken as NotTaken
from pipelines.landing.delivery_queue import FileKey
from pipelines.landing.manifest_lines import Manifest as Manifest
from pipelines.landing.manifest_lines import read_manifests, sortable, to_lines
from pipelines.landing.object_store import DamagedObject as DamagedObject
from pipelines.landing.object_store import Kept, ObjectKey
from pipelines.landing.told_names import as_told

UNMATCHED = "unmatched"
"""Feed id of a delivery that no feed expects."""
_Waiting = Mapping[FileKey, Manifest]
_MOST_BYTES_LOOKED_AT = 256 * 1024 * 1024
"""A look for damage takes about half a second at most, and one file more."""


class Landing:
    """What has landed in one home: bytes, and the queue of deliveries."""

    _is_for_long = False
    """Whether others land, load and settle between two uses of it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.objects = chosen_objects(home)
        self.queue = chosen_queue(home, for_long=self._is_for_long)
        self.refused = home / "landing" / "refused"
        self._landed_then: tuple[datetime | None, int] = (None, 0)
        """When deliveries landed last, and how many at that moment: the next ones come after."""

    def land_all(
        self, deliveries: Sequence[Delivery], received_at: datetime | None = None
    ) -> list[Manifest]:
        """The manifests of the deliveries, all on durable storage, bytes first.

        A file of the same name and bytes that still waits in the inbox is the same delivery, so
        an interrupted sender that tries again adds nothing. Without `received_at` they
        are received now.
        """
        moment, tell = received_at or now(), cache(as_told)
        keys = [
            ObjectKey(one.feed_id, hashlib.sha256(one.content).hexdigest()) for one in deliveries
        ]
        files = [(*key, tell(one.file_name)) for key, one in zip(keys, deliveries, strict=True)]
        waiting = self.queue.waiting_as(set(files))
        contents = {key: one.content for key, one in zip(keys, deliveries, strict=True)}
        seen = self.objects.keep(contents, moment)
        reached("landing: object written")
        fresh: dict[tuple[str, str, str], Manifest] = {}
        first = self._next_number(moment)
        landed = []
        for key, file, one in zip(keys, files, deliveries, strict=True):
            manifest = waiting.get(file) or fresh.get(file)
            if manifest is None:
                known, size = seen.get(key), len(one.content)
                seen_at = known.first_seen_at if known else None
                manifest = _manifest(
                    one, size, first + len(fresh), key.sha256, moment, seen_at, tell
                )
                fresh[file] = manifest
            landed.append(manifest)
        self._enter(fresh, moment)
        return landed

    def land_untaken(self, files: Sequence[NotTaken]) -> list[Manifest]:
        """The manifests of the files, durable, each with a note that says why it was not taken.

        They are refused for that when they are read. The same file again that still waits adds
        nothing.
        """
        named = [(one.feed_id, one.sha256, as_told(one.file_name)) for one in files]
        waiting, moment = self.queue.waiting_as(set(named)), now()
        fresh: dict[tuple[str, str, str], Manifest] = {}
        first = self._next_number(moment)
        landed = []
        for file, one in zip(named, files, strict=True):
            manifest = waiting.get(file) or fresh.get(file)
            if manifest is None:
                key = ObjectKey(one.feed_id, one.sha256)
                known = self.objects.look([key]).get(key)
                seen_at = known.first_seen_at if known else None
                if known is None:
                    self.objects.withhold(key, one.why, moment)
                size = one.size_bytes
                number = first + len(fresh)
                manifest = _manifest(one, size, number, one.sha256, moment, seen_at, as_told)
                fresh[file] = manifest
            landed.append(manifest)
        self._enter(fresh, moment)
        return landed

    def _next_number(self, moment: datetime) -> int:
        """The number of the next delivery of that moment."""
        then, number = self._landed_then
        return number if then == moment else 0

    def _enter(self, fresh: _Waiting, moment: datetime) -> None:
        """The manifests wait, durable."""
        self._landed_then = moment, self._next_number(moment) + len(fresh)
        self.queue.enter(list(fresh.values()))
        reached("landing: manifest written")

    def waiting(self) -> list[Manifest]:
        """The deliveries that wait, in the order in which they came."""
        return self.queue.waiting()

    def in_order(self, since: datetime | None = None) -> Iterator[Manifest]:
        """The same, read as they are asked for: of a long backlog only a little is held at once.

        `since` leaves out what was received before.
        """
        return self.queue.in_order(since)

    def number_by_feed(self) -> Counter[str]:
        """Feed → its deliveries that wait."""
        return self.queue.number_by_feed()

    def settle(self, manifests: Iterable[Manifest]) -> None:
        """The manifests are settled; those that are already stay so."""
        self.queue.settle({manifest.delivery_id for manifest in manifests})

    def enter_again(self, manifests: Sequence[Manifest]) -> None:
        """The manifests wait, whatever became of them before."""
        self.queue.enter_again(manifests)

    def manifests_in(self, path: Path) -> list[Manifest]:
        """The manifests of a file, as a backup has one; none where it is gone."""
        return read_manifests(self.home, path)

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
        """The bytes of these deliveries are about to be read, in this order."""
        self.objects.expect({key_of(one): one.size_bytes for one in manifests})

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
        oldest = sorted(manifests, key=lambda one: one.delivery_id)[: self.objects.most_at_once]
        self.expect(oldest)
        for manifest in oldest:
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
        mark = self.refused / f"{manifest.sha256}.json"
        write_document(self.home, mark, to_lines([manifest]))
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
        found = list_documents(self.home, self.refused)
        marks = [path for path in found if path.suffix == ".json"]
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
        delivery_id=f"{sortable(received_at)}-{number:06d}{secrets.token_hex(4)}",
        feed_id=one.feed_id,
        sha256=sha256,
        size_bytes=size_bytes,
        file_name=tell(one.file_name),
        source="/".join(map(tell, one.source.split("/"))),
        received_at=received_at,
        first_seen_at=first_seen_at,
    )
