"""A complete Airflow on this machine for the sample run: loopback only, no login, no examples.

For trying out and for development; `airflow_home` has its settings.
"""

import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.local_airflow.airflow_home import (
    DEFAULT_PORT,
    HOST,
    PREPARE_METADATA,
    environment,
    is_prepared,
    note_prepared,
    state_of,
)
from pipelines.local_airflow.processes import Child, last_lines, start_child, stop_children

PORTS_TO_TRY = 20
START_LIMIT_SECONDS = 180.0
"""A slow machine needs about 60 s for a first start; after three times that something is wrong."""
GRACE_SECONDS = 8.0
"""Time for running tasks to end by themselves; most take less."""
FORCE_SECONDS = 8.0
"""Time for interrupted tasks to report to the server, before everything is killed."""

EXIT_OK = 0
EXIT_FAILED = 3

Tick = Callable[[], bool | None]
"""Called about once a second; returning True ends the run as Ctrl-C does."""

BEFORE_HEALTH = {"api-server": ["api-server", "--host", HOST], "dag-processor": ["dag-processor"]}
AFTER_HEALTH = {
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
"""The scheduler comes last, because a task that starts before the server answers is refused; on
two busy cores this costs no time. Without `--skip-serve-logs` it would open a log server on every
network interface (Airflow has no setting for its address). No task defers; the triggerer runs so
that Airflow's first page does not show a part of it in red."""


_KEPT = ("AIRFLOW_CONN_", "AIRFLOW__METRICS__", "AIRFLOW__OPENLINEAGE__")
"""Settings of Airflow that a local run takes over as they are."""


class StartFailed(Exception):
    """Airflow did not come up; the message says why and shows the log."""


def run(
    home: Path,
    port: int = DEFAULT_PORT,
    on_tick: Tick = lambda: None,
    say: Callable[[str], None] = print,
    beside: Mapping[str, Sequence[str]] | None = None,
) -> int:
    """Runs Airflow, and the programs `beside` it (name → command), until a request to stop.

    SIGINT, SIGTERM and `on_tick` request it; no process is left afterwards.

    Returns 0 after such a request and 3 when it could not start or a part of it died; `say`
    gets the reason in plain words. Messages of Airflow itself go to `home`/airflow/logs/.
    """
    state_of(home).mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(state_of(home) / "running.lock", timeout=0), stop_requests() as stop:
            return _run_until(stop, home, port, on_tick, say, beside or {})
    except Timeout:
        say(f"Airflow already runs on {home}. Stop that one first, or use another home.")
        return EXIT_FAILED


def choose_port(preferred: int) -> int:
    """The first free port from `preferred` on; any free one when the next 20 are taken."""
    for port in (*range(preferred, preferred + PORTS_TO_TRY), 0):
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartFailed(f"No port is free on {HOST}.")


class StopRequests:
    """How often the user has asked to stop: once is a request, twice is an order."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._count = 0

    def add(self, *_signal: object) -> None:
        """Notes one more request; also the handler of the signals."""
        self._count += 1
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Waits at most `seconds`; whether a stop has been asked for."""
        return self._event.wait(seconds)

    def is_urgent(self) -> bool:
        """Whether a stop has been asked for more than once."""
        return self._count > 1


def _run_until(
    stop: StopRequests,
    home: Path,
    port: int,
    on_tick: Tick,
    say: Callable[[str], None],
    beside: Mapping[str, Sequence[str]],
) -> int:
    chosen = choose_port(port)
    if chosen != port:
        say(f"Port {port} is taken; Airflow uses port {chosen}.")
    variables = _child_environment(home, chosen)
    children: list[Child] = []
    try:
        say("Airflow is starting…")
        _prepare(home, variables, stop, children)
        _start(BEFORE_HEALTH, home, variables, stop, children)
        _await_health(chosen, children, stop)
        _start(AFTER_HEALTH, home, variables, stop, children)
        for name, command in beside.items():
            children.append(start_child(name, command, variables, _log(home, name)))
        if not stop.wait(0):
            say(f"Airflow is running: http://{HOST}:{chosen}  (Ctrl-C stops it)")
        _watch(children, stop, on_tick)
    except StartFailed as failure:
        say(str(failure))
        return EXIT_FAILED
    finally:
        _stop(children, stop, say)
    return EXIT_OK


def _start(
    programs: dict[str, list[str]],
    home: Path,
    variables: dict[str, str],
    stop: StopRequests,
    children: list[Child],
) -> None:
    """Starts these programs of Airflow, unless a stop has been asked for meanwhile."""
    for name, arguments in programs.items():
        if not stop.wait(0):
            command = [sys.executable, "-m", "airflow", *arguments]
            children.append(start_child(name, command, variables, _log(home, name)))


def _watch(children: list[Child], stop: StopRequests, on_tick: Tick) -> None:
    """Until a stop is asked for; raises `StartFailed` when a child ends by itself."""
    while not stop.wait(1.0):
        _require_running(children)
        if on_tick():
            return


def _prepare(
    home: Path, variables: dict[str, str], stop: StopRequests, children: list[Child]
) -> None:
    """Makes the metadata database and the pool, unless this Airflow version already did."""
    if is_prepared(home):
        return
    command = [sys.executable, "-c", PREPARE_METADATA]
    child = start_child("database", command, variables, _log(home, "database"))
    children.append(child)
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while child.is_running and not stop.wait(0.1):
        if time.monotonic() > deadline:
            raise _failure("Airflow's database was not ready in time", child)
    if child.is_running:
        return
    children.remove(child)
    if child.process.returncode != 0:
        raise _failure("Airflow's database could not be made", child)
    note_prepared(home)


def _await_health(port: int, children: list[Child], stop: StopRequests) -> None:
    """Until the server answers; raises `StartFailed` when it does not in time."""
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while not is_healthy(port) and not stop.wait(0.25):
        _require_running(children)
        if time.monotonic() > deadline:
            raise _failure(
                f"Airflow did not answer within {START_LIMIT_SECONDS:.0f} s", children[0]
            )


def is_healthy(port: int) -> bool:
    """Whether the server answers people and tasks.

    The part for tasks is made at its first request, which takes seconds: asking here spares the
    first task a timeout.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        for path in ("/api/v2/monitor/health", "/execution/health"):
            with opener.open(f"http://{HOST}:{port}{path}", timeout=10):
                pass
    except OSError:
        return False
    return True


def _require_running(children: list[Child]) -> None:
    for child in children:
        if not child.is_running:
            raise _failure(f"The {child.name} ended unexpectedly", child)


def _failure(what: str, child: Child) -> StartFailed:
    return StartFailed(f"{what}. The end of {child.log}:\n{last_lines(child.log)}")


def _stop(children: list[Child], stop: StopRequests, say: Callable[[str], None]) -> None:
    """Stops the server last, so that tasks that end can still report to it."""
    if not children:
        return
    say("Airflow is stopping…")
    servers = [child for child in children if child.name == "api-server"]
    others = [child for child in children if child.name != "api-server"]
    stop_children(others, GRACE_SECONDS, FORCE_SECONDS, stop.is_urgent)
    stop_children(servers, 2.0, 1.0, stop.is_urgent)
    say("Airflow has stopped.")


@contextmanager
def stop_requests() -> Iterator[StopRequests]:
    """Collects SIGINT, SIGTERM and SIGHUP while the block runs; the old handlers come back."""
    stop = StopRequests()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop.add) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _child_environment(home: Path, port: int) -> dict[str, str]:
    """This process's environment without Airflow settings of its own, and with ours.

    Connections stay, because feeds name them, and where metrics and lineage go.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AIRFLOW") or name.startswith(_KEPT)
    }
    return {**kept, **environment(home, port)}


def _log(home: Path, name: str) -> Path:
    return state_of(home) / "logs" / f"{name}.log"
