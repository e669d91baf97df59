"""Landed bytes as files in a folder: a store for one machine.

landing/objects/<feed>/<ab>/<sha256>            the bytes; their time is when they came first
landing/objects/<feed>/<ab>/<sha256>.withheld   in place of bytes that must not be kept
landing/objects/<feed>/<ab>/<sha256>.expired    in place of bytes that retention deleted
landing/writing/                                hidden files of what is being written
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipelines.base.durable import (
    make_folder,
    sync_folder,
    sync_many,
    write_all_durably,
    write_durably,
)
from pipelines.base.kill_points import reached
from pipelines.base.plain_files import read_plain
from pipelines.base.state_files import set_aside
from pipelines.landing.object_parts import is_there, part_at, put_part
from pipelines.landing.object_store import (
    DamagedObject,
    Kept,
    KnownObject,
    MissingObject,
    ObjectKey,
    StoredPart,
)

_LONGEST_NOTE_BYTES = 1024 * 1024
_WITHHELD, _EXPIRED = ".withheld", ".expired"
_EXPIRED_TOGETHER = 1000


class ObjectFolder:
    """The bytes in the landing folder of one home."""

    most_at_once = sys.maxsize

    def __init__(self, home: Path) -> None:
        self._home = home
        self.folder = home / "landing" / "objects"
        self.writing = home / "landing" / "writing"
        self._folder = str(self.folder)

    def path(self, key: ObjectKey) -> Path:
        """The path of the bytes."""
        return Path(self.where(key))

    def where(self, key: ObjectKey) -> str:
        """The path of the bytes."""
        return f"{self._folder}/{key.feed_id}/{key.sha256[:2]}/{key.sha256}"

    def look(self, keys: Collection[ObjectKey]) -> Mapping[ObjectKey, KnownObject]:
        """What is known of each; a key of which nothing ever came is left out."""
        found: dict[ObjectKey, KnownObject] = {}
        feeds = self.feeds()
        for key in keys:
            if key.feed_id in feeds and (known := _known(self.where(key))):
                found[key] = known
        return found

    def put(self, contents: Mapping[ObjectKey, bytes], first_seen_at: datetime) -> None:
        """The bytes are there whole, as seen first then; what stood there is replaced."""
        files = {self.path(key): content for key, content in contents.items()}
        for path in files:
            if path.is_dir() and not path.is_symlink():
                set_aside(self._home, path, "is a folder", "The bytes are landed in its place.")
        write_all_durably(files, first_seen_at.timestamp(), self.writing)

    def holds(self, key: ObjectKey, content: bytes) -> bool:
        """Whether these bytes stand there whole, or must not: else they are to be put again."""
        path = self.where(key)
        try:
            return read_plain(path, len(content)) == content or _read_note(path) is not None
        except OSError:
            return False

    def expect(self, sizes: Mapping[ObjectKey, int]) -> None:
        """Nothing is to be done: they are near."""

    def read(self, key: ObjectKey) -> bytes:
        """The bytes, whose hash is the key's.

        Raises `FileNotFoundError` where they were not kept on purpose, and `DamagedObject` where
        they are missing, cannot be read, or are others.
        """
        path = self.where(key)
        # Twice: what the disk or the network spoils on the way may come whole the next time.
        for _ in range(2):
            try:
                content = _read(path)
            except FileNotFoundError:
                if _read_note(path) is not None:
                    raise
                raise MissingObject("are missing") from None
            except OSError as error:
                raise DamagedObject(f"cannot be read ({error.strerror})") from None
            if hashlib.sha256(content).hexdigest() == key.sha256:
                return content
        raise DamagedObject("are not those that came")

    def withhold(self, key: ObjectKey, why: str, first_seen_at: datetime) -> None:
        """The bytes are gone for ever from wherever they stood; a note says why.

        The note tells when they came first; where that is not known, then.
        """
        path = self.path(key)
        note = Path(f"{path}{_WITHHELD}")
        seen_at = _written_at(str(path)) or _written_at(str(note)) or first_seen_at
        write_durably(note, why.encode())
        os.utime(note, (seen_at.timestamp(), seen_at.timestamp()))
        hidden = f".{path.name}.*.tmp"
        for copy in (path, *path.parent.glob(hidden), *self.writing.glob(hidden)):
            copy.unlink(missing_ok=True)
        sync_folder(path.parent)

    def why_withheld(self, key: ObjectKey) -> str | None:
        """What the note in place of withheld bytes says, None where there is none.

        A note that cannot be read says nothing, and the bytes were not kept all the same.
        """
        return _read_note(self.where(key))

    def withheld_of(self, keys: Collection[ObjectKey]) -> list[ObjectKey]:
        """Those of the keys in place of whose bytes such a note stands."""
        feeds = self.feeds()
        return [
            key
            for key in keys
            if key.feed_id in feeds and os.path.lexists(f"{self.where(key)}{_WITHHELD}")
        ]

    def expire(self, keys: Collection[ObjectKey]) -> None:
        """The bytes are gone, and a note as old as they were stands in their place."""
        paths = [self.path(key) for key in keys]
        for start in range(0, len(paths), _EXPIRED_TOGETHER):
            _expire(paths[start : start + _EXPIRED_TOGETHER])

    def feeds(self) -> set[str]:
        """The feeds of which there is anything."""
        return set(os.listdir(self.folder)) if self.folder.is_dir() else set()

    def expired_feed(self) -> str | None:
        """A feed of which bytes have expired; None where there is none."""
        found = next(self.folder.glob(f"*/*/*{_EXPIRED}"), None)
        return None if found is None else found.parent.parent.name

    def withheld_hashes(self) -> set[str]:
        """Hashes of which a note says that the bytes were withheld, and no feed has the bytes."""
        names = {Path(part.name).name for part in self.parts()}
        notes = {name.removesuffix(_WITHHELD) for name in names if name.endswith(_WITHHELD)}
        return notes - names

    def drop_withheld(self, sha256: str) -> int:
        """Bytes that should be gone for any feed are gone, parts of them too; how many there were.

        They are there where a process died between the note and the deletion, or by other hands.
        """
        found = 0
        for feed_id in self.feeds():
            path = self.path(ObjectKey(feed_id, sha256))
            copies = list(path.parent.glob(f".{sha256}.*.tmp"))
            if os.path.lexists(f"{path}{_WITHHELD}") and path.exists():
                copies.append(path)
            for copy in copies:
                copy.unlink(missing_ok=True)
                found += 1
        return found

    def drop_abandoned(self, before: float) -> int:
        """What landings left that were killed before then (seconds since 1970) is gone; how many.

        It was never acknowledged.
        """
        found = 0
        for path in self.writing.glob(".*.tmp"):
            try:
                # Its other time is that of its delivery.
                changed = path.stat().st_ctime
            except FileNotFoundError:
                continue
            if changed < before:
                path.unlink(missing_ok=True)
                found += 1
        return found

    def parts(self) -> Iterator[StoredPart]:
        """Each file of bytes and each note, by name."""
        for root, folders, names in os.walk(self.folder):
            folders.sort()
            below = os.path.relpath(root, self.folder.parent)
            for name in sorted(names):
                if part := part_at(f"{root}/{name}", f"{below}/{name}"):
                    yield part

    def copy_part(self, name: str, target: Path) -> None:
        """The file `target` has the part's bytes; raises `FileNotFoundError` where it is gone."""
        shutil.copyfile(self.folder.parent / name, target)

    def put_parts(self, parts: Iterable[tuple[StoredPart, Path]]) -> int:
        """The parts are as they were backed up, from these files, whose hashes the caller knows.

        How many were there already, as good: they stay.
        """
        stayed, written = 0, []
        for part, source in parts:
            target = self.folder.parent / part.name
            if is_there(target, part):
                stayed += 1
                continue
            make_folder(target.parent)
            put_part(part, source, target)
            written.append(target)
        sync_many([*written, *{path.parent for path in written}])
        return stayed

    def parts_with(self, sha256: str) -> Collection[str]:
        """None: each part is one file's."""
        return ()

    def take_out(self, part: Path, hashes: Collection[str]) -> int:
        """None: each part is one file's."""
        return 0


