"""From the last file's arrival to the publication that has it, with a real Airflow.

England's files of a quarter of an hour, of all collections, are put into the source folders at
once, whole from their first moment; then single files at random moments. What is measured ends when
the publication is current that has all of them. Beside it, in the same run, stands an Airflow that
is woken by the clock each minute and whose tasks import for themselves.

    python -m tests.bench latency --ticks 20 --lone 20
"""

import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psutil

from tests.bench.measure import say
from tests.bench.national.data import write_ticks
from tests.bench.national.ticks import Tick, collection_of, read_ticks
from tests.support.local_airflow import running_airflow

_LIMIT_SECONDS = 180.0
_WAYS = {
    "woken by arrival, warm workers": {},
    "by the clock, each minute": {
        "SITREP_WAKE_ON_ARRIVAL": "0",
        "SITREP_WARM_WORKERS": "0",
    },
}


def run_latency(ticks: int, lone: int, folder: Path | None, only: Sequence[str] = ()) -> None:
    """Prints seconds from arrival to publication, each way."""
    with tempfile.TemporaryDirectory(prefix="sitrep-latency-") as scratch:
        data = folder or Path(scratch) / "data"
        if not (data / "ticks").exists():
            yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
            write_ticks(data, 1, yesterday)
        wanted = read_ticks(data, ticks + 2)
        common = {
            "SITREP_FEEDS_DIR": str(data / "feeds"),
            # All collections each minute: `* * * * *` has those of days and months each five.
            "SITREP_SCHEDULE": "*/1 * * * *",
            "SITREP_QUIET_SECONDS": "0",
        }
        for name, variables in _WAYS.items():
            if not only or any(word in name for word in only):
                home = Path(scratch) / name.split()[0]
                say(f"{name}:")
                with running_airflow(home, common | variables) as airflow:
                    time.sleep(5)
                    _measure(home, wanted, lone, by_the_clock="clock" in name)
                    _tell_memory(airflow.pid)


def _measure(home: Path, ticks: Sequence[Tick], lone: int, *, by_the_clock: bool) -> None:
    """The first two ticks warm everything up and are not counted."""
    together, alone = [], []
    draw = random.Random(1)
    spare = [path for path in ticks[-1].files() if "acute_realtime" in path][:lone]
    for number, tick in enumerate(ticks[:-1]):
        if by_the_clock:
            _await_full_minute()
        seconds = _arrive(home, tick.files())
        if number:
            together.append(seconds)
        time.sleep(draw.uniform(2.0, 4.0))
        say(f"    tick {number}: {seconds:.2f} s, load {os.getloadavg()[0]:.1f}")
    for path in spare:
        time.sleep(draw.uniform(0.5, 4.0))
        alone.append(_arrive(home, [path]))
    _tell("all collections at once", together)
    _tell("one file alone", alone)


def _tell(what: str, seconds: Sequence[float]) -> None:
    if len(seconds) > 1:
        p95 = statistics.quantiles(seconds, n=20)[-1]
        say(
            f"  {what}: median {statistics.median(seconds):.2f} s, p95 {p95:.2f}, "
            f"least {min(seconds):.2f}, most {max(seconds):.2f} ({len(seconds)})"
        )


def _await_full_minute() -> None:
    """It is just before a full minute, at which runs by the clock begin."""
    now = time.time()
    time.sleep(59.5 - now % 60 if now % 60 < 59 else 119.5 - now % 60)


def _arrive(home: Path, files: Sequence[str]) -> float:
    """The files are in their folders; seconds until a publication has them all."""
    names = {Path(path).name for path in files}
    for path in files:
        folder = home / "incoming" / collection_of(path)
        folder.mkdir(parents=True, exist_ok=True)
        name = Path(path).name
        shutil.copyfile(path, folder / f".{name}")
        os.replace(folder / f".{name}", folder / name)
    begin = time.time()
    seen = None
    while time.time() - begin < _LIMIT_SECONDS:
        description = home / "publications" / "current.json"
        if description.exists() and (stamp := description.stat().st_mtime) != seen:
            seen = stamp
            if _has(home, names):
                return stamp - begin
        time.sleep(0.02)
    raise RuntimeError(f"{len(files)} files are in no publication after {_LIMIT_SECONDS:.0f} s")


def _has(home: Path, names: set[str]) -> bool:
    name = json.loads((home / "publications" / "current.json").read_bytes())["file"]
    with duckdb.connect(str(home / "publications" / name), read_only=True) as reader:
        rows = reader.execute(
            "SELECT count(DISTINCT file_name) FROM submission WHERE list_contains(?, file_name)",
            [sorted(names)],
        ).fetchall()
    return rows == [(len(names),)]


def _tell_memory(pid: int) -> None:
    """The memory of each of Airflow's processes: its own, and what it shares."""
    for child in psutil.Process(pid).children(recursive=True):
        try:
            used, words = child.memory_full_info(), " ".join(child.cmdline())[:60]
        except psutil.Error:
            continue
        say(f"    {words:60} own {used.uss / 1e6:5.0f} MB, rss {used.rss / 1e6:5.0f} MB")
