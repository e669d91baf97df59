"""Sources over a network: 1,000 waiting files from listing to landed, and 10,000.

A kind is a context manager of `WAYS` that gives a `Way`. Each collecting is timed in a process of
its own, which tells its own peak memory; the server runs beside it, and shares the machine.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.measure import PROJECT, figure

_CONNECTION = "bench"
_FAR_SECONDS = 0.02
_FILE_BYTES = 1_200
_FEW, _MANY = 1_000, 10_000


@dataclass(frozen=True)
class Way:
    """A place that files wait at, and how a feed comes to it."""

    server: str
    port: int
    connect: Callable[[int], Mapping[str, Any]]
    """From the port that is asked to the connection."""
    source: Callable[[str], Mapping[str, Any]]
    """From the name of a folder there to the source of a feed."""
    fill: Callable[[str, Sequence[tuple[str, bytes]]], None]
    """The files stand in the folder of that name."""


@dataclass(frozen=True)
class Run:
    """One collecting in a process of its own."""

    landed: int
    seconds: float
    peak_mb: float
    before_mb: float
    """Of the process that has loaded everything and asked nothing."""


@contextmanager
def _by_sftp(folder: Path) -> Iterator[Way]:
    from pipelines.local_servers.sftp_server import running_sftp
    from tests.support.sshd import SSHD, running_sshd

    root = folder / "files"
    root.mkdir()

    def fill(name: str, files: Sequence[tuple[str, bytes]]) -> None:
        (root / name).mkdir()
        for file, content in files:
            (root / name / file).write_bytes(content)

    with ExitStack() as stack:
        if SSHD is None:
            own = stack.enter_context(running_sftp(root))
            connection, at, server = own.connection, "", "asyncssh, in a thread of the bench"
        else:
            connection = stack.enter_context(running_sshd(folder))
            at, server = f"{root}/", "OpenSSH"
        yield Way(
            server,
            int(connection["port"]),
            lambda port: {**connection, "port": port},
            lambda name: {"kind": "sftp", "folder": f"{at}{name}", "quiet_seconds": 0},
            fill,
        )


@contextmanager
def _by_s3(folder: Path) -> Iterator[Way]:
    from concurrent.futures import ThreadPoolExecutor

    from pipelines.local_servers.s3_server import running_s3

    with running_s3(folder) as server:
        client = server.client()

        def fill(name: str, files: Sequence[tuple[str, bytes]]) -> None:
            def put(file: tuple[str, bytes]) -> None:
                client.put_object(Bucket=server.bucket, Key=f"{name}/{file[0]}", Body=file[1])

            with ThreadPoolExecutor(8) as pool:
                list(pool.map(put, files))

        def connect(port: int) -> Mapping[str, Any]:
            extra = {**server.connection["extra"], "endpoint_url": f"http://127.0.0.1:{port}"}
            return {**server.connection, "extra": extra}

        yield Way(
            "moto",
            int(server.endpoint_url.rpartition(":")[2]),
            connect,
            lambda name: {
                "kind": "s3",
                "bucket": server.bucket,
                "prefix": f"{name}/",
                "quiet_seconds": 0,
            },
            fill,
        )


WAYS: Mapping[str, Callable[[Path], AbstractContextManager[Way]]] = {
    "sftp": _by_sftp,
    "s3": _by_s3,
}


def run_sources(kinds: Sequence[str], runs: int) -> None:
    """A line for each figure of each kind."""
    from tests.support.far_away import far_away

    for kind in kinds or list(WAYS):
        with tempfile.TemporaryDirectory() as temporary, WAYS[kind](Path(temporary)) as way:
            folder = Path(temporary)
            print(f"{kind} ({way.server}), files of {_FILE_BYTES:,} bytes")
            _tell_few(folder, way, "here", way.port, runs)
            with far_away(way.port, _FAR_SECONDS) as port:
                _tell_few(folder, way, f"{_FAR_SECONDS * 1000:g} ms away", port, runs)
            _tell_many(folder, way)


def _tell_few(folder: Path, way: Way, where: str, port: int, runs: int) -> None:
    seconds = []
    for number in range(runs):
        name = f"few-{port}-{number}"
        way.fill(name, _files(_FEW))
        run = _collect(folder / f"home-{name}", way, name, port)
        assert run.landed == _FEW, run
        seconds.append(run.seconds)
    told = figure(where, seconds)
    print(
        f"  {_FEW:,} from listing to landed, {where}: "
        f"{told.median:.2f} s ({told.least:.2f} to {told.most:.2f})"
    )


def _tell_many(folder: Path, way: Way) -> None:
    way.fill("many", _files(_MANY))
    home = folder / "home-many"
    for what, landed in ((f"{_MANY:,} wait", _MANY), (f"{_MANY:,} were taken", 0)):
        run = _collect(home, way, "many", way.port)
        assert run.landed == landed, run
        print(
            f"  {what}: {run.seconds:.2f} s, peak {run.peak_mb:,.0f} MB "
            f"({run.before_mb:,.0f} before)"
        )


def _files(count: int) -> list[tuple[str, bytes]]:
    return [
        (f"R0A_{number:05d}.csv", f"{number:05d}".encode().ljust(_FILE_BYTES, b"x"))
        for number in range(count)
    ]


def _collect(home: Path, way: Way, name: str, port: int) -> Run:
    feed = home.parent / f"{home.name}-feeds" / "acute_realtime" / "r0a.yaml"
    if not feed.exists():
        import yaml

        feed.parent.mkdir(parents=True)
        whole = PROJECT / "pipelines" / "feeds" / "acute_realtime" / "r0a.yaml"
        content = yaml.safe_load(whole.read_text("utf-8"))
        source = {**way.source(name), "connection": _CONNECTION, "pattern": "R0A_*.csv"}
        feed.write_text(yaml.safe_dump({**content, "source": source}), "utf-8")
        layouts = whole.with_name("layouts")
        (feed.parent / "layouts").symlink_to(layouts)
    environment = {
        **os.environ,
        "SITREP_HOME": str(home),
        "SITREP_FEEDS_DIR": str(feed.parents[1]),
        f"AIRFLOW_CONN_{_CONNECTION.upper()}": json.dumps(dict(way.connect(port))),
    }
    command = [sys.executable, "-m", "tests.bench.sources"]
    told = subprocess.run(
        command, env=environment, cwd=PROJECT, check=True, capture_output=True, text=True
    )
    return Run(**json.loads(told.stdout))


def _collect_here() -> None:
    """Prints what collecting from the one endpoint of the feed cost this process."""
    from pipelines import steps
    from pipelines.collect import taking
    from pipelines.collect.sftp import sftp_check
    from pipelines.registry.registry import load_registry

    assert sftp_check and taking
    endpoint = load_registry().feeds["acute_realtime.r0a"].source.endpoint
    before_mb = _peak_mb()
    begin = time.perf_counter()
    landed = steps.collect(endpoint)
    seconds = time.perf_counter() - begin
    told = {"landed": landed, "seconds": seconds, "peak_mb": _peak_mb(), "before_mb": before_mb}
    print(json.dumps(told))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    _collect_here()
