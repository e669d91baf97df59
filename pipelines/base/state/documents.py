"""Documents and journals of a home, wherever its state is kept.

Callers name them by a path below the home. What is damaged is set aside under a name in `damaged/`
and told; the rest goes on.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pipelines.base.settings import settings
from pipelines.base.state.folder_state import FolderState
from pipelines.base.state.state_store import StateStore
from pipelines.base.state_files import FOLDER as DAMAGED
from pipelines.base.state_files import (
    DamagedFile,
    damaged_files,
    describe_damaged,
    make_way,
    name_for_damaged,
    read_state,
)

T = TypeVar("T")
_log = logging.getLogger(__name__)


def shared_state(home: Path) -> str:
    """Address of the Postgres that holds the state of that home; empty where its folder does.

    Another folder than the configured home, as trials and rehearsals make one, has its own.
    """
    address = settings().state.get_secret_value().strip()
    return address if address and home == settings().root else ""


def kept_state(home: Path) -> StateStore:
    """What holds the small state of that home, as `SITREP_STATE` says."""
    if not (address := shared_state(home)):
        return FolderState(home)
    from pipelines.base.state.postgres_sessions import sessions_of
    from pipelines.base.state.postgres_state import PostgresState

    return PostgresState(home, sessions_of(address))


def read_document(
    home: Path, path: Path, decode: Callable[[bytes], T], otherwise: T, then: str
) -> T:
    """What the document holds; `otherwise` where there is none, or none that can be used.

    One that cannot be decoded is set aside and told; `then` says what follows from it.
    """
    if not shared_state(home):
        return read_state(home, path, decode, otherwise, then)
    store = kept_state(home)
    try:
        content = store.read(path)
    except FileNotFoundError:
        return otherwise
    try:
        return decode(content)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        target = name_for_damaged(home, path)
        if store.move(path, target):
            why = type(error).__name__
            _log.error(
                "%s cannot be used (%s). It was set aside as %s. %s", path, why, target, then
            )
        return otherwise


def write_document(home: Path, path: Path, content: bytes) -> None:
    """The name holds the content, and would still after a power cut."""
    kept_state(home).write_all({path: content})


def write_documents(home: Path, contents: Mapping[Path, bytes]) -> None:
    """Each name holds its content, and would still after a power cut."""
    kept_state(home).write_all(contents)


def replace_document(home: Path, path: Path, before: bytes | None, after: bytes) -> bool:
    """The name holds `after` where it held `before` (None: nothing); whether it does now."""
    return kept_state(home).replace(path, before, after)


def append_lines(home: Path, contents: Mapping[Path, bytes]) -> None:
    """Each journal ends with its content, on a line of its own, durable."""
    kept_state(home).append_all(contents)


def remove_document(home: Path, path: Path) -> None:
    """Nothing stands under that name."""
    kept_state(home).remove(path)


def move_document(home: Path, path: Path, target: Path) -> None:
    """What stood under one name stands under the other, in place of what was there."""
    kept_state(home).move(path, target)


def list_documents(home: Path, folder: Path) -> list[Path]:
    """The names directly below that folder, in order."""
    return sorted(kept_state(home).stamps(folder))


def stamp_document(home: Path, path: Path) -> object:
    """A value that changes when the content does; None where there is nothing."""
    return kept_state(home).stamp(path)


def make_way_for(home: Path, path: Path, then: str) -> None:
    """What stands in the way of a document that is about to be written is set aside, and told."""
    if not shared_state(home):
        make_way(home, path, then)


def all_damaged(home: Path) -> list[DamagedFile]:
    """What was set aside, the oldest first: files of this machine, and documents that all share."""
    found = damaged_files(home)
    if shared_state(home):
        found += [describe_damaged(path) for path in list_documents(home, home / DAMAGED)]
    return sorted(found, key=lambda one: one.path.name)
