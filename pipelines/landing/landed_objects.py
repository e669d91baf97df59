"""Landed bytes as they stand in a file: read whole and verified, or damaged."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

from pipelines.base.errors import SitrepError
from pipelines.base.plain_files import read_plain

_LONGEST_NOTE_BYTES = 1024 * 1024


class DamagedObject(SitrepError):
    """Landed bytes are missing, or are not those that came: our fault, which is no verdict."""


class MissingObject(DamagedObject, FileNotFoundError):
    """Landed bytes are missing, though they were to be kept."""


def read_verified(path: str, sha256: str) -> bytes:
    """The bytes of an object, whose hash is the one that they came with.

    Raises `FileNotFoundError` where they were not kept on purpose, and `DamagedObject` where they
    are missing, cannot be read, or are others.
    """
    # Twice: what the disk or the network spoils on the way may come whole the next time.
    for _ in range(2):
        try:
            content = _read(path)
        except FileNotFoundError:
            if read_note(Path(path)) is not None:
                raise
            raise MissingObject("are missing") from None
        except OSError as error:
            raise DamagedObject(f"cannot be read ({error.strerror})") from None
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    raise DamagedObject("are not those that came")


def note_path(path: Path) -> Path:
    """The path of the note that replaces bytes that must not be kept."""
    return path.with_name(f"{path.name}.withheld")


def expired_note_path(path: Path) -> Path:
    """The path of the note that retention leaves in place of bytes past their time."""
    return path.with_name(f"{path.name}.expired")


def read_note(path: Path) -> str | None:
    """What the note in place of the object says, None where there is none.

    A note that cannot be read says nothing, and the bytes were not kept all the same.
    """
    try:
        return read_plain(note_path(path), _LONGEST_NOTE_BYTES).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return ""


def written_at(path: Path) -> datetime | None:
    """When an object was first landed, None where it is new."""
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
        return stream.readall()
