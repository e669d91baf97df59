"""What holds the small state of a home: named documents, and journals that lines are added to.

A name is a path below the home, wherever it is kept: `reach/trusts.json`. One is a folder of files
(`FolderState`), the other a schema of Postgres that several machines share (`PostgresState`).
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol


class KeptDocument(NamedTuple):
    """A document or a journal, without its content."""

    path: Path
    size_bytes: int
    changed_at: datetime


class StateStore(Protocol):
    """Documents and journals; what a call has changed is durable when it ends."""

    def read(self, path: Path) -> bytes:
        """What stands under that name, a journal as its lines.

        Raises `FileNotFoundError` where nothing does.
        """
        ...

    def write_all(self, contents: Mapping[Path, bytes]) -> None:
        """Each name holds its content whole, whatever it held before."""
        ...

    def note(self, path: Path, content: bytes) -> None:
        """The name holds the content whole; a power cut may lose it, a process's death cannot."""
        ...

    def replace(self, path: Path, before: bytes | None, after: bytes) -> bool:
        """The name holds `after` where it held `before` (None: nothing); else nothing changes.

        Of several who try it at once, one succeeds.
        """
        ...

    def append_all(self, contents: Mapping[Path, bytes]) -> None:
        """Each journal ends with its content, on a line of its own."""
        ...

    def remove(self, path: Path) -> None:
        """Nothing stands under that name."""
        ...

    def move(self, path: Path, target: Path) -> bool:
        """What stood under one name stands under the other; whether anything did."""
        ...

    def stamps(self, folder: Path) -> Mapping[Path, object]:
        """What stands directly below that folder, with its stamps; hidden names are left out."""
        ...

    def all_below(self, folder: Path) -> list[KeptDocument]:
        """Everything below that folder, hidden names too."""
        ...

    def stamp(self, path: Path) -> object:
        """What is equal to its like as long as the content stays; None where there is nothing."""
        ...
