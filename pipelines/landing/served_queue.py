"""The folder of manifests as a process that runs for long sees it: it changes under its hands.

Other processes land, load and settle meanwhile. Only files of manifests that are new are read:
thousands may wait.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from pipelines.landing.delivery_queue import FileKey
from pipelines.landing.folder_queue import FolderQueue, key_of
from pipelines.landing.manifest_lines import Manifest, read_manifests


class ServedFolderQueue(FolderQueue):
    """A queue that one thread at a time enters into or looks at, again and again."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._seen: dict[str, tuple[int, list[Manifest]]] = {}
        """Name in the inbox → the file's inode and its manifests.

        A file there is never changed: another of its name takes its place.
        """
        self._by_file: dict[FileKey, Manifest] = {}

    def waiting(self) -> list[Manifest]:
        """The deliveries in the inbox, in the order in which they came."""
        self._look()
        self._files = {
            one.delivery_id: self.inbox / name
            for name, (_, own) in self._seen.items()
            for one in own
        }
        manifests = [one for _, own in self._seen.values() for one in own]
        return sorted(manifests, key=lambda one: one.delivery_id)

    def waiting_as(self, files: Collection[FileKey]) -> Mapping[FileKey, Manifest]:
        """Those of the files that wait now."""
        self._look()
        return {file: self._by_file[file] for file in files if file in self._by_file}

    def _look(self) -> None:
        """What is known is what waits now."""
        there = self._inodes()
        for name in [one for one, (inode, _) in self._seen.items() if there.get(one) != inode]:
            for manifest in self._seen.pop(name)[1]:
                self._by_file.pop(key_of(manifest), None)
        for name in there.keys() - self._seen.keys():
            own = read_manifests(self.home, self.inbox / name)
            self._seen[name] = (there[name], own)
            self._by_file |= {key_of(one): one for one in own}

    def _inodes(self) -> Mapping[str, int]:
        try:
            with os.scandir(self.inbox) as entries:
                return {one.name: one.inode() for one in entries if one.name[0] != "."}
        except (FileNotFoundError, NotADirectoryError):
            return {}
