"""Lands a simulated time in a cluster while parts of it die, and compares it with one machine.

    python -m tests.cluster.week [--hours 4] [--national] [--step-minutes 60] [--folder F]

A worker is killed twice, Postgres and Redis are started again once, and the lake is tidied all the
while. Afterwards the tables are the same to the row, and each submission has one status and answer.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.base.settings import settings
from pipelines.landing.chosen_queue import chosen_queue
from pipelines.local_airflow.cluster_settings import ClusterServers
from pipelines.local_airflow.local_cluster import LocalCluster
from pipelines.local_airflow.local_run import choose_port
from pipelines.local_servers.cluster_servers import RunningServers, running_cluster_servers
from pipelines.watch.monitors.beyond_level import BEYOND_LEVEL
from tests.cluster.comparison import answers_of, compare
from tests.support.compared_homes import read_state
from warehouse.store.connection import close_duckdb, open_warehouse

BEGIN = datetime(2026, 1, 12, tzinfo=UTC)
"""A Monday in winter."""
_QUIET_SECONDS = 900.0
"""Longest time in which nothing of the queue is settled, before it counts as stuck."""


def main() -> int:
    """Says what was done, in how long, and what differs; 1 where anything does."""
    asked = _asked()
    # Whoever ends it gets all of it taken down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = asked.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    end = BEGIN + timedelta(hours=asked.hours)
    common = {"SITREP_NOW": f"{end + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
    common["SITREP_SCHEDULE"] = "* * * * *"
    if asked.national:
        _sitrep(
            {"SITREP_HOME": str(folder / "feeds-home")}, "simulate", "--national", f"{folder}/feeds"
        )
        common["SITREP_FEEDS_DIR"] = str(folder / "feeds")
    os.environ.update(common)
    alone = {"SITREP_HOME": str(folder / "alone"), **common}
    with running_cluster_servers(folder / "servers") as servers:
        here = LocalCluster(folder / "cluster", _named(servers), choose_port(8480))
        (folder / "cluster").mkdir()
        shared = here.environment("looking")
        try:
            here.start()
            print(f"{_clock()} the cluster runs", flush=True)
            began = time.monotonic()
            _deliver(asked, here, servers, shared)
            landed = _await_empty(here, shared)
            seconds = time.monotonic() - began
            tidied = _await_tidied(here, shared)
            times = asked.hours * 3600 / seconds
            print(
                f"{_clock()} {landed:,} deliveries settled in {seconds:,.0f} s with landing: "
                f"{times:.1f} times as fast as they come; the lake was tidied {tidied} times",
                flush=True,
            )
        finally:
            here.stop()
        _finish(shared)
        with _as(shared):
            home = Path(shared["SITREP_HOME"])
            of_cluster, answers = read_state(home), answers_of(home)
            close_duckdb()
    began = time.monotonic()
    for begin, until in _windows(asked):
        _simulate(alone, begin, until)
    _sitrep(alone, "drain")
    _finish(alone)
    print(f"{_clock()} one machine: {time.monotonic() - began:.0f} s with landing", flush=True)
    with _as(alone):
        of_one = read_state(Path(alone["SITREP_HOME"]))
    return compare(of_one, of_cluster, answers)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hours", type=int, default=4)
    parser.add_argument("--step-minutes", type=int, default=60)
    parser.add_argument("--national", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/sitrep-week"))
    return parser.parse_args()


def _named(servers: RunningServers) -> ClusterServers:
    return ClusterServers(
        servers.state,
        servers.catalogue,
        servers.metadata,
        servers.redis.address,
        servers.bucket,
        servers.objects.environment,
    )


def _deliver(
    asked: argparse.Namespace,
    here: LocalCluster,
    servers: RunningServers,
    shared: Mapping[str, str],
) -> None:
    """All is landed, step by step, and meanwhile parts of the cluster die."""
    windows = _windows(asked)
    number = len(windows)
    # One after the other, spread over the time.
    planned: list[tuple[str, Callable[[], None]]] = [
        ("worker-1 is killed", lambda: _kill(here, "worker-1")),
        ("Postgres is started again", lambda: _restart(servers)),
        ("Redis is started again", lambda: _restart_redis(servers)),
        ("worker-2 is killed", lambda: _kill(here, "worker-2")),
    ]
    faults = {number * (place + 1) // 5: one for place, one in enumerate(planned)}
    for turn, (begin, until) in enumerate(windows):
        _keep(here)
        _simulate(shared, begin, until)
        print(f"{_clock()} landed until {until:%a %H:%M}; {_waiting(shared):,} wait", flush=True)
        if turn in faults:
            told, do = faults[turn]
            _airflow(shared, "dags", "trigger", "lake")
            time.sleep(5.0)  # so that a run is on its way
            print(f"{_clock()} {told}", flush=True)
            do()


def _windows(asked: argparse.Namespace) -> list[tuple[datetime, datetime]]:
    """The parts of the time in which files are landed, on the cluster and on one machine alike."""
    step = timedelta(minutes=asked.step_minutes)
    number = max(1, int(timedelta(hours=asked.hours) / step))
    return [(BEGIN + turn * step, BEGIN + (turn + 1) * step) for turn in range(number)]


def _finish(environment: Mapping[str, str]) -> None:
    """The watch has looked, at figures as if for the first time, and all is published.

    An alert on a figure is paused while too few report, and lasts until its stop level: what is
    open would tell when the watch looked during the time.
    """
    with _as(environment):
        with open_warehouse(Path(environment["SITREP_HOME"])) as connection:
            connection.execute(
                f"DELETE FROM warehouse.ops.watch WHERE code = '{BEYOND_LEVEL.code}'"
            )
        close_duckdb()
    _sitrep(environment, "watch")
    _sitrep(environment, "publish")


def _waiting(shared: Mapping[str, str]) -> int:
    with _as(shared):
        return len(chosen_queue(Path(shared["SITREP_HOME"])).waiting())


def _keep(here: LocalCluster) -> None:
    """What ended because its server was away runs again."""
    for name in here.keep_running():
        print(f"{_clock()} {name} had ended and was started again", flush=True)


def _kill(here: LocalCluster, name: str) -> None:
    """The worker dies with all its processes, and another one takes its name."""
    os.killpg(here.children[name].process.pid, signal.SIGKILL)
    here.children[name].process.wait()
    here.start_process(name)


def _restart(servers: RunningServers) -> None:
    servers.postgres.stop()
    time.sleep(2.0)
    servers.postgres.start()


def _restart_redis(servers: RunningServers) -> None:
    servers.redis.stop()
    servers.redis.start()


def _await_empty(here: LocalCluster, shared: Mapping[str, str]) -> int:
    """Until nothing waits; how many deliveries were settled. Raises where nothing moves."""
    with _as(shared):
        queue = chosen_queue(Path(shared["SITREP_HOME"]))
        left, since = len(queue.waiting()), time.monotonic()
        while left:
            time.sleep(2.0)
            _keep(here)
            now_left = len(queue.waiting())
            if now_left != left:
                left, since = now_left, time.monotonic()
            if time.monotonic() - since > _QUIET_SECONDS:
                raise SystemExit(f"{left} deliveries wait, and nothing is settled")
        return sum(len(queue.settled_on(day)) for day in queue.settled_days())


def _await_tidied(here: LocalCluster, shared: Mapping[str, str]) -> int:
    """Until each run of the lake's DAG has ended; how many there were. Raises where one is red."""
    since = time.monotonic()
    while True:
        # What plugins log comes before.
        told = _airflow(shared, "dags", "list-runs", "lake", "-o", "json")
        runs = json.loads(told[told.index("[{") :])
        states = Counter(one["state"] for one in runs)
        if states["success"] == len(runs) > 0:
            return len(runs)
        if states["failed"] or time.monotonic() - since > _QUIET_SECONDS:
            raise SystemExit(f"The lake was not tidied: {dict(states)}")
        time.sleep(5.0)
        _keep(here)


def _simulate(environment: Mapping[str, str], begin: datetime, end: datetime) -> None:
    window = ("--from", f"{begin:%Y-%m-%dT%H:%MZ}", "--to", f"{end:%Y-%m-%dT%H:%MZ}")
    _sitrep(environment, "simulate", *window, "--faults", "0.03")


def _sitrep(environment: Mapping[str, str], *words: str) -> None:
    # 1: something is wrong with a file, as the faults want it.
    _run(environment, "pipelines.cli", words, (0, 1))


def _airflow(environment: Mapping[str, str], *words: str) -> str:
    return _run(environment, "airflow", words, (0,))


def _run(
    environment: Mapping[str, str], module: str, words: Sequence[str], good: Sequence[int]
) -> str:
    """What the command says on standard output; ends the program where its code is no good one."""
    command = [sys.executable, "-m", module, *words]
    own = {**os.environ, **environment}
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    if done.returncode not in good:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def _as(environment: Mapping[str, str]) -> Iterator[None]:
    """This process has those settings."""
    before = dict(os.environ)
    os.environ.update(environment)
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def _clock() -> str:
    return f"{datetime.now(UTC):%H:%M:%S}"


if __name__ == "__main__":
    sys.exit(main())
