"""Long-running child processes that write to log files and never outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux's prctl(2)."""


@dataclass(frozen=True)
class Child:
    """One running program and the file of its output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        """Whether the program itself has not ended."""
        return self.process.poll() is None


def start_child(
    name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
) -> Child:
    """Starts a program in a session of its own, its output appended to `log`.

    Its own session keeps the terminal's Ctrl-C from it, so that the parent stops it in order.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    return Child(name, process, log)


def stop_children(
    children: Sequence[Child],
    grace_seconds: float,
    force_seconds: float,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """Stops the children and every process that they started; none is left afterwards.

    SIGTERM lets each program finish its work; after `grace_seconds` SIGINT interrupts the work
    too; after `force_seconds` more everything is killed, or at once when `hurry` turns true.
    """
    for child in children:
        if child.is_running:
            child.process.terminate()
    _await_end(children, grace_seconds, hurry)
    _signal(_members(children), signal.SIGINT)
    _await_end(children, force_seconds, hurry)
    _signal(_members(children), signal.SIGKILL)
    for child in children:
        child.process.wait()


def last_lines(log: Path, count: int = 20) -> str:
    """The last lines of a log file, or nothing when there is no such file."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def _members(children: Sequence[Child]) -> list[psutil.Process]:
    """Every process that runs in the session of a child, whether or not the child itself does.

    They share only the session: Airflow gives each task a process group of its own, and a process
    that loses its parent is no longer a descendant.
    """
    sessions = {child.process.pid for child in children}
    return [
        process
        for process in psutil.process_iter(["status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE and _session_of(process.pid) in sessions
    ]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _await_end(children: Sequence[Child], seconds: float, hurry: Callable[[], bool]) -> None:
    """Waits until all that belongs to the children has ended, at most `seconds`."""
    deadline = time.monotonic() + seconds
    while _members(children) and time.monotonic() < deadline and not hurry():
        time.sleep(0.1)
        for child in children:
            child.process.poll()


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def _die_with_parent() -> None:
    """Runs in the child: Linux ends it when the parent is killed and cannot."""
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
