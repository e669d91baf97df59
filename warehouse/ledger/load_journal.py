"""The journal of loads: what landing must know so that a lost warehouse can be made again.

    landing/loads/<day>.jsonl     a line for each load, in the order in which they were made

The bytes and the manifests tell what came. When it was loaded, with what else, at which stage its
feed was then, and that it was read again later stand in the warehouse; these lines repeat it. A
line is written before its load commits: a load that died leaves a line too, and the one that was
made in its place follows it. The last line of a delivery counts.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.base.state.documents import (
    append_lines,
    list_documents,
    make_way_for,
    read_document,
)


class LoadedDelivery(msgspec.Struct, frozen=True, array_like=True):
    """One delivery of a load, and how it was read then."""

    delivery_id: str
    attempt: int
    """1, and one more for each time that it was read again."""
    stage: str | None
    contract_version: str | None


class LoadNote(msgspec.Struct, frozen=True):
    """One load: what was settled together, and when."""

    settled_at: datetime
    """In UTC, as the ledger has it."""
    batch_id: str
    """Empty where duplicates were settled without being read."""
    deliveries: tuple[LoadedDelivery, ...]


class LoadJournal:
    """The journal of one home."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.folder = home / "landing" / "loads"

    def note(self, load: LoadNote) -> None:
        """The load stands in the journal, on durable storage."""
        path = self.folder / f"{load.settled_at:%Y-%m-%d}.jsonl"
        make_way_for(self._home, path, _CURE)
        append_lines(self._home, {path: _encode(load)})

    def read(self) -> Iterator[LoadNote]:
        """Every load in the order of the lines; what a process that died left of one is skipped."""
        for path in list_documents(self._home, self.folder):
            if path.suffix != ".jsonl":
                continue
            for line in read_document(self._home, path, bytes, b"", _CURE).split(b"\n"):
                try:
                    yield _decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue


_CURE = "Of the loads that it told of, a rebuild knows only when their files came."
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(LoadNote).decode
