"""A disk that takes no more from a certain moment on, for a process and whatever it writes with.

The limit on the size of files makes every write fail, those of DuckDB too, as on a full disk: files
can be made and renamed, and hold nothing. It needs no rights, and ends with its process.
"""

import os
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipelines.base import kill_points
from tests.support.children import Journey, end_of


def fill() -> None:
    """From now on this process cannot write to any file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def end_when_full(home: Path, journey: Journey, step: str | None) -> tuple[int, str]:
    """The exit code of the journey and what it said; the disk is full from the step on, or at once.

    What the child says goes through a pipe, which takes it all the same.
    """
    read, write = os.pipe()
    with ThreadPoolExecutor(1) as pool, os.fdopen(read, encoding="utf-8") as stream:
        said = pool.submit(stream.read)
        try:
            code = end_of(home, journey, lambda: _prepare(step, write))
        finally:
            os.close(write)
        return code, said.result()


def _prepare(step: str | None, write: int) -> None:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - lives as long as the child
    sys.stderr = os.fdopen(write, "w", buffering=1, encoding="utf-8")
    if step is None:
        fill()
        return
    os.environ["SITREP_KILL_AT"] = step
    reached: Callable[..., Any] = lambda *_: fill()  # noqa: E731
    kill_points.os = SimpleNamespace(getpid=os.getpid, kill=reached)  # type: ignore[assignment,attr-defined]
