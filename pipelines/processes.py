"""Long-running child processes that write to log files and never outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux's prctl(2)."""


@dataclass(frozen=True)
class Child:
    """One running program, leader of its own process group, and the file of its output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        """Whether the program itself has not ended."""
        return self.process.poll() is None

    @property
    def group_is_alive(self) -> bool:
        """Whether the program or any process that it started in its group still runs."""
        try:
            os.killpg(self.process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def signal_leader(self, number: signal.Signals) -> None:
        """Signals the program alone, which then winds up its own children."""
        if self.is_running:
            self.process.send_signal(number)

    def signal_group(self, number: signal.Signals) -> None:
        """Signals the program and everything that it started."""
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def start_child(
    name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
) -> Child:
    """Starts a program in a group of its own, its output appended to `log`.

    Its own group keeps the terminal's Ctrl-C from it, so that the parent stops it in order.
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
    """Stops the children and all that they started; none is left afterwards.

    Asks each program first, after `grace_seconds` asks its whole group, after `force_seconds`
    more kills the group; `hurry` turning true kills at once.
    """
    for child in children:
        child.signal_leader(signal.SIGTERM)
    _await_end(children, grace_seconds, hurry)
    for child in children:
        child.signal_group(signal.SIGTERM)
    _await_end(children, force_seconds, hurry)
    for child in children:
        child.signal_group(signal.SIGKILL)
    for child in children:
        child.process.wait()


def last_lines(log: Path, count: int = 20) -> str:
    """The last lines of a log file, or nothing when there is no such file."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def _await_end(children: Sequence[Child], seconds: float, hurry: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not hurry():
        for child in children:
            child.process.poll()
        if not any(child.group_is_alive for child in children):
            return
        time.sleep(0.1)


def _die_with_parent() -> None:
    """Runs in the child: Linux ends it when the parent is killed and can no longer do so."""
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
