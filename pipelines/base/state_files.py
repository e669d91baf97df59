"""Reads files of state: a damaged one is set aside and told, and the rest goes on.

A damaged file is never deleted: it stands in `damaged/` of the home, under the path that it had,
until somebody has looked at it. `sitrep status` and the watch tell it as long as it is there.
"""

import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pipelines.base.clock import now
from pipelines.base.durable import make_folder, write_durably
from pipelines.base.plain_files import NotPlainFile, in_the_way, read_plain

FOLDER = "damaged"
_MARK = ".damaged-"
_MOST_BYTES = 256 * 1024 * 1024
_LONGEST_NAME = 180
"""Room for the mark and the time in the 255 bytes of a file's name."""
_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A file of state that was set aside."""

    path: Path
    was: str
    """Its name; `/` is written as `__`."""
    at: datetime


def read_state(home: Path, path: Path, decode: Callable[[bytes], T], otherwise: T, then: str) -> T:
    """What the file holds; `otherwise` where there is none, or none that can be used.

    One that cannot be decoded, or is no plain file, is set aside and told; `then` says what
    follows from it. One that the system cannot read just now is told and stays.
    """
    try:
        content = read_plain(path, _MOST_BYTES)
    except FileNotFoundError:
        return otherwise
    except NotPlainFile as error:
        set_aside(home, path, str(error), then)
        return otherwise
    except OSError as error:
        _log.error("%s cannot be read (%s). It is left there. %s", path, error, then)
        return otherwise
    try:
        return decode(content)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        set_aside(home, path, f"cannot be used ({type(error).__name__})", then)
        return otherwise


def set_aside(home: Path, path: Path, why: str, then: str) -> None:
    """The file stands in the folder of damaged ones, and the log says so."""
    target = name_for_damaged(home, path)
    try:
        make_folder(target.parent)
        path.rename(target)
        where = f"It was set aside as {target}."
    except FileNotFoundError:
        # Another process was faster.
        return
    except OSError as error:
        where = f"It could not be set aside ({error.strerror}): move it away by hand."
    _log.error("%s %s. %s %s", path, why, where, then)


def make_way(home: Path, path: Path, then: str) -> None:
    """What stands in the way of a file that is about to be written is set aside, and told."""
    if why := in_the_way(path):
        set_aside(home, path, f"is {why}", then)


def keep_apart(home: Path, path: Path, part: bytes, then: str) -> None:
    """The damaged part of a file stands in the folder of damaged ones, and the log says so."""
    target = name_for_damaged(home, path)
    write_durably(target, part)
    _log.error("Part of %s cannot be used. A copy of it is %s. %s", path, target, then)


def damaged_files(home: Path) -> list[DamagedFile]:
    """The files that were set aside, the oldest first."""
    try:
        with os.scandir(home / FOLDER) as entries:
            found = [entry for entry in entries if _MARK in entry.name and entry.name[0] != "."]
    except OSError:
        return []
    return sorted(
        (describe_damaged(Path(entry.path)) for entry in found), key=lambda one: one.path.name
    )


def describe_damaged(path: Path) -> DamagedFile:
    """What the name in that folder tells."""
    was, _, time = path.name.rpartition(_MARK)
    try:
        at = datetime.strptime(time.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        at = datetime.fromtimestamp(0, UTC)
    return DamagedFile(path, was, at)


def name_for_damaged(home: Path, path: Path) -> Path:
    """Where what is damaged stands while nobody has looked at it."""
    inside = path.relative_to(home) if path.is_relative_to(home) else Path(path.name)
    was = "__".join(inside.parts)[-_LONGEST_NAME:]
    return home / FOLDER / f"{was}{_MARK}{now():%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
