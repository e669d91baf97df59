"""Landed bytes in an object store: for several machines.

    objects/<feed>/<ab>/<sha256>            the bytes, or in their place what became of them
    objects/<feed>/<ab>/<sha256>.withheld   marks bytes that must not be kept, for listings
    objects/<feed>/<ab>/<sha256>.expired    marks bytes that retention deleted

What became of bytes stands under their own key, so that one look tells it, and a landing that goes
on at the same time cannot bring them back: a new object is put only where there is none. The
object's metadata say what it is, and when the bytes came first.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from pipelines.base.kill_points import reached
from pipelines.base.state.shared_bucket import SharedBucket, SharedObject
from pipelines.landing.object_store import (
    DamagedObject,
    Kept,
    KnownObject,
    MissingObject,
    ObjectKey,
    StoredPart,
)

_START = "landing/objects/"
_KEPT, _SEEN = "kept", "first-seen"
_WITHHELD, _EXPIRED = ".withheld", ".expired"
_ENDINGS = {_WITHHELD: Kept.WITHHELD, _EXPIRED: Kept.EXPIRED}
_TOGETHER, _TOGETHER_BYTES = 256, 32 * 1024 * 1024
_DELETED = b"deleted by retention"


class ObjectBucket:
    """The bytes of one home under a prefix of a bucket."""

    most_at_once = 512

    def __init__(self, bucket: SharedBucket) -> None:
        self._bucket = bucket
        self._expected: dict[ObjectKey, int] = {}
        """What is about to be read, in its order, with sizes."""
        self._ready: dict[str, bytes] = {}

    def where(self, key: ObjectKey) -> str:
        """Address of the object."""
        return f"{self._bucket.address}{_name(key)}"

    def look(self, keys: Collection[ObjectKey]) -> Mapping[ObjectKey, KnownObject]:
        """What the metadata of each say; a key of which nothing ever came is left out."""
        names = {_name(key): key for key in keys}
        found = self._bucket.heads(names)
        return {names[name]: _known(one) for name, one in found.items()}

    def keep(
        self, contents: Mapping[ObjectKey, bytes], first_seen_at: datetime
    ) -> Mapping[ObjectKey, KnownObject]:
        """The bytes are there whole, unless they must not be; what was known of them before.

        To put where there is none tells that there was none: nobody looks at what is new. What
        another process has put meanwhile stays.
        """
        metadata = _metadata(Kept.WHOLE, first_seen_at)
        names = {_name(key): (key, content) for key, content in contents.items()}
        there = self._bucket.put_all_new(
            (name, content, metadata) for name, (_, content) in names.items()
        )
        seen = {}
        for name, one in self._bucket.heads(there).items():
            key, content = names[name]
            seen[key] = _known(one)
            self._put_over(one, key, content, metadata)
        return seen

    def _put_over(
        self,
        before: SharedObject | None,
        key: ObjectKey,
        content: bytes,
        metadata: Mapping[str, str],
    ) -> None:
        """The bytes stand in place of what stood there `before`, unless that is as good."""
        while before is not None:
            kept = _known(before).kept
            if kept is Kept.WITHHELD or (kept is Kept.WHOLE and self._holds(key, content)):
                return
            if self._bucket.put_over(before, content, metadata):
                if kept is Kept.EXPIRED:
                    self._bucket.delete([f"{_name(key)}{_EXPIRED}"])
                return
            before = self._bucket.head(_name(key))
        self._bucket.put_new(_name(key), content, metadata)

    def _holds(self, key: ObjectKey, content: bytes) -> bool:
        """Whether these very bytes can be read there."""
        try:
            return self._bucket.read(_name(key)) == content
        except FileNotFoundError:
            return False

    def read(self, key: ObjectKey) -> bytes:
        """The bytes, whose hash is the key's.

        Raises `FileNotFoundError` where they were not kept on purpose, `DamagedObject` where they
        are missing or are others, and `BucketFault` where the store is away: nothing is damaged.
        """
        try:
            content = self._read(key)
        except FileNotFoundError:
            raise MissingObject("are missing") from None
        if hashlib.sha256(content).hexdigest() == key.sha256:
            return content
        known = self._bucket.head(_name(key))
        if known is not None and _known(known).kept is Kept.WITHHELD:
            raise FileNotFoundError(self.where(key))
        if known is not None and _known(known).kept is Kept.EXPIRED:
            raise MissingObject("are missing")
        raise DamagedObject("are not those that came")

    def expect(self, sizes: Mapping[ObjectKey, int]) -> None:
        """They are read side by side, so many at once as are small together."""
        self._expected, self._ready = dict(sizes), {}

    def _read(self, key: ObjectKey) -> bytes:
        """The object's bytes, which may have been read with others."""
        if key in self._expected and _name(key) not in self._ready:
            names: list[str] = []
            size = 0
            for one in list(islice(self._expected, self._place(key), None)):
                size += self._expected[one]
                if names and (size > _TOGETHER_BYTES or len(names) >= _TOGETHER):
                    break
                names.append(_name(one))
            self._ready = self._bucket.read_all(names) if len(names) > 1 else {}
        content = self._ready.pop(_name(key), None)
        self._expected.pop(key, None)
        return self._bucket.read(_name(key)) if content is None else content

    def _place(self, key: ObjectKey) -> int:
        return next(place for place, one in enumerate(self._expected) if one == key)

    def withhold(self, key: ObjectKey, why: str, first_seen_at: datetime) -> None:
        """The bytes are gone for ever, earlier versions too; what stands there says why.

        It tells when they came first; where that is not known, then.
        """
        name = _name(key)
        known = self._bucket.head(name)
        seen_at = _known(known).first_seen_at if known else first_seen_at
        self._bucket.put(name, why.encode(), _metadata(Kept.WITHHELD, seen_at))
        reached("bucket: withheld")
        self._bucket.delete_earlier(name)
        self._bucket.put(f"{name}{_WITHHELD}", why.encode(), _metadata(Kept.WITHHELD, seen_at))

    def why_withheld(self, key: ObjectKey) -> str | None:
        """What stands in place of withheld bytes, None where they were not withheld."""
        known = self._bucket.head(_name(key))
        if known is None or _known(known).kept is not Kept.WITHHELD:
            return None
        try:
            return self._bucket.read(_name(key)).decode("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return ""

    def withheld_of(self, keys: Collection[ObjectKey]) -> list[ObjectKey]:
        """Those of the keys whose bytes were withheld."""
        known = self.look(keys)
        return [key for key in keys if key in known and known[key].kept is Kept.WITHHELD]

    def expire(self, keys: Collection[ObjectKey]) -> None:
        """The bytes are gone, and what stands in their place tells when they came first."""
        for name, one in self._bucket.heads(_name(key) for key in keys).items():
            if _known(one).kept is not Kept.WHOLE:
                continue
            metadata = _metadata(Kept.EXPIRED, _known(one).first_seen_at)
            if self._bucket.put_over(one, _DELETED, metadata):
                reached("retain: noted")
                self._bucket.delete_earlier(name)
                self._bucket.put(f"{name}{_EXPIRED}", _DELETED, metadata)

    def feeds(self) -> set[str]:
        """The feeds of which there is anything."""
        return self._bucket.folders(_START)

    def expired_feed(self) -> str | None:
        """A feed of which bytes have expired; None where there is none."""
        for one in self._bucket.find(_START):
            if one.key.endswith(_EXPIRED):
                return one.key.removeprefix(_START).partition("/")[0]
        return None

    def withheld_hashes(self) -> set[str]:
        """Hashes of which a note says that the bytes were withheld, and no feed has the bytes."""
        names = {Path(part.name).name for part in self.parts()}
        notes = {name.removesuffix(_WITHHELD) for name in names if name.endswith(_WITHHELD)}
        return notes - names

    def drop_withheld(self, sha256: str) -> int:
        """Bytes that should be gone for any feed are gone; how many there were.

        They are there where a process died between two steps, or by other hands.
        """
        found = 0
        keys = [ObjectKey(feed_id, sha256) for feed_id in self.feeds()]
        # Together: there may be hundreds of feeds.
        known = self._bucket.heads(
            [name for key in keys for name in (_name(key), f"{_name(key)}{_WITHHELD}")]
        )
        for key in keys:
            own, note = known.get(_name(key)), known.get(f"{_name(key)}{_WITHHELD}")
            if own is None and note is None:
                continue
            is_withheld = own is not None and _known(own).kept is Kept.WITHHELD
            if is_withheld and note is not None:
                found += self._bucket.delete_earlier(_name(key))
            elif is_withheld or note is not None:
                why = self._bucket.read(f"{_name(key)}{_WITHHELD}" if note else _name(key))
                seen_at = _known(note or own or known[_name(key)]).first_seen_at
                self.withhold(key, why.decode("utf-8", "replace"), seen_at)
                found += not is_withheld
        return found

    def drop_abandoned(self, before: float) -> int:
        """None: what a landing that was killed had put is whole, and is found by its next try."""
        return 0

    def parts_with(self, sha256: str) -> Collection[str]:
        """None: each part is one file's."""
        return ()

    def take_out(self, part: Path, hashes: Collection[str]) -> int:
        """None: each part is one file's."""
        return 0

    def parts(self) -> Iterator[StoredPart]:
        """Each object of bytes and each note, by name."""
        listed: list[SharedObject] = []
        for one in self._bucket.find(_START):
            # What stands in place of bytes is told by its note, which follows.
            if listed and one.key.startswith(f"{listed[0].key}."):
                listed = [one]
                continue
            yield from map(_part, listed)
            listed = [one]
        yield from map(_part, listed)

    def copy_part(self, name: str, target: Path) -> None:
        """The file `target` has the part's bytes; raises `FileNotFoundError` where it is gone."""
        target.write_bytes(self._bucket.read(f"landing/{name}"))

    def put_parts(self, parts: Iterable[tuple[StoredPart, Path]]) -> int:
        """The parts are as they were backed up; how many were there already, as good."""
        stayed = 0
        for part, source in parts:
            name, content = f"landing/{part.name}", source.read_bytes()
            ending = Path(name).suffix
            seen_at = datetime.fromtimestamp(part.changed_ns / 1e9, UTC)
            metadata = _metadata(_ENDINGS.get(ending, Kept.WHOLE), seen_at)
            if ending in _ENDINGS:
                is_new = self._bucket.put_new(name, content, metadata)
                self._bucket.put(name.removesuffix(ending), content, metadata)
            else:
                is_new = self._bucket.put_new(name, content, metadata)
                if not is_new:
                    key = ObjectKey(Path(name).parts[-3], Path(name).name)
                    is_new = not self._holds(key, content)
                    self._put_over(self._bucket.head(name), key, content, metadata)
            stayed += not is_new
        return stayed


def _name(key: ObjectKey) -> str:
    return f"{_START}{key.feed_id}/{key.sha256[:2]}/{key.sha256}"


def _metadata(kept: Kept, first_seen_at: datetime) -> dict[str, str]:
    return {_KEPT: kept.value, _SEEN: first_seen_at.astimezone(UTC).isoformat()}


def _known(one: SharedObject) -> KnownObject:
    """What the metadata say; those of an object of other hands say that it is bytes of now."""
    try:
        kept, seen_at = Kept(one.metadata[_KEPT]), datetime.fromisoformat(one.metadata[_SEEN])
    except (KeyError, ValueError):
        kept, seen_at = Kept.WHOLE, one.changed_at
    return KnownObject(kept, seen_at, one.size_bytes if kept is Kept.WHOLE else 0)


def _part(one: SharedObject) -> StoredPart:
    """The object as a part of a backup; when it changed is when it was put."""
    last = one.key.rpartition("/")[2]
    changed_ns = int(one.changed_at.timestamp()) * 10**9
    return StoredPart(
        one.key.removeprefix("landing/"), one.size_bytes, changed_ns, "" if "." in last else last
    )
