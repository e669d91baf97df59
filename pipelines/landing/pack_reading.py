"""Reads files of packs: alone, or one after the other as they landed."""

import hashlib
from collections import OrderedDict
from pathlib import Path

from pipelines.landing.object_store import Kept, ObjectKey
from pipelines.landing.pack_file import PackedFile, read_packed, scan_pack

_MOST_PLACES = 60_000
"""Places that are known at once, of about 300 bytes each."""


class PlacesBeingRead:
    """Where the files of packs stand that are being read.

    What landed together is read together, and then need not be looked up file by file. A place may
    be out of date: its bytes tell.
    """

    def __init__(self) -> None:
        self._last: Path | None = None
        self._packs: OrderedDict[Path, dict[ObjectKey, PackedFile]] = OrderedDict()

    def find(self, key: ObjectKey) -> tuple[str, PackedFile] | None:
        """The pack and the place of the file, where they are known."""
        for path, files in self._packs.items():
            if (file := files.get(key)) is not None:
                return str(path), file
        return None

    def read_from(self, path: Path) -> None:
        """A file of the pack was read; at the second in turn, all its places are known."""
        if path != self._last or path in self._packs:
            self._last = path
            return
        files = [one for one in all_files_of(path) if one.kept is Kept.WHOLE]
        self._packs[path] = {one.key: one for one in files}
        while len(self._packs) > 1 and sum(map(len, self._packs.values())) > _MOST_PLACES:
            self._packs.popitem(last=False)


def files_of(path: Path, key: ObjectKey) -> list[PackedFile]:
    """Where the pack itself says that the file of that key stands; nowhere, if it is damaged."""
    return [one for one in all_files_of(path) if one.key == key]


def is_whole(path: Path) -> bool:
    """Whether every file of the pack has its bytes, or was taken out."""
    files = all_files_of(path)
    left = (one for one in files if one.kept is Kept.WHOLE)
    return bool(files) and all(read_sound(str(path), one) is not None for one in left)


def all_files_of(path: Path) -> list[PackedFile]:
    """Where the pack itself says that each file stands; nowhere, if it is damaged."""
    try:
        return scan_pack(path).files
    except ValueError:
        return []


def read_sound(path: str, file: PackedFile) -> bytes | None:
    """The bytes, read twice where they are others the first time, as files that stand alone are."""
    for _ in range(2):
        content = read_packed(path, file.place, file.size_bytes)
        if hashlib.sha256(content).hexdigest() == file.key.sha256:
            return content
    return None
