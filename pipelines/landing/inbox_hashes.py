"""Which contents wait in the inbox, without reading what else is told of them: thousands may."""

import os
import re
from collections.abc import Collection
from pathlib import Path

from pipelines.landing.manifest_lines import Manifest, read_line

_SHA256 = re.compile(rb'"sha256":"([0-9a-f]{64})"')


class InboxHashes:
    """The hashes in the files of an inbox, read once; the owner tells what it adds."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._files: dict[bytes, tuple[Path, ...]] | None = None

    def waiting(self, hashes: Collection[str]) -> list[Manifest]:
        """What waits that has any of these contents; of the files, only their lines are read."""
        known = self._known() if hashes else {}
        wanted: dict[Path, set[bytes]] = {}
        for one in known.keys() & set(map(str.encode, hashes)):
            for path in known[one]:
                wanted.setdefault(path, set()).add(one)
        return [
            manifest
            for path, own in sorted(wanted.items())
            for line in _lines_with(path, own)
            if (manifest := read_line(line)) is not None
        ]

    def add(self, path: Path, hashes: Collection[str]) -> None:
        """The file is there, and tells of these contents."""
        known = self._known()
        for one in map(str.encode, hashes):
            known[one] = (*known.get(one, ()), path)

    def forget(self) -> None:
        """The inbox has changed, and is read again when it is asked for."""
        self._files = None

    def _known(self) -> dict[bytes, tuple[Path, ...]]:
        if self._files is None:
            self._files = {}
            for path in self._paths():
                try:
                    content = path.read_bytes()
                except OSError:
                    # It was settled just now, or is damaged: whoever reads it says so.
                    continue
                for one in set(_SHA256.findall(content)):
                    self._files[one] = (*self._files.get(one, ()), path)
        return self._files

    def _paths(self) -> list[Path]:
        try:
            with os.scandir(self._inbox) as entries:
                names = sorted(entry.name for entry in entries if entry.name[0] != ".")
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [self._inbox / name for name in names]


def _lines_with(path: Path, hashes: Collection[bytes]) -> set[bytes]:
    """The lines that tell of these contents; none where the file is settled by now."""
    try:
        content = path.read_bytes()
    except OSError:
        return set()
    lines = set()
    for one in hashes:
        at = content.find(one)
        while at >= 0:
            end = content.find(b"\n", at)
            end = len(content) if end < 0 else end
            lines.add(content[content.rfind(b"\n", 0, at) + 1 : end])
            at = content.find(one, end)
    return lines
