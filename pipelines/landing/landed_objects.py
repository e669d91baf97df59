"""Landed bytes of one machine's home: many that land together in packs, others as files.

A file costs its folder, its name and its block; a pack of many costs as much once
(docs/adr/0054-packs.md). Notes of what is withheld are files for both, and come before the bytes
go. Whichever has the bytes whole gives them.
"""

import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from pipelines.landing.object_folder import ObjectFolder
from pipelines.landing.object_store import (
    DamagedObject,
    Kept,
    KnownObject,
    MissingObject,
    ObjectKey,
    StoredPart,
)
from pipelines.landing.pack_file import can_be_packed, scan_pack, take_out
from pipelines.landing.packed_objects import PackedObjects, whole

LEAST_PACKED = 64
"""Fewer files that land together stand alone."""
_LARGEST_PACKED_BYTES = 1024 * 1024
PACKS = "packs/"


class LandedObjects:
    """The store of one home."""

    most_at_once = sys.maxsize

    def __init__(self, home: Path) -> None:
        self._files = ObjectFolder(home)
        self._packs = PackedObjects(home)
        self._landing = home / "landing"

    def look(self, keys: Collection[ObjectKey]) -> Mapping[ObjectKey, KnownObject]:
        """What is known of each; a key of which nothing ever came is left out."""
        found = dict(self._files.look(keys))
        wanted = set(keys)
        for one in self._packs.catalogue.find([key.sha256 for key in keys]):
            key = one.file.key
            if key in wanted:
                new = KnownObject(one.file.kept, one.first_seen_at, one.file.size_bytes)
                found[key] = _both(found[key], new) if key in found else new
        return found

    def keep(
        self, contents: Mapping[ObjectKey, bytes], first_seen_at: datetime
    ) -> Mapping[ObjectKey, KnownObject]:
        """The bytes are there whole, unless they must not be; what was known of them before."""
        seen = self.look(contents.keys())
        lacking = {
            key: content
            for key, content in contents.items()
            if (known := seen.get(key)) is None
            or known.kept is Kept.EXPIRED
            or (known.kept is Kept.WHOLE and not self._holds(key, content))
        }
        if lacking:
            self._put(lacking, first_seen_at)
        return seen

    def _put(self, contents: Mapping[ObjectKey, bytes], first_seen_at: datetime) -> None:
        """The bytes are there whole, as seen first then; what stood there is replaced."""
        packed: dict[ObjectKey, bytes] = {}
        if len(contents) >= LEAST_PACKED:
            # A file that is damaged is mended where it stands.
            known = self._files.look(contents.keys())
            packed = {
                key: content
                for key, content in contents.items()
                if len(content) <= _LARGEST_PACKED_BYTES
                if can_be_packed(key)
                if key not in known or known[key].kept is not Kept.WHOLE
            }
        if len(packed) < LEAST_PACKED:
            packed = {}
        if alone := {key: content for key, content in contents.items() if key not in packed}:
            self._files.put(alone, first_seen_at)
        if packed:
            self._packs.put(packed, first_seen_at)
            # They may have been withheld meanwhile for another delivery of the same bytes.
            for key in self._files.withheld_of(packed.keys()):
                self._packs.withhold(whole(self._packs.catalogue.find([key.sha256]), key))

    def _holds(self, key: ObjectKey, content: bytes) -> bool:
        """Whether these bytes stand there whole, or must not: else they are to be put again."""
        return (
            self._files.holds(key, content)
            or self._packs.holds(key, content)
            or self.why_withheld(key) is not None
        )

    def expect(self, sizes: Mapping[ObjectKey, int]) -> None:
        """The places in packs of these files, which are read next, are looked up together."""
        self._packs.expect(sizes)

    def read(self, key: ObjectKey) -> bytes:
        """The bytes, whose hash is the key's.

        Raises `FileNotFoundError` where they were not kept on purpose, and `DamagedObject` where
        they are missing, cannot be read, or are others.
        """
        if (content := self._packs.read_expected(key)) is not None:
            return content
        try:
            return self._files.read(key)
        except MissingObject:
            return self._packs.read(key)
        except DamagedObject as error:
            try:
                return self._packs.read(key)
            except DamagedObject:
                raise error from None

    def where(self, key: ObjectKey) -> str:
        """Where the bytes stand, for those who look for them by hand."""
        for one in whole(self._packs.catalogue.find([key.sha256]), key):
            return f"{self._packs.catalogue.path(one.pack)}, from byte {one.file.place:,} on"
        return self._files.where(key)

    def withhold(self, key: ObjectKey, why: str, first_seen_at: datetime) -> None:
        """The bytes are gone for ever from wherever they stood; a note says why.

        The note tells when they came first; where that is not known, then.
        """
        same = self._packs.catalogue.find_all([key.sha256])
        places = [one for one in same if one.file.key == key]
        seen = min((one.first_seen_at for one in places), default=first_seen_at)
        self._files.withhold(key, why, seen)
        self._packs.drop_left()
        self._packs.withhold(places)

    def why_withheld(self, key: ObjectKey) -> str | None:
        """What the note in place of withheld bytes says, None where there is none.

        A note that cannot be read says nothing, and the bytes were not kept all the same.
        """
        return self._files.why_withheld(key)

    def withheld_of(self, keys: Collection[ObjectKey]) -> list[ObjectKey]:
        """Those of the keys in place of whose bytes such a note stands."""
        return self._files.withheld_of(keys)

    def expire(self, keys: Collection[ObjectKey]) -> None:
        """The bytes are gone; what is left tells when they came first."""
        alone = [key for key, one in self._files.look(keys).items() if one.kept is Kept.WHOLE]
        self._files.expire(alone)
        wanted = set(keys)
        places = self._packs.catalogue.find_all([key.sha256 for key in keys])
        going = [one for one in places if one.file.kept is Kept.WHOLE and one.file.key in wanted]
        self._packs.expire(going)

    def feeds(self) -> set[str]:
        """The feeds of which there is anything."""
        return self._files.feeds() | self._packs.catalogue.feeds()

    def expired_feed(self) -> str | None:
        """A feed of which bytes have expired; None where there is none."""
        return self._files.expired_feed() or self._packs.expired_feed()

    def withheld_hashes(self) -> set[str]:
        """Hashes of which a note says that the bytes were withheld, and no feed has the bytes."""
        noted = self._files.withheld_hashes()
        places = self._packs.catalogue.find_all(sorted(noted))
        return noted - {one.file.key.sha256 for one in places if one.file.kept is Kept.WHOLE}

    def drop_withheld(self, sha256: str) -> int:
        """Bytes that should be gone for any feed are gone, parts of them too; how many there were.

        They are there where a process died between the note and the deletion, or by other hands.
        """
        self._packs.drop_left()
        left = [
            one
            for one in self._packs.catalogue.find_all([sha256])
            if one.file.kept is Kept.WHOLE and self.why_withheld(one.file.key) is not None
        ]
        return self._files.drop_withheld(sha256) + self._packs.withhold(left)

    def drop_abandoned(self, before: float) -> int:
        """What landings left that were killed before then (seconds since 1970) is gone; how many.

        It was never acknowledged.
        """
        return self._files.drop_abandoned(before)

    def parts(self) -> Iterator[StoredPart]:
        """Each file of bytes, each note and each pack."""
        yield from self._files.parts()
        yield from self._packs.parts()

    def copy_part(self, name: str, target: Path) -> None:
        """The file `target` has the part's bytes; raises `FileNotFoundError` where it is gone."""
        shutil.copyfile(self._landing / name, target)

    def put_parts(self, parts: Iterable[tuple[StoredPart, Path]]) -> int:
        """The parts are as they were backed up, from these files, whose hashes the caller knows.

        How many were there already, as good: they stay. What was withheld here meanwhile does not
        come back with a pack.
        """
        packs: list[tuple[StoredPart, Path]] = []
        stayed = self._files.put_parts(_without_packs(parts, packs))
        return stayed + self._packs.put_parts(packs, self.why_withheld)

    def parts_with(self, sha256: str) -> Collection[str]:
        """Names of parts that have, or had, these bytes among those of other files."""
        return {f"{one.pack}.pack" for one in self._packs.catalogue.find_all([sha256])}

    def take_out(self, part: Path, hashes: Collection[str]) -> int:
        """A copy of such a part has the bytes of these hashes no more; how many it had."""
        files = [one for one in scan_pack(part).files if one.key.sha256 in hashes]
        return take_out(part, files, Kept.WITHHELD)


def _both(one: KnownObject, other: KnownObject) -> KnownObject:
    """What is known of bytes that stand, or stood, in two places."""
    kept = other.kept if one.kept is Kept.EXPIRED else one.kept
    size = one.size_bytes or other.size_bytes
    return KnownObject(kept, min(one.first_seen_at, other.first_seen_at), size)


def _without_packs(
    parts: Iterable[tuple[StoredPart, Path]], packs: list[tuple[StoredPart, Path]]
) -> Iterator[tuple[StoredPart, Path]]:
    """Those that are files alone; the others are put aside in `packs`."""
    for part, source in parts:
        if part.name.startswith(PACKS):
            packs.append((part, source))
        else:
            yield part, source
