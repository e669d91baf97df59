"""The files of each tick, as they stand on disk for all who are measured.

    <folder>/feeds/<collection>/<feed>.yaml     for ours
    <folder>/ticks/0007_20261102T014500/<file>  the files that come for one quarter of an hour

A file's name begins with its provider's code and its collection and ends with when it was made:
`RWE_acute_realtime_20261102T020107.csv`. Only the standard library is needed here, as a rival may
live in an environment of its own.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

QUARTER = timedelta(minutes=15)
TICKS_PER_DAY = 96
COLLECTIONS = ("acute_realtime", "ambulance_sitrep", "nhs111")
HELD_SUMS = {
    "acute_realtime": "patients_in_department",
    "ambulance_sitrep": "calls_answered",
    "nhs111": "calls_received",
}
"""Collection → a column whose sum over the values held in the end is the same for all."""
TIME_COLUMNS = {
    "acute_realtime": "slot_start",
    "ambulance_sitrep": "report_date",
    "nhs111": "slot_start",
}
_STAMP = "%Y%m%dT%H%M%S"
_RECEIVED_AFTER = timedelta(minutes=4)
"""All of a tick's files have come so long after its slot's end."""


@dataclass(frozen=True)
class Tick:
    """The files that come for one slot."""

    number: int
    start: datetime
    folder: Path

    @property
    def received_at(self) -> datetime:
        """When the last of the files has come."""
        return self.start + QUARTER + _RECEIVED_AFTER

    def files(self) -> list[str]:
        """The paths of the files, in the order of their names."""
        return sorted(entry.path for entry in os.scandir(self.folder))


def tick_folder(folder: Path, number: int, start: datetime) -> Path:
    """Where the files of that tick stand."""
    return folder / "ticks" / f"{number:04d}_{start:{_STAMP}}"


def read_ticks(folder: Path, count: int | None = None) -> list[Tick]:
    """The ticks whose files stand in the folder, in their order; the first `count` of them."""
    ticks = []
    for name in sorted(os.listdir(folder / "ticks"))[:count]:
        number, _, stamp = name.partition("_")
        start = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        ticks.append(Tick(int(number), start, folder / "ticks" / name))
    return ticks


def lay_files(home: Path, tick: Tick) -> int:
    """The tick's files lie in the folder of their collection, as links; their number."""
    for name in COLLECTIONS:
        (home / "incoming" / name).mkdir(parents=True, exist_ok=True)
    paths = tick.files()
    for path in paths:
        os.link(path, home / "incoming" / collection_of(path) / path.rpartition("/")[2])
    return len(paths)


def collection_of(path: str) -> str:
    """The collection that a file's name tells."""
    name = path.rpartition("/")[2]
    return next(one for one in COLLECTIONS if f"_{one}_" in name)


def code_of(path: str) -> str:
    """The code of the provider that a file's name tells."""
    return path.rpartition("/")[2].partition("_")[0]


def made_at_of(path: str) -> datetime:
    """When the file was made, as its name tells."""
    stamp = path.rpartition("_")[2].partition(".")[0]
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
