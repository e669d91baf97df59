"""Files of a folder that some feeds have landed and others could not yet."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pipelines.base.durable import write_durably
from pipelines.base.state_files import read_state
from pipelines.collect.file_store import Fetched
from pipelines.collect.folders import entries, move, own_folder, plain_files

_TAKEN_BY = "taken-by.json"


@dataclass(frozen=True)
class HeldFiles:
    """The folder `held` of a source: each file in a folder of its own, with a note."""

    folder: Path

    def hold(self, file: Fetched, taken_by: Sequence[str]) -> None:
        """The file stands here, with the names of the feeds that have it."""
        digest = hashlib.sha256(file.content).hexdigest()[:16]
        own = own_folder(own_folder(self.folder) / digest)
        write_durably(own / _TAKEN_BY, msgspec.json.encode(taken_by))
        move(file.file.key, own, file.file.name)

    def files(self) -> Sequence[Path]:
        """The files that are held."""
        return [
            file
            for own in entries(self.folder)
            if not own.is_symlink()
            for file in plain_files(own)
            if file.name != _TAKEN_BY
        ]

    def taken_by(self, home: Path, file: Path) -> tuple[str, ...]:
        """The feeds that the file was landed for already."""
        then = (
            f"{file.name} is landed again for the feeds that have it; they answer it as a "
            "duplicate."
        )
        return read_state(home, file.with_name(_TAKEN_BY), _decode_note, (), then)

    def let_go(self, key: str) -> None:
        """The folder that the file of this path was held in, if it was, is gone with its note."""
        if key.startswith(f"{self.folder}/"):
            file = Path(key)
            file.with_name(_TAKEN_BY).unlink(missing_ok=True)
            with suppress(OSError):
                file.parent.rmdir()


_decode_note = msgspec.json.Decoder(tuple[str, ...]).decode
