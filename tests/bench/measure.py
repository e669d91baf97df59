"""Times things several times over, and remembers the peak memory of whole processes."""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Figure:
    """Seconds of several runs, and the largest memory of the process where it is known."""

    name: str
    median: float
    least: float
    most: float
    peak_mb: float | None = None


def figure(name: str, seconds: Sequence[float], peak_mb: float | None = None) -> Figure:
    """The figure of these runs."""
    return Figure(name, statistics.median(seconds), min(seconds), max(seconds), peak_mb)


def time_calls(name: str, call: Callable[[], object], runs: int) -> Figure:
    """The figure of a call in this process."""
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    return figure(name, seconds)


def time_command(
    name: str,
    command: Sequence[str],
    home: Path | None = None,
    on_new_home: bool = False,
    runs: int = 3,
) -> Figure:
    """The figure of a whole process, its own peak memory included."""
    seconds, peaks = [], []
    environment = {**os.environ, **({"SITREP_HOME": str(home)} if home else {})}
    for _ in range(runs):
        if on_new_home and home:
            shutil.rmtree(home, ignore_errors=True)
        begin = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        seconds.append(time.perf_counter() - begin)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
        peaks.append(used.ru_maxrss / 1024)
    return figure(name, seconds, max(peaks))


def run_child(module: str, arguments: Sequence[str]) -> list[Figure]:
    """The figures that a module prints as JSON from a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return [Figure(**fields) for fields in json.loads(done.stdout)]


def say_figures(figures: Sequence[Figure]) -> None:
    """The figures stand on standard output as JSON, for `run_child`."""
    print(json.dumps([asdict(one) for one in figures]))


def peak_mb() -> float:
    """The largest memory that this process has had so far, in MB.

    Not that of the process that started it, which Linux counts in where it can (`ru_maxrss`).
    """
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


def say(progress: str) -> None:
    """What is being done stands on standard error, with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {progress}", file=sys.stderr, flush=True)


def workbooks(folder: Path) -> list[Path]:
    """The published workbooks where they are at hand, else samples of the same size."""
    from pipelines.base.settings import published_data_folder

    published = sorted(
        (published_data_folder() / "uec_daily_sitrep").glob("Winter-data-timeseries-*.xlsx")
    )
    if published:
        return published
    from pipelines.sample import write_sample

    target = folder / "sample"
    target.mkdir()
    return write_sample(target)
