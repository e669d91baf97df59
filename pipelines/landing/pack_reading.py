"""Reads files of packs, and looks for them in the packs themselves."""

import hashlib
from pathlib import Path

from pipelines.landing.object_store import Kept, ObjectKey
from pipelines.landing.pack_file import PackedFile, read_packed, scan_pack


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
