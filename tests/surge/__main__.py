"""Plays yesterday's files of England into a local Airflow, and watches the publication meanwhile.

    python -m tests.surge [--hours 24] [--pace 30] [--faults 0.03] [--folder F]

The age of a collection is the simulation's time less the end of the newest slot that the current
publication has values of: with 30 times the speed a second of work is half a minute of age. Ends
with 1 where that age was ever 20 minutes or more, though somebody had sent the next slot's file
without a fault, where a task or a run was red, or where files are left.
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from pipelines.local_airflow.airflow_home import state_of
from pipelines.simulate.pace import PacedClock
from pipelines.simulate.record import Record, read_records
from tests.support.local_airflow import running_airflow
from tests.surge.ages import Look, ages, sound_slots
from warehouse.publish.publications import read_description

SLOT = timedelta(minutes=15)
MOST_AGE = timedelta(minutes=20)
BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
WATCHED = ("acute_realtime", "nhs111")
"""Collections with a slot each quarter of an hour."""
_LOOK_SECONDS, _MEASURE_SECONDS = 0.5, 60.0
_RED = ("failed", "upstream_failed")


@dataclass
class Seen:
    """What was seen while the day went by."""

    looks: dict[str, list[Look]] = field(default_factory=lambda: defaultdict(list))
    """By collection."""
    lately: dict[str, timedelta] = field(default_factory=lambda: defaultdict(timedelta))
    """The oldest since that was last told, whoever was to blame."""
    memory_mb: list[float] = field(default_factory=list)
    disk_mb: list[float] = field(default_factory=list)


def main() -> int:
    """Says each minute how it stands, and at the end what was seen."""
    asked = _asked()
    with tempfile.TemporaryDirectory(prefix="sitrep-surge-") as scratch:
        folder = (asked.folder or Path(scratch)).absolute()
        shutil.rmtree(folder / "home", ignore_errors=True)
        return _surge(folder, asked.hours, asked.pace, asked.faults)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--pace", type=float, default=30.0)
    parser.add_argument("--faults", type=float, default=0.03)
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


def _surge(folder: Path, hours: int, pace: float, faults: float) -> int:
    home, feeds = folder / "home", folder / "feeds"
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = today - timedelta(hours=hours)
    environment = {**os.environ, "SITREP_HOME": str(home)}
    command = [sys.executable, "-m", "pipelines.cli", "simulate"]
    subprocess.run([*command, "--national", str(feeds)], env=environment, check=True)
    environment["SITREP_FEEDS_DIR"] = str(feeds)
    window = ("--from", f"{begin:%Y-%m-%dT%H:%MZ}", "--to", f"{today:%Y-%m-%dT%H:%MZ}")
    live = ("--live", "--folder", "--pace", f"{pace:g}", "--faults", f"{faults:g}")
    own = {
        "SITREP_FEEDS_DIR": str(feeds),
        "SITREP_QUIET_SECONDS": "0",
        "SITREP_SCHEDULE": "* * * * *",
    }
    with running_airflow(home, own) as airflow:
        sender = subprocess.Popen(
            [*command, *window, *live], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert sender.stdout is not None
        # Its clock begins when it says that it sends.
        sender.stdout.readline()
        clock = PacedClock(begin, pace)
        try:
            seen = _watch(home, clock, sender, airflow.pid, begin, today)
        finally:
            sender.terminate()
            sender.wait()
        _settle(home)
        left = _left(home)
        records = read_records(home)
    return _tell(seen, records, _red(home), left)


def _watch(
    home: Path,
    clock: PacedClock,
    sender: "subprocess.Popen[str]",
    airflow: int,
    begin: datetime,
    end: datetime,
) -> Seen:
    """Looks until all files are sent."""
    seen, measured = Seen(), 0.0
    while sender.poll() is None:
        time.sleep(_LOOK_SECONDS)
        # The first hour brings everything up, and after the last slot none follows.
        if begin + timedelta(hours=1) < clock.now() < end:
            _look(home, clock.now(), seen)
        if time.monotonic() - measured > _MEASURE_SECONDS:
            measured = time.monotonic()
            seen.memory_mb.append(_memory_mb(airflow))
            seen.disk_mb.append(_disk_mb(home))
            print(
                f"{clock.now():%a %H:%M} oldest since "
                f"{ {name: str(age)[:7] for name, age in seen.lately.items()} }, "
                f"{seen.memory_mb[-1]:.0f} MB of memory, {seen.disk_mb[-1]:.0f} MB of disk",
                flush=True,
            )
            seen.lately.clear()
    if sender.returncode:
        raise SystemExit(f"sitrep simulate ended with {sender.returncode}")
    return seen


def _look(home: Path, moment: datetime, seen: Seen) -> None:
    told = (read_description(home) or {}).get("data_as_of", {})
    for name in WATCHED:
        start = datetime.fromisoformat(told[name]) if told.get(name) else BEFORE_ALL
        seen.looks[name].append((moment, start))
        seen.lately[name] = max(seen.lately[name], moment - (start + SLOT))


def _settle(home: Path) -> None:
    """What came last is settled, too."""
    until = time.monotonic() + 120
    while time.monotonic() < until and _left(home):
        time.sleep(1.0)


def _left(home: Path) -> int:
    """Files in the sources' folders, and manifests in the inbox."""
    files = [path for path in (home / "incoming").glob("*/*") if path.is_file()]
    return len(files) + len(list((home / "landing" / "inbox").glob("*.jsonl")))


