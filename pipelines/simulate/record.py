"""What a simulation did, so that a test can compare the ledger with the truth.

`SITREP_HOME/simulation/<run>.jsonl` has a line for the run, then one for each delivery and one
for each slot whose file never comes, in their order. File contents are recorded by their hash
only: an NHS number is never written here.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from pipelines.base.durable import PRIVATE_FILE, make_folder
from pipelines.base.errors import UsageError
from pipelines.base.plain_files import read_plain
from pipelines.base.state_files import set_aside
from pipelines.findings.status import Status
from pipelines.simulate.events import MissingSlot, PlannedDelivery
from pipelines.simulate.faults import Fault

FOLDER = "simulation"
_LONGEST_BYTES = 1024**3
_log = logging.getLogger(__name__)


class RunNote(msgspec.Struct, frozen=True, tag="run", tag_field="event"):
    """What was asked for."""

    run: str
    started_at: datetime
    seed: int
    start: datetime
    end: datetime | None
    rates: Mapping[Fault, float]
    feeds: tuple[str, ...]


class RecordedDelivery(msgspec.Struct, frozen=True, tag="delivery", tag_field="event"):
    """One file that was delivered, and the expected answer."""

    at: datetime
    feed_id: str
    collection: str
    file_name: str
    sha256: str
    size_bytes: int
    slots: tuple[datetime, ...]
    rows: int
    total_lines: int
    fault: Fault | None
    expected_status: Status
    expected_codes: frozenset[str]
    rows_kept_out: int
    is_superseded: bool
    stuck_since: datetime | None
    delivery_id: str | None
    """The id in landing; None for a file put into a source folder."""


@dataclass(frozen=True)
class Record:
    """A whole record, read back."""

    note: RunNote
    deliveries: tuple[RecordedDelivery, ...]
    missing: tuple[MissingSlot, ...]


_Line = RunNote | RecordedDelivery | MissingSlot
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(_Line).decode
_ADDED = ("sha256", "size_bytes", "delivery_id")
_KEPT = tuple(name for name in RecordedDelivery.__struct_fields__ if name not in _ADDED)
"""The fields that a record takes from the planned delivery."""


class Recorder:
    """Writes one record; its lines are in the file after `flush` or at the end."""

    def __init__(self, home: Path, note: RunNote) -> None:
        self.path = home / FOLDER / f"{note.run}.jsonl"
        make_folder(self.path.parent)
        self._stream: BinaryIO = self.path.open("xb")
        self.path.chmod(PRIVATE_FILE)
        self._write(note)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    def delivered(self, delivery: PlannedDelivery, delivery_id: str | None) -> None:
        """A line for a delivery, with the id that it has in landing."""
        self._write(
            RecordedDelivery(
                **{name: getattr(delivery, name) for name in _KEPT},
                sha256=hashlib.sha256(delivery.content).hexdigest(),
                size_bytes=len(delivery.content),
                delivery_id=delivery_id,
            )
        )

    def missed(self, slot: MissingSlot) -> None:
        """A line for a slot whose file never comes."""
        self._write(slot)

    def flush(self) -> None:
        """All lines are in the file."""
        self._stream.flush()

    def _write(self, line: _Line) -> None:
        self._stream.write(_encode(line) + b"\n")


def read_record(path: Path) -> Record:
    """The record of that file; raises `UsageError` where it is not a record.

    Lines that cannot be used are told and left out: a simulation that was killed leaves half a one.
    """
    note: RunNote | None = None
    deliveries: list[RecordedDelivery] = []
    missing: list[MissingSlot] = []
    bad = 0
    for line in _lines(path):
        try:
            told = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            bad += 1
            continue
        if isinstance(told, RunNote):
            note = told
        elif isinstance(told, RecordedDelivery):
            deliveries.append(told)
        else:
            missing.append(told)
    if note is None:
        raise UsageError(f"{path} is not a record of a simulation: it does not begin with the run.")
    if bad:
        _log.error("%s: %d line(s) cannot be used and are left out.", path, bad)
    return Record(note, tuple(deliveries), tuple(missing))


def _lines(path: Path) -> list[bytes]:
    try:
        return read_plain(path, _LONGEST_BYTES).splitlines()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error}).") from error


def read_records(home: Path) -> list[Record]:
    """The records of all simulations of that home, oldest first; the log tells of damaged ones."""
    records = []
    for path in record_paths(home):
        try:
            records.append(read_record(path))
        except UsageError as error:
            set_aside(home, path, "is no record of a simulation", str(error))
    return records


def record_paths(home: Path) -> list[Path]:
    """The records of all simulations of that home, oldest first."""
    return sorted((home / FOLDER).glob("*.jsonl"))


def last_delivery(home: Path) -> datetime | None:
    """When the last file was delivered there, None where none ever was."""
    times = [one.at for record in read_records(home)[-1:] for one in record.deliveries]
    return max(times, default=None)
