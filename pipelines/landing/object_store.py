"""What landing keeps of bytes, whatever keeps them: by feed and hash, with when they came first.

One interface, `ObjectStore`, stands between the pipeline and the place: nothing above it knows
files, buckets or packs. Of each key it has the bytes, or a note in their place: they were withheld
(with why, for ever), or retention deleted them. What a backup copies are its parts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from pipelines.base.errors import SitrepError


class DamagedObject(SitrepError):
    """Landed bytes are missing, or are not those that came: our fault, which is no verdict."""


class MissingObject(DamagedObject, FileNotFoundError):
    """Landed bytes are missing, though they were to be kept."""


class ObjectKey(NamedTuple):
    """Names bytes that came for a feed."""

    feed_id: str
    sha256: str


class Kept(StrEnum):
    """What is left of bytes that came."""

    WHOLE = "whole"
    """The bytes, if they are not damaged."""
    WITHHELD = "withheld"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class KnownObject:
    """Bytes that came for a feed before."""

    kept: Kept
    first_seen_at: datetime
    size_bytes: int = 0
    """Of the bytes that are there."""


class StoredPart(NamedTuple):
    """What a backup copies and a restore puts back: bytes, a note, or many bytes together.

    Parts have the same names and contents in every store that keeps such parts, so that a backup of
    one can be restored to another.
    """

    name: str
    """A path below `landing/` in a backup."""
    size_bytes: int
    changed_ns: int
    """When it changed last (ns since 1970): of bytes and their notes, when they came first."""
    sha256: str = ""
    """Of its bytes, where that is known without reading them."""


_PARTS = ("objects/", "packs/")


def is_object_part(name: str) -> bool:
    """Whether that path below `landing/` is a part's name."""
    return name.startswith(_PARTS)


class ObjectStore(Protocol):
    """Keeps landed bytes. What a call wrote is on durable storage when it ends.

    Any number of processes use one store together. Errors of the place are `OSError`.
    """

    most_at_once: int
    """So many objects are read in no time to speak of."""

    def look(self, keys: Collection[ObjectKey]) -> Mapping[ObjectKey, KnownObject]:
        """What is known of each; a key of which nothing ever came is left out."""

    def keep(
        self, contents: Mapping[ObjectKey, bytes], first_seen_at: datetime
    ) -> Mapping[ObjectKey, KnownObject]:
        """The bytes are there whole, unless they must not be; what was known of them before.

        What never came is seen first then. Bytes that are missing, damaged or expired are put
        again. Readers never see a part of one. Where it fails, some may be there, each whole.
        """

    def read(self, key: ObjectKey) -> bytes:
        """The bytes, whose hash is the key's.

        Raises `FileNotFoundError` where they were not kept on purpose, and `DamagedObject` where
        they are missing, cannot be read, or are others.
        """

    def expect(self, sizes: Mapping[ObjectKey, int]) -> None:
        """These are about to be read, in this order; their sizes in bytes.

        A store that is far away reads some of them together.
        """

    def where(self, key: ObjectKey) -> str:
        """Where the bytes stand, for those who look for them by hand."""

    def withhold(self, key: ObjectKey, why: str, first_seen_at: datetime) -> None:
        """The bytes are gone for ever from wherever they stood; a note says why.

        Where they were not known, the note tells that they were seen first then.
        """

    def why_withheld(self, key: ObjectKey) -> str | None:
        """What the note in place of withheld bytes says, None where there is none.

        A note that cannot be read says nothing, and the bytes were not kept all the same.
        """

    def withheld_of(self, keys: Collection[ObjectKey]) -> list[ObjectKey]:
        """Those of the keys in place of whose bytes such a note stands."""

    def expire(self, keys: Collection[ObjectKey]) -> None:
        """The bytes are gone; what is left tells when they came first."""

    def feeds(self) -> set[str]:
        """The feeds of which there is anything."""

    def expired_feed(self) -> str | None:
        """A feed of which bytes have expired; None where there is none."""

    def withheld_hashes(self) -> set[str]:
        """Hashes of which a note says that the bytes were withheld, and no feed has the bytes.

        What one feed must not keep, another may.
        """

    def drop_withheld(self, sha256: str) -> int:
        """Bytes that should be gone for any feed are gone, parts of them too; how many there were.

        They are there where a process died between the note and the deletion, or by other hands.
        """

    def drop_abandoned(self, before: float) -> int:
        """What landings left that were killed before then (seconds since 1970) is gone; how many.

        It was never acknowledged.
        """

    def parts(self) -> Iterator[StoredPart]:
        """All that a backup needs, by name; what comes or goes meanwhile may be left out."""

    def copy_part(self, name: str, target: Path) -> None:
        """The file `target` has the part's bytes; raises `FileNotFoundError` where it is gone."""

    def put_parts(self, parts: Iterable[tuple[StoredPart, Path]]) -> int:
        """The parts are as they were backed up, from these files, whose hashes the caller knows.

        How many were there already, as good: they stay.
        """

    def parts_with(self, sha256: str) -> Collection[str]:
        """Names of parts of many files that have, or had, these bytes for any feed."""

    def take_out(self, part: Path, hashes: Collection[str]) -> int:
        """The file, a copy of such a part, has the bytes of these hashes no more; how many it had.

        All else in it stays as it is.
        """