def _memory_mb(pid: int) -> float:
    """What Airflow's processes have of their own, and what they share once."""
    total = 0.0
    for one in psutil.Process(pid).children(recursive=True):
        try:
            total += one.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 1e6


def _disk_mb(home: Path) -> float:
    used = subprocess.run(["du", "-sm", str(home)], capture_output=True, text=True, check=False)
    return float(used.stdout.split()[0])


def _red(home: Path) -> list[tuple[str, str, int]]:
    """DAG, state and number of tasks and runs that failed."""
    states = ", ".join(f"'{state}'" for state in _RED)
    with closing(sqlite3.connect(state_of(home) / "airflow.db")) as database:
        return [
            row
            for table in ("task_instance", "dag_run")
            for row in database.execute(
                f"SELECT dag_id, state, count(*) FROM {table} WHERE state IN ({states}) "
                "GROUP BY dag_id, state"
            ).fetchall()
        ]


def _tell(seen: Seen, records: Sequence[Record], red: list[tuple[str, str, int]], left: int) -> int:
    over, is_all_seen = 0, True
    for name in WATCHED:
        sound = sound_slots(records, name)
        is_all_seen &= bool(sound and seen.looks[name])
        found = ages(seen.looks[name], sound)
        own = sum(age >= MOST_AGE for age in found)
        over += own
        lacking = sorted(set(_slots_between(sound)) - set(sound))
        told = ", ".join(f"{slot:%H:%M}" for slot in lacking) or "none"
        print(
            f"{name}: newest slot at most {max(found, default=MOST_AGE)} old in {len(found):,} "
            f"looks, {own} of them at {MOST_AGE} or more; slots that nobody sent soundly: {told}"
        )
    for what, figures in (("memory", seen.memory_mb), ("disk", seen.disk_mb)):
        told = ", ".join(f"{one:.0f}" for one in figures[:: max(1, len(figures) // 12)])
        print(f"MB of {what}: {told}")
    print(f"red: {red or 'none'}; files left: {left}")
    return 1 if red or left or over or not is_all_seen else 0


def _slots_between(sound: Sequence[datetime]) -> Iterator[datetime]:
    """All slots from the first of these to the last."""
    if sound:
        for number in range((sound[-1] - sound[0]) // SLOT + 1):
            yield sound[0] + number * SLOT


if __name__ == "__main__":
    sys.exit(main())