def _known(path: str) -> KnownObject | None:
    noted_at = _written_at(f"{path}{_WITHHELD}")
    try:
        state = os.lstat(path)
    except FileNotFoundError:
        if noted_at is not None:
            return KnownObject(Kept.WITHHELD, noted_at)
        expired_at = _written_at(f"{path}{_EXPIRED}")
        return None if expired_at is None else KnownObject(Kept.EXPIRED, expired_at)
    seen_at = datetime.fromtimestamp(state.st_mtime, UTC)
    if noted_at is not None:
        # A process died before it deleted the bytes, or wrote them meanwhile.
        return KnownObject(Kept.WITHHELD, seen_at)
    return KnownObject(Kept.WHOLE, seen_at, state.st_size)


def _written_at(path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(os.lstat(path).st_mtime, UTC)
    except FileNotFoundError:
        return None


def _read_note(path: str) -> str | None:
    try:
        return read_plain(f"{path}{_WITHHELD}", _LONGEST_NOTE_BYTES).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return ""


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
        return stream.readall()


def _expire(paths: list[Path]) -> None:
    """The bytes are gone, and a note as old as they were stands in their place."""
    notes = {Path(f"{path}{_EXPIRED}"): b"deleted by retention" for path in paths}
    write_all_durably(notes)
    reached("retain: noted")
    for path, note in zip(paths, notes, strict=True):
        came_at = path.stat().st_mtime
        os.utime(note, (came_at, came_at))
        path.unlink()
    sync_many([path.parent for path in paths])
