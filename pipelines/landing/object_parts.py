"""Files of landed bytes and notes as parts of a backup."""

import hashlib
import os
import secrets
import shutil
from pathlib import Path

from pipelines.base.durable import PRIVATE_FILE
from pipelines.base.plain_files import why_not_plain
from pipelines.landing.object_store import StoredPart


def part_at(path: str, name: str) -> StoredPart | None:
    """The file as a part; None where it is a link, unfinished, or gone meanwhile."""
    last = path.rpartition("/")[2]
    if last.startswith(".") and last.endswith(".tmp"):
        return None
    try:
        state = os.lstat(path)
    except FileNotFoundError:
        return None
    if why_not_plain(state.st_mode):
        return None
    return StoredPart(name, state.st_size, state.st_mtime_ns, "" if "." in last else last)


def is_there(target: Path, part: StoredPart) -> bool:
    """Whether the home's own is as good: bytes by their hash, a note by being there."""
    if not os.path.lexists(target):
        return False
    if "." in target.name:
        return True
    try:
        return hashlib.sha256(target.read_bytes()).hexdigest() == target.name
    except OSError:
        return False


def put_part(part: StoredPart, source: Path, target: Path) -> None:
    """The file stands there as it was backed up."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        shutil.copyfile(source, temporary)
        temporary.chmod(PRIVATE_FILE)
        os.utime(temporary, ns=(part.changed_ns, part.changed_ns))
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
