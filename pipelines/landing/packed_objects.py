"""Landed bytes in packs: of many files that land together, and are then few files on the disk.

landing/packs/         the packs and their index (`pack_catalogue`)
landing/writing/       packs that are being written, each locked by its writer
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

from pipelines.base.durable import PRIVATE_FILE, make_folder, sync_folder, sync_many, write_durably
from pipelines.base.kill_points import reached
from pipelines.landing.object_store import (
    DamagedObject,
    Kept,
    MissingObject,
    ObjectKey,
    StoredPart,
)
from pipelines.landing.pack_catalogue import EXPIRED, PACK, PackCatalogue
from pipelines.landing.pack_file import (
    PackedFile,
    ScannedPack,
    drop_left,
    fill_pack,
    list_of_expired,
    new_pack,
    scan_pack,
    take_out,
)
from pipelines.landing.pack_index import PackedObject
from pipelines.landing.pack_reading import (
    all_files_of,
    files_of,
    is_whole,
    read_sound,
)

_MOST_FILES, _MOST_BYTES = 20_000, 64 * 1024 * 1024
"""A pack has no more: it is read as a whole where something is looked for or taken out."""


class PackedObjects:
    """The landed files of one home that are in packs."""

    def __init__(self, home: Path) -> None:
        self._landing = home / "landing"
        self._writing = self._landing / "writing"
        self.catalogue = PackCatalogue(home)
        self._expected: dict[ObjectKey, tuple[str, PackedFile]] = {}

    def put(self, contents: Mapping[ObjectKey, bytes], first_seen_at: datetime) -> None:
        """The files are in new packs, durable."""
        day = f"{first_seen_at:%Y-%m-%d}"
        with ExitStack() as stack:
            new: list[tuple[Path, str, ScannedPack]] = []
            for part in _in_parts(contents):
                name = f"{first_seen_at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
                hidden = self._writing / f".{name}{PACK}.{secrets.token_hex(4)}.tmp"
                stack.callback(hidden.unlink, missing_ok=True)
                stream = stack.enter_context(new_pack(hidden))
                pack = ScannedPack(first_seen_at, fill_pack(stream, part, first_seen_at))
                new.append((hidden, f"packs/{day}/{name}", pack))
            reached("pack: written")
            self.catalogue.place(new)

    def expect(self, keys: Iterable[ObjectKey]) -> None:
        """The places of these files, which are read next, are known; one may be out of date."""
        found = self.catalogue.find([key.sha256 for key in keys])
        paths = {name: str(self.catalogue.path(name)) for name in {one.pack for one in found}}
        self._expected = {
            one.file.key: (paths[one.pack], one.file)
            for one in found
            if one.file.kept is Kept.WHOLE
        }

    def read_expected(self, key: ObjectKey) -> bytes | None:
        """The bytes, where they stand whole at the place that is known; else None."""
        place = self._expected.get(key)
        try:
            return None if place is None else read_sound(*place)
        except OSError:
            return None

    def read(self, key: ObjectKey) -> bytes:
        """The bytes, whose hash is the key's; raises `DamagedObject`."""
        places = whole(self.catalogue.find([key.sha256]), key)
        places = places or whole(self.catalogue.find_all([key.sha256]), key)
        fault: DamagedObject = MissingObject("are missing")
        for one in places:
            try:
                content = self._content(one)
            except FileNotFoundError:
                continue
            except OSError as error:
                fault = DamagedObject(f"cannot be read ({error.strerror})")
                continue
            if content is not None:
                return content
            fault = DamagedObject("are not those that came")
        raise fault

    def holds(self, key: ObjectKey, content: bytes) -> bool:
        """Whether these bytes stand in a pack, whole."""
        try:
            return self.read(key) == content
        except DamagedObject:
            return False

    def _content(self, one: PackedObject) -> bytes | None:
        """The bytes that stand there; None where they are others."""
        path = self.catalogue.path(one.pack)
        content = read_sound(str(path), one.file)
        if content is None:
            # The pack itself says where they stand, should the index be wrong.
            for file in files_of(path, one.file.key):
                content = content or read_sound(str(path), file)
        return content

    def withhold(self, places: Sequence[PackedObject]) -> int:
        """The bytes are gone for ever from these places; how many there were."""
        taken = 0
        for name, own in _by_pack(places).items():
            path, files = self.catalogue.path(name), {one.file for one in own}
            with suppress(FileNotFoundError):
                for key in {one.key for one in files}:
                    files.update(files_of(path, key))
                taken += take_out(path, files, Kept.WITHHELD)
        self.catalogue.mark(places, Kept.WITHHELD)
        return taken

    def expire(self, places: Sequence[PackedObject]) -> None:
        """The bytes are gone from these places; a pack that has no others is gone itself.

        A list of its files stands where it stood.
        """
        for name, own in _by_pack(places).items():
            path = self.catalogue.path(name)
            with suppress(FileNotFoundError):
                if pack := self._that_goes(path, own):
                    write_durably(path.with_suffix(EXPIRED), list_of_expired(pack))
                    reached("retain: noted")
                    path.unlink()
                    sync_folder(path.parent)
                else:
                    take_out(path, (one.file for one in own), Kept.EXPIRED)
        self.catalogue.mark(places, Kept.EXPIRED)

    @staticmethod
    def _that_goes(path: Path, places: Sequence[PackedObject]) -> ScannedPack | None:
        """The pack, where it has no bytes but those; None where it has, or is damaged."""
        try:
            pack = scan_pack(path)
        except ValueError:
            return None
        going = {one.file.place for one in places}
        stays = (one for one in pack.files if one.kept is Kept.WHOLE and one.place not in going)
        return pack if next(stays, None) is None else None

    def drop_left(self) -> None:
        """New packs whose writers have died are gone: they were never acknowledged."""
        for path in self._writing.glob(f".*{PACK}.*.tmp"):
            drop_left(path)

    def parts(self) -> Iterator[StoredPart]:
        """Each pack, and each list in place of one, by name."""
        for path in sorted(self.catalogue.folder.glob("*/*")):
            if path.suffix in (PACK, EXPIRED) and path.name[0] != ".":
                with suppress(FileNotFoundError):
                    state = path.stat()
                    name = str(path.relative_to(self._landing))
                    yield StoredPart(name, state.st_size, state.st_mtime_ns)

    def put_parts(
        self,
        parts: Sequence[tuple[StoredPart, Path]],
        why_withheld: Callable[[ObjectKey], str | None],
    ) -> int:
        """The packs are as they were backed up; how many were there already, as good.

        What must not be kept by now is not in them.
        """
        written = []
        for part, source in parts:
            target = self._landing / part.name
            if target.exists() and (target.suffix == EXPIRED or is_whole(target)):
                continue
            for folder in (target.parent, self._writing):
                make_folder(folder)
            hidden = self._writing / f".{target.name}.{secrets.token_hex(4)}.tmp"
            try:
                shutil.copyfile(source, hidden)
                hidden.chmod(PRIVATE_FILE)
                gone = [one for one in all_files_of(hidden) if why_withheld(one.key) is not None]
                take_out(hidden, gone, Kept.WITHHELD)
                os.utime(hidden, ns=(part.changed_ns, part.changed_ns))
                os.replace(hidden, target)
            finally:
                hidden.unlink(missing_ok=True)
            written.append(target)
        sync_many([*written, *{path.parent for path in written}])
        self.catalogue.enter({f"packs/{one.parent.name}/{one.stem}" for one in written})
        return len(parts) - len(written)

    def expired_feed(self) -> str | None:
        """A feed of which bytes have expired; None where there is none."""
        for path in self.catalogue.folder.glob(f"*/*{EXPIRED}"):
            for one in scan_pack(path).files:
                return one.key.feed_id
        return None


def whole(places: Sequence[PackedObject], key: ObjectKey) -> list[PackedObject]:
    """Those of the places where the bytes of that key should stand."""
    return [one for one in places if one.file.key == key and one.file.kept is Kept.WHOLE]


def _by_pack(places: Sequence[PackedObject]) -> dict[str, list[PackedObject]]:
    found: dict[str, list[PackedObject]] = {}
    for one in places:
        found.setdefault(one.pack, []).append(one)
    return found


def _in_parts(contents: Mapping[ObjectKey, bytes]) -> Iterator[dict[ObjectKey, bytes]]:
    """The files for one pack each."""
    part: dict[ObjectKey, bytes] = {}
    size = 0
    for key, content in contents.items():
        if len(part) == _MOST_FILES or (part and size + len(content) > _MOST_BYTES):
            yield part
            part, size = {}, 0
        part[key] = content
        size += len(content)
    if part:
        yield part
