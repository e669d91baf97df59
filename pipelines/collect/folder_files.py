"""Files of a folder as a listing sees them: of many that wait, as little as their order needs."""

import os
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from pipelines.base.plain_files import why_not_plain
from pipelines.collect.hostile_names import is_unfinished
from pipelines.collect.listed_files import Listed


class FolderFile(NamedTuple):
    """A file of a folder."""

    changed: int
    """Its last change (ns)."""
    path: str
    size: int
    taken_by: tuple[str, ...] = ()
    why_not: str = ""
    """Why it cannot be taken."""

    def listed(self) -> Listed:
        """The file as its store lists it."""
        name = self.path.rpartition("/")[2]
        # Nobody is told of a link or a pipe anew because its time changed.
        version = "" if self.why_not else f"{self.size}-{self.changed}"
        return Listed(self.path, name, self.size, self.taken_by, version, self.why_not)


AGE_AND_PATH = itemgetter(0, 1)
"""The order in which the files of a folder are taken."""


def look_at(
    path: str, look: Callable[[], os.stat_result], taken_by: tuple[str, ...], quiet_at: float
) -> FolderFile | None:
    """The file; None where it is not to be taken now: it is hidden, being written, or gone.

    One that changed after `quiet_at` (seconds since 1970) may still be written. Links are not
    followed.
    """
    if is_unfinished(path.rpartition("/")[2]):
        return None
    try:
        state = look()
    except FileNotFoundError:
        return None
    except OSError as error:
        return FolderFile(0, path, 0, why_not=f"cannot be looked at ({error.strerror})")
    if told := why_not_plain(state.st_mode):
        return FolderFile(state.st_mtime_ns, path, 0, why_not=f"is {told} and no plain file")
    if state.st_mtime_ns / 1e9 > quiet_at:
        return None
    return FolderFile(state.st_mtime_ns, path, state.st_size, taken_by)
