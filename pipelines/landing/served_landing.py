"""The landing folder as a process that runs for long sees it: what waits changes under its hands.

Other processes land, load and settle meanwhile. What waits is looked up before each landing, and a
file of manifests that has not changed is not read again: thousands may wait.
"""

import os
from collections.abc import Sequence
from datetime import datetime

from pipelines.landing.landing import Delivery, Landing, Manifest
from pipelines.landing.manifest_lines import read_manifests

_Stamp = tuple[int, int, int]


class ServedLanding(Landing):
    """A landing folder that one thread lands into, again and again."""

    _read: dict[str, tuple[_Stamp, list[Manifest]]] | None = None
    """Name in the inbox → the file's stamp and its manifests, as they were read."""

    def land_all(
        self, deliveries: Sequence[Delivery], received_at: datetime | None = None
    ) -> list[Manifest]:
        """As `Landing` does; only what waits now is taken for the same delivery."""
        self._waiting = None
        return super().land_all(deliveries, received_at)

    def waiting(self) -> list[Manifest]:
        """The deliveries in the inbox, in the order in which they came."""
        before, self._read, self._files = self._read or {}, {}, {}
        for name, stamp in self._stamps():
            known = before.get(name)
            path = self.inbox / name
            own = known[1] if known and known[0] == stamp else read_manifests(self.home, path)
            self._read[name] = (stamp, own)
            self._files |= dict.fromkeys((one.delivery_id for one in own), path)
        manifests = [one for _, own in self._read.values() for one in own]
        return sorted(manifests, key=lambda one: one.delivery_id)

    def _stamps(self) -> list[tuple[str, _Stamp]]:
        """The files of the inbox with what changes when one of them does."""
        found = []
        try:
            with os.scandir(self.inbox) as entries:
                for entry in entries:
                    if entry.name[0] == ".":
                        continue
                    try:
                        state = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    found.append((entry.name, (state.st_mtime_ns, state.st_size, state.st_ino)))
        except (FileNotFoundError, NotADirectoryError):
            return []
        return found
