"""The packs of a home and their index, which follows them whatever becomes of it.

    landing/packs/<day>/<time>-<random>.pack      many files in one; nothing is ever added to it
    landing/packs/<day>/<time>-<random>.expired   in its place, where retention deleted it
    landing/packs/index.sqlite                    where each file stands; made again from the packs

The packs are what counts: what the index tells is checked against the bytes, it is made again where
it is lost or damaged, and a pack that it does not know is entered when something is missed.
"""

import logging
import os
import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from pipelines.base.durable import make_folder, sync_folder
from pipelines.base.errors import Retryable
from pipelines.base.kill_points import reached
from pipelines.base.locks import held_lock
from pipelines.base.state_files import set_aside
from pipelines.landing.object_store import Kept
from pipelines.landing.pack_file import ScannedPack, scan_pack
from pipelines.landing.pack_index import IndexDamaged, PackedObject, PackIndex

PACK, EXPIRED = ".pack", ".expired"
_log = logging.getLogger(__name__)

T = TypeVar("T")


class PacksBusy(Retryable):
    """Another process enters packs into their index."""


class PackCatalogue:
    """Which packs a home has, and where a file stands in them.

    A pack's name is its path below `landing/`, without its ending.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._landing = home / "landing"
        self.folder = self._landing / "packs"
        self._index = PackIndex(self.folder / "index.sqlite")
        self._is_complete = False
        """All packs that stand there were entered, as far as this process knows."""
        self._durable_days: set[Path] = set()
        """Folders that would stand there after a power cut, as far as this process knows."""

    def path(self, name: str) -> Path:
        """The file of that pack."""
        return self._landing / f"{name}{PACK}"

    def names(self) -> set[str]:
        """The packs that stand there, or stood until they expired."""
        files = (*self.folder.glob(f"*/*{PACK}"), *self.folder.glob(f"*/*{EXPIRED}"))
        return {f"packs/{one.parent.name}/{one.stem}" for one in files if one.name[0] != "."}

    def find(self, hashes: Sequence[str]) -> list[PackedObject]:
        """All places of these hashes, for whatever feed; those in the newest packs first."""
        if not hashes or not self.folder.is_dir():
            return []
        try:
            return self._index.find(hashes)
        except (FileNotFoundError, IndexDamaged):
            with self._lock():
                return self._asked(lambda: self._index.find(hashes))

    def find_all(self, hashes: Sequence[str]) -> list[PackedObject]:
        """As `find`; packs that the index does not know are entered before: copied in by hand."""
        if not self._is_complete and self.folder.is_dir():
            with self._lock():
                unknown = self.names() - self._asked(self._index.packs)
            if unknown:
                _log.warning("%d packs of landed files were not in their index.", len(unknown))
                self.enter(unknown)
            self._is_complete = True
        return self.find(hashes)

    def feeds(self) -> set[str]:
        """The feeds of which any pack has, or had, a file."""
        if not self.folder.is_dir():
            return set()
        with self._lock():
            return self._asked(self._index.feeds)

    def place(self, new: Sequence[tuple[Path, str, ScannedPack]]) -> None:
        """The files that are written become packs of these names, durable and entered."""
        folders = {self.path(name).parent for _, name, _ in new}
        # One may have been taken away meanwhile, by other hands.
        self._durable_days -= {folder for folder in folders if not folder.is_dir()}
        for folder in folders:
            make_folder(folder)
        with self._lock():
            # First: a place without a pack is as good as none, and a pack that nobody knows would
            # keep what must go.
            self._asked(lambda: self._index.add([(name, pack) for _, name, pack in new]))
            reached("pack: entered")
            for written, name, _ in new:
                os.replace(written, self.path(name))
        for folder in folders:
            sync_folder(folder)
        if not folders <= self._durable_days:
            sync_folder(self.folder)
            self._durable_days |= folders

    def enter(self, names: Collection[str]) -> None:
        """The index knows what these packs hold now, whatever it knew of them."""
        if names:
            with self._lock():
                packs = [one for one in map(self._scanned, sorted(names)) if one is not None]
                self._asked(lambda: self._index.add(packs))

    def mark(self, places: Sequence[PackedObject], kept: Kept) -> None:
        """The index knows what has become of the files there."""
        if places:
            with self._lock():
                self._asked(lambda: self._index.mark(places, kept))

    def _lock(self) -> AbstractContextManager[None]:
        return held_lock(self._home, "packs", PacksBusy, "The index of landed files")

    def _asked(self, question: Callable[[], T]) -> T:
        """What the index answers, which is made again where it has to be; under the lock."""
        try:
            return question()
        except FileNotFoundError:
            self._make_index()
        except IndexDamaged as error:
            then = "It is made again from the packs."
            set_aside(self._home, self._index.path, f"cannot be used ({error})", then)
            self._make_index()
        return question()

    def _make_index(self) -> None:
        make_folder(self.folder)
        for left in self.folder.glob(".index.*.tmp*"):
            left.unlink()
        new = PackIndex(self.folder / f".index.{secrets.token_hex(4)}.tmp")
        try:
            new.make()
            packs = map(self._scanned, sorted(self.names()))
            new.add(one for one in packs if one is not None)
            # A part of a change that is left of the index before would be taken for the new one's.
            _drop_journal(self._index.path)
            os.replace(new.path, self._index.path)
            sync_folder(self.folder)
        finally:
            new.path.unlink(missing_ok=True)
            _drop_journal(new.path)

    def _scanned(self, name: str) -> tuple[str, ScannedPack] | None:
        """What the pack tells, or the list that stands in its place; None where it is damaged."""
        for path in (self.path(name), self.path(name).with_suffix(EXPIRED)):
            try:
                return name, scan_pack(path)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                _log.error("%s cannot be used (%s). It is left there.", path, error)
        return None


def _drop_journal(index: Path) -> None:
    for ending in ("-journal", "-wal"):
        Path(f"{index}{ending}").unlink(missing_ok=True)
