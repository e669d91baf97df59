"""The landing folder as a process that runs for long sees it: what waits changes under its hands.

Other processes land, load and settle meanwhile. What waits is looked up before each landing, and
only files of manifests that are new are read: thousands may wait.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from pipelines.landing.landing import Landing, Manifest
from pipelines.landing.manifest_lines import read_manifests
from pipelines.landing.object_store import ObjectKey


class ServedLanding(Landing):
    """A landing folder that one thread at a time lands into or looks at, again and again."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._seen: dict[str, tuple[int, list[Manifest]]] = {}
        """Name in the inbox → the file's inode and its manifests.

        A file there is never changed: another of its name takes its place.
        """
        self._known: dict[tuple[str, str, str], Manifest] = {}

    def _waiting_for(self, keys: Collection[ObjectKey]) -> dict[tuple[str, str, str], Manifest]:
        """What waits now that has any bytes, by feed, hash and name."""
        self._look()
        return self._known

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

    def _look(self) -> None:
        """What is known is what waits now."""
        there = self._inodes()
        for name in [one for one, (inode, _) in self._seen.items() if there.get(one) != inode]:
            for manifest in self._seen.pop(name)[1]:
                self._known.pop(_key(manifest), None)
        for name in there.keys() - self._seen.keys():
            own = read_manifests(self.home, self.inbox / name)
            self._seen[name] = (there[name], own)
            self._known |= {_key(one): one for one in own}

    def _inodes(self) -> Mapping[str, int]:
        try:
            with os.scandir(self.inbox) as entries:
                return {one.name: one.inode() for one in entries if one.name[0] != "."}
        except (FileNotFoundError, NotADirectoryError):
            return {}


def _key(manifest: Manifest) -> tuple[str, str, str]:
    return manifest.feed_id, manifest.sha256, manifest.file_name
