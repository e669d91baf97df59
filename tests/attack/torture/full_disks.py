"""Full disks: a small file system is filled so that a journey stops at one write or the next.

A file system in memory is mounted for it, which takes root; without it files may grow only so far.
"""

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.attack.children import Ended, in_child
from tests.attack.torture.journeys import stages
from tests.attack.torture.result import Result
from tests.attack.torture.twin import Around, differences, last_words, run_stage, use_home
from tests.support.compared_homes import assert_ledger_is_sound

_PAGE = 4096
_SIZE_MB = 256
_COULD_NOT_RUN = 3


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of its own; None where none may be mounted."""
    place = folder / "disk"
    place.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE_MB}m", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        done = 1
    try:
        yield place if done == 0 else None
    finally:
        if done == 0:
            subprocess.run(["umount", "-l", str(place)], check=False)


def fill_stage(
    folder: Path, name: str, number: int, twin: Around, fills: int, random: Random
) -> Iterator[Result]:
    """The journey on a disk with little room, many times; then with room, once, in peace."""
    with small_disk(folder) as disk:
        for turn in range(fills):
            target = (disk or folder) / "home"
            home = Path(shutil.copytree(twin.before, target, symlinks=True))
            # Few pages first, where a journey has many small writes; then anywhere up to 8 MB.
            pages = turn if turn < fills // 3 else int(2 ** random.uniform(0, 11))
            ended = _with_room(disk, home, name, number, pages * _PAGE)
            told = f"{pages} pages left" if disk else f"files of at most {pages} pages"
            yield Result("full disk", name, number, told, _faults(ended, home, name, number, twin))
            shutil.rmtree(home)


def _with_room(disk: Path | None, home: Path, name: str, number: int, room: int) -> Ended[int]:
    """How the journey ended with so many bytes left."""
    if disk is None:
        return in_child(lambda: _limited(home, name, number, room), 300)
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(1, free - room))
    try:
        return in_child(lambda: _run_there(home, name, number), 300)
    finally:
        ballast.unlink()


def _run_there(home: Path, name: str, number: int) -> int:
    use_home(home)
    return stages()[name].journey(number)


def _limited(home: Path, name: str, number: int, room: int) -> int:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    return _run_there(home, name, number)


def _faults(ended: Ended[int], home: Path, name: str, number: int, twin: Around) -> list[str]:
    """What is wrong with how it ended, and what the next run did not make good."""
    faults = []
    last = last_words(ended.said)
    if ended.hung:
        faults.append("it hung")
    elif ended.given is None and ended.exit_code < 0:
        faults.append(f"it died by signal {-ended.exit_code}")
    elif "unexpected" in ended.said:
        faults.append(f"it did not know what happened: {last}")
    elif ended.given is None:
        faults.append(f"a task did not know what happened: {last}")
    elif ended.given not in (0, 1, _COULD_NOT_RUN):
        faults.append(f"it ended with {ended.given}: {last}")
    after = run_stage(home, name, number)
    if after.given is None or after.given[0] not in (0, 1):
        return [*faults, f"with room it ended with {after.given}: {after.said[-300:]}"]
    faults += differences(home, twin.after)
    try:
        assert_ledger_is_sound(home)
    except AssertionError as error:
        faults.append(f"the ledger is not sound: {str(error)[:300]}")
    return faults
