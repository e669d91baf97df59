"""What a simulation did, so that a test can compare the ledger with the truth.

`SITREP_HOME/simulation/<run>.jsonl` has a line for the run, then one for each delivery and one
for each slot whose file never comes, in their order. File contents are told by their hash only:
an NHS number never stands here.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from pipelines.base.errors import UsageError
from pipelines.findings.status import Status
from pipelines.simulate.events import MissingSlot, PlannedDelivery
from pipelines.simulate.faults import Fault

FOLDER = "simulation"


@dataclass(frozen=True)
class RunNote:
    """What was asked for."""

    run: str
    started_at: datetime
    seed: int
    start: datetime
    end: datetime | None
    rates: Mapping[Fault, float]
    feeds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordedDelivery:
    """One file that was delivered, and what should be answered to it."""

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
    """Landing's name for it; None for a file put into a source folder."""


@dataclass(frozen=True)
class Record:
    """A whole record, read back."""

    note: RunNote
    deliveries: tuple[RecordedDelivery, ...]
    missing: tuple[MissingSlot, ...]


class Recorder:
    """Writes one record; what it was given stands in the file when `flush` or the end has come."""

    def __init__(self, home: Path, note: RunNote) -> None:
        self.path = home / FOLDER / f"{note.run}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._stream: TextIO = self.path.open("x", encoding="utf-8")
        self._write("run", asdict(note))

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
        line = {name: getattr(delivery, name) for name in _KEPT}
        line["sha256"] = hashlib.sha256(delivery.content).hexdigest()
        line["size_bytes"] = len(delivery.content)
        line["delivery_id"] = delivery_id
        self._write("delivery", line)

    def missed(self, slot: MissingSlot) -> None:
        """A line for a slot whose file never comes."""
        self._write("missing_slot", asdict(slot))

    def flush(self) -> None:
        """All lines stand in the file."""
        self._stream.flush()

    def _write(self, event: str, content: dict[str, Any]) -> None:
        self._stream.write(json.dumps({"event": event, **content}, default=_plain) + "\n")


def read_record(path: Path) -> Record:
    """The record of that file; raises `UsageError` where it is none."""
    note: RunNote | None = None
    deliveries: list[RecordedDelivery] = []
    missing: list[MissingSlot] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            content = json.loads(line)
            event = content.pop("event")
            if event == "run":
                note = _read_note(content)
            elif event == "delivery":
                deliveries.append(_read_delivery(content))
            else:
                times = {name: datetime.fromisoformat(content[name]) for name in ("at", "slot")}
                missing.append(MissingSlot(**{**content, **times}))
    if note is None:
        raise UsageError(f"{path} is no record of a simulation: it does not begin with the run.")
    return Record(note, tuple(deliveries), tuple(missing))


_ADDED = ("sha256", "size_bytes", "delivery_id")
_KEPT = tuple(field.name for field in fields(RecordedDelivery) if field.name not in _ADDED)
"""What a record tells of a delivery as it was planned."""


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else sorted(value)


def _read_note(content: dict[str, Any]) -> RunNote:
    end = content["end"]
    return RunNote(
        run=content["run"],
        started_at=datetime.fromisoformat(content["started_at"]),
        seed=content["seed"],
        start=datetime.fromisoformat(content["start"]),
        end=datetime.fromisoformat(end) if end else None,
        rates={Fault(name): rate for name, rate in content["rates"].items()},
        feeds=tuple(content["feeds"]),
    )


def _read_delivery(content: dict[str, Any]) -> RecordedDelivery:
    since = content["stuck_since"]
    return RecordedDelivery(
        **{
            **content,
            "at": datetime.fromisoformat(content["at"]),
            "slots": tuple(map(datetime.fromisoformat, content["slots"])),
            "fault": Fault(content["fault"]) if content["fault"] else None,
            "expected_codes": frozenset(content["expected_codes"]),
            "stuck_since": datetime.fromisoformat(since) if since else None,
        }
    )


def record_paths(home: Path) -> list[Path]:
    """The records of all simulations of that home, oldest first."""
    return sorted((home / FOLDER).glob("*.jsonl"))


def last_delivery(home: Path) -> datetime | None:
    """When the last file was delivered there, None where none ever was."""
    times = [one.at for path in record_paths(home)[-1:] for one in read_record(path).deliveries]
    return max(times, default=None)
