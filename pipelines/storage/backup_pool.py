"""The files of all backups of a folder, each content once, under its SHA-256.

files/<ab>/<sha256>             a content
files/<ab>/<sha256>.withheld    in place of one with patient data, which must not be kept; it names
                                the packs that the content was taken out of
files/.<name>.tmp               what a backup that died left behind
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Collection
from pathlib import Path

from pipelines.base.durable import sync_many, write_durably

_CHUNK_BYTES = 1 << 20


class BackupPool:
    """The contents in one backup folder."""

    def __init__(self, folder: Path) -> None:
        self._files = folder / "files"
        self._new: list[Path] = []

    def begin(self) -> None:
        """What a backup that died left behind is gone; the caller holds the lock."""
        self._files.mkdir(parents=True, exist_ok=True)
        for left in self._files.glob(".*.tmp"):
            left.unlink()

    def path(self, sha256: str) -> Path:
        """Where that content stands."""
        return self._files / sha256[:2] / sha256

    def holds(self, sha256: str, size: int) -> bool:
        """Whether that content is there in that size."""
        try:
            return self.path(sha256).stat().st_size == size
        except FileNotFoundError:
            return False

    def is_withheld(self, sha256: str) -> bool:
        """Whether that content was taken out because of patient data."""
        return self._mark(sha256).exists()

    def copy(self, source: Path) -> Path:
        """A file of the pool, not yet under its name, that has the bytes of the source."""
        temporary = self.temporary()
        shutil.copyfile(source, temporary)
        return temporary

    def temporary(self) -> Path:
        """Where a file can be written that is to be entered."""
        return self._files / f".{secrets.token_hex(8)}.tmp"

    def enter(self, temporary: Path) -> tuple[str, int]:
        """The copied file stands under its hash; its hash and size."""
        sha256, size = hash_of(temporary), temporary.stat().st_size
        if self.holds(sha256, size):
            temporary.unlink()
        else:
            target = self.path(sha256)
            target.parent.mkdir(exist_ok=True)
            os.replace(temporary, target)
            self._new.append(target)
        return sha256, size

    def sync(self) -> None:
        """All that was entered is on the disk."""
        sync_many([*self._new, *{path.parent for path in self._new}, self._files])
        self._new.clear()

    def withhold(self, sha256: str, taken_out_of: Collection[str] = ()) -> None:
        """The content is gone for ever; a mark says that this is meant, and of which packs too."""
        mark, names = self._mark(sha256), self.withheld_from(sha256)
        if not mark.exists() or not names.issuperset(taken_out_of):
            mark.parent.mkdir(parents=True, exist_ok=True)
            write_durably(mark, "\n".join(sorted(names.union(taken_out_of))).encode())
        self.path(sha256).unlink(missing_ok=True)

    def withheld_from(self, sha256: str) -> frozenset[str]:
        """Packs that a content was taken out of, in all backups."""
        try:
            return frozenset(self._mark(sha256).read_text("utf-8").split())
        except FileNotFoundError:
            return frozenset()

    def drop_all_but(self, wanted: set[str]) -> int:
        """Contents that no backup needs are gone; how many there were."""
        dropped = 0
        for path in self._files.glob("*/*"):
            if path.suffix != ".withheld" and path.name not in wanted:
                path.unlink()
                dropped += 1
        return dropped

    def _mark(self, sha256: str) -> Path:
        path = self.path(sha256)
        return path.with_name(f"{path.name}.withheld")


def hash_of(path: Path) -> str:
    """The SHA-256 of the file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
