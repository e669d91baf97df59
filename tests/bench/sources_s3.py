"""Objects of 1.2 kB from a listing to landed, from moto's server on this machine.

The server shares the cores with what is measured, and takes most of the time.
"""

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.base.settings import settings
from pipelines.collect.sources.s3 import S3Source
from pipelines.collect.taking import Taking
from pipelines.local_servers.s3_server import LocalS3, running_s3
from tests.support.children import FORK

OBJECT_BYTES = 1200
_CONNECTION = "s3_bench"


@dataclass(frozen=True)
class S3Figures:
    """What was measured."""

    files: int
    landed_seconds: tuple[float, ...]
    """From the listing to the last object landed and marked, of each run."""
    waiting: int
    peak_mb: float
    """Of the process that took all that wait, and what it had before."""
    before_mb: float
    waiting_seconds: float
    listed_again_seconds: float
    """A run with all of them taken."""

    def told(self) -> str:
        """The figures in lines."""
        runs = ", ".join(f"{one:.1f}" for one in self.landed_seconds)
        median = statistics.median(self.landed_seconds)
        return (
            f"S3 (moto): {self.files:,} objects of {OBJECT_BYTES} bytes landed in "
            f"{median:.1f} s (median of {runs})\n"
            f"S3 (moto): {self.waiting:,} that wait landed in {self.waiting_seconds:.1f} s, peak "
            f"{self.peak_mb:.0f} MB of memory ({self.before_mb:.0f} before)\n"
            f"S3 (moto): a run with {self.waiting:,} taken: {self.listed_again_seconds:.2f} s"
        )


def measure_s3(files: int = 1000, waiting: int = 10_000, runs: int = 3) -> S3Figures:
    """So many objects are collected, in each run from a prefix of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_s3(Path(folder)) as server,
        _connected(server),
    ):
        landed = []
        for run in range(runs):
            _fill(server, f"run{run}/", files)
            landed.append(_child(_source(server, f"run{run}/"), Path(folder) / f"{run}")[0])
        _fill(server, "many/", waiting)
        source, home = _source(server, "many/"), Path(folder) / "many"
        took, before_mb, peak_mb = _child(source, home)
        again, _, _ = _child(source, home)
        return S3Figures(files, tuple(landed), waiting, peak_mb, before_mb, took, again)


def collect_all(source: S3Source, home: Path) -> int:
    """What waits has landed, as a run does it; the number of files."""
    from pipelines.collect.file_store import _parts

    taking = Taking(source, home, (), is_held=False)
    for part in _parts(taking.to_read(source.list(home))):
        taking.take(part)
    taking.remember()
    return taking.landed


@contextmanager
def _connected(server: LocalS3) -> Iterator[None]:
    name = f"AIRFLOW_CONN_{_CONNECTION.upper()}"
    os.environ[name] = json.dumps(dict(server.connection))
    try:
        yield
    finally:
        del os.environ[name]


def _source(server: LocalS3, prefix: str) -> S3Source:
    return S3Source(
        kind="s3",
        connection=_CONNECTION,
        bucket=server.bucket,
        prefix=prefix,
        pattern="*",
        quiet_seconds=0,
    )


def _fill(server: LocalS3, prefix: str, files: int) -> None:
    client = server.client()

    def put(number: int) -> None:
        content = f"{prefix}{number},".encode().ljust(OBJECT_BYTES, b"x")
        client.put_object(Bucket=server.bucket, Key=f"{prefix}{number:05}.csv", Body=content)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(files)))


def _child(source: S3Source, home: Path) -> tuple[float, float, float]:
    """Seconds, and megabytes before and at most, of a run in a process of its own."""
    here, there = FORK.Pipe()
    process = FORK.Process(target=_run, args=(source, home, there))
    process.start()
    there.close()
    seconds, before_mb, peak_mb = here.recv()
    process.join()
    return seconds, before_mb, peak_mb


def _run(source: S3Source, home: Path, pipe: "object") -> None:
    os.environ["SITREP_HOME"] = str(home)
    settings.cache_clear()
    source.open()
    before, begin = _peak_mb(), time.perf_counter()
    collect_all(source, home)
    pipe.send((time.perf_counter() - begin, before, _peak_mb()))  # type: ignore[attr-defined]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(measure_s3(*map(int, sys.argv[1:])).told())
