"""The list of what one backup holds. A backup counts from the moment that its list is there.

backups/<UTC>.jsonl     a line for each file, and a last one that says how many there are
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.base.durable import write_durably
from pipelines.base.errors import SitrepError, UsageError


class BackupFault(SitrepError):
    """A backup is not whole, or a file in it is damaged."""


class BackedUp(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file of a home."""

    path: str
    """Within the home."""
    sha256: str = ""
    size: int = 0
    mtime_ns: int = 0
    mode: int = 0o600
    link: str | None = None
    """What a link points to; it has no content."""


class _End(msgspec.Struct, frozen=True):
    """The last line of a list that is whole."""

    files: int


class BackupLists:
    """The backups in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "backups"

    def names(self) -> list[str]:
        """The backups, the oldest first."""
        return sorted(path.stem for path in self._folder.glob("*.jsonl"))

    def write(self, made_at: datetime, files: Sequence[BackedUp]) -> str:
        """The backup of these files is whole from now on; its name."""
        name = f"{made_at:%Y%m%dT%H%M%S%fZ}"
        self.rewrite(name, files)
        return name

    def rewrite(self, name: str, files: Sequence[BackedUp]) -> None:
        """The backup of that name has these files."""
        lines = [*map(_encode, files), _encode(_End(len(files)))]
        write_durably(self._folder / f"{name}.jsonl", b"\n".join(lines))

    def read(self, name: str) -> list[BackedUp]:
        """The files of that backup; raises `BackupFault` where its list is damaged."""
        lines = (self._folder / f"{name}.jsonl").read_bytes().split(b"\n")
        try:
            files = [_decode(line) for line in lines[:-1]]
            is_whole = _decode_end(lines[-1]).files == len(files)
        except (msgspec.DecodeError, UnicodeDecodeError):
            is_whole = False
        if not is_whole:
            raise BackupFault(
                f"The list of the backup {name} is damaged. Use another: {self._told()}."
            )
        return files

    def chosen(self, name: str | None) -> str:
        """That backup, or the newest; raises `UsageError` where there is none."""
        names = self.names()
        if not names or (name is not None and name not in names):
            asked = f"backup {name}" if name else "whole backup"
            raise UsageError(f"There is no {asked} in {self._folder.parent}: {self._told()}.")
        return name or names[-1]

    def keep(self, number: int) -> None:
        """Only the newest backups stay."""
        for name in self.names()[:-number]:
            (self._folder / f"{name}.jsonl").unlink()

    def all_files(self) -> Iterator[BackedUp]:
        """The files of every backup."""
        for name in self.names():
            yield from self.read(name)

    def _told(self) -> str:
        return ", ".join(self.names()) or "it has none"


def is_within(path: str) -> bool:
    """Whether the path stays within the home."""
    return not Path(path).is_absolute() and ".." not in Path(path).parts


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(BackedUp).decode
_decode_end = msgspec.json.Decoder(_End).decode
