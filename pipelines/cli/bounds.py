"""Bounds of time and memory for one question; the process that asks is ours to end."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.settings import settings
from warehouse.store.reader import QuestionEnded, ended_after

if TYPE_CHECKING:
    import duckdb

COULD_NOT_RUN = 3
_GRACE_SECONDS = 2.0
"""Some functions of DuckDB do not look whether they should stop; then the process ends."""
_BESIDE = 512 * 2**20
_BESIDE_PER_THREAD = 16 * 2**20
"""Memory for the stacks of threads and for what the answer is made into."""


@contextmanager
def bounded(reader: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    """What is asked inside, and told, ends within SITREP_QUERY_SECONDS and SITREP_QUERY_MEMORY.

    Raises `QuestionEnded` where it does not. A question that does not heed it, and one whose
    answer nobody takes, ends the process: a reader must not keep the warehouse from the loads.
    """
    import duckdb

    limit = settings().query_seconds
    late = f"The query was ended after {limit:g} seconds."
    advice = "Ask for fewer rows or days, or set SITREP_QUERY_SECONDS higher."
    timer = threading.Timer(limit + _GRACE_SECONDS, _end_process, [f"{late} {advice}"])
    timer.daemon = True
    timer.start()
    try:
        with ended_after(reader, limit, "SITREP_QUERY_SECONDS"), _bounded_memory():
            yield
    except (duckdb.OutOfMemoryException, MemoryError):
        # The error and its traceback hold what was too large.
        raise QuestionEnded(
            f"The query needs more than {settings().query_memory.human_readable(decimal=True)} of "
            "memory. Ask for fewer rows or columns, or set SITREP_QUERY_MEMORY higher."
        ) from None
    finally:
        timer.cancel()


def _end_process(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
    os._exit(COULD_NOT_RUN)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """The process takes no more memory than a question may, where the system can say so (Linux).

    DuckDB's own limit does not count a single huge value.
    """
    held = _data_bytes()
    if held is None:
        yield
        return
    import resource

    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    beside = _BESIDE + _BESIDE_PER_THREAD * (os.cpu_count() or 1)
    most = held + int(settings().query_memory) + beside
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, hard))


def _data_bytes() -> int | None:
    """The private memory of this process, None where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return None
