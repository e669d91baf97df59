"""A piece of work in a forked child: what it gave, how it ended, and what it cost.

The parent has imported everything, so that a child costs little; whatever the child does to itself
is seen and hurts nobody else.
"""

import ctypes
import os
import pickle
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

Given = TypeVar("Given")

_ON_DEATH_OF_PARENT = 1
_MOST_BYTES_MORE = 6 * 1024**3
"""Address space that a child may take beyond its parent's: a bomb must not hurt the machine."""


@dataclass(frozen=True)
class Ended(Generic[Given]):
    """How a child ended."""

    given: Given | None
    """What the work gave; None where the child died before."""
    exit_code: int
    """As Python tells it: minus the signal where one killed it."""
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    hung: bool
    said: str
    """The begin and the end of what it wrote to standard error."""


def in_child(
    work: Callable[[], Given],
    most_seconds: float,
    kill_after_seconds: float | None = None,
) -> Ended[Given]:
    """What became of the work in a child of its own.

    It is killed after `most_seconds` because it hangs, or after `kill_after_seconds` because a
    test wants so.
    """
    answers, answering = os.pipe()
    said, saying = os.pipe()
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(answers)
        os.close(said)
        _be_child(work, answering, saying)
    os.close(answering)
    os.close(saying)
    wait = most_seconds if kill_after_seconds is None else min(most_seconds, kill_after_seconds)
    answer, words, in_time = _read_until(answers, said, begin + wait)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    given: Given | None = None
    if answer:
        try:
            given = pickle.loads(answer)
        except Exception:
            given = None
    return Ended(
        given,
        os.waitstatus_to_exitcode(status),
        time.monotonic() - begin,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
        not in_time and kill_after_seconds is None,
        words.decode("utf-8", "replace"),
    )


def die_with_parent() -> None:
    """This process is killed when its parent ends, however that ends (on Linux)."""
    call = getattr(ctypes.CDLL(None), "prctl", None)
    if call is not None:
        call(_ON_DEATH_OF_PARENT, signal.SIGKILL)


def end_in_order() -> None:
    """SIGTERM ends this process like Ctrl-C does, so that it clears up what it laid out."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _be_child(work: Callable[[], object], answering: int, saying: int) -> None:
    code = 70
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(saying, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
        os.environ["RUST_BACKTRACE"] = "0"
        limit = _virtual_bytes() + _MOST_BYTES_MORE
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        given = pickle.dumps(work())
        with os.fdopen(answering, "wb") as stream:
            stream.write(given)
        code = 0
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc()[-1500:].encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _virtual_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    return pages * resource.getpagesize()


def _read_until(answers: int, said: int, end: float) -> tuple[bytes, bytes, bool]:
    """What was answered and said, and whether the child closed both in time."""
    found = {answers: bytearray(), said: bytearray()}
    still_open = {answers, said}
    while still_open:
        left = end - time.monotonic()
        if left <= 0:
            break
        ready, _, _ = select.select(list(still_open), [], [], left)
        for one in ready:
            piece = os.read(one, 1 << 16)
            if piece:
                found[one] += piece
                if one == said:
                    del found[said][2000:-2000]
            else:
                still_open.discard(one)
    for one in found:
        os.close(one)
    return bytes(found[answers]), bytes(found[said]), not still_open


def scratch_folder() -> Path:
    """Where homes of an attack stand: in memory where that can be had, for speed."""
    memory = Path("/dev/shm")
    if "TMPDIR" not in os.environ and os.access(memory, os.W_OK):
        return memory
    import tempfile

    return Path(tempfile.gettempdir())
