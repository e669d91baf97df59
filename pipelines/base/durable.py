"""Writes files so that a crash leaves the old one or the new one, never a part.

Files and folders of state are their owner's only, whatever the umask says.
"""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines.base.disk_faults import writing
from pipelines.base.settings import settings

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
_FEW = 32
"""Up to this many files are synced one by one; for more, the whole file system is synced once."""


def make_folder(folder: Path) -> None:
    """The folder is there, and those above it; what is made now inside the home is its owner's."""
    try:
        folder.mkdir(_folder_mode(folder))
    except FileNotFoundError:
        make_folder(folder.parent)
        make_folder(folder)
    except FileExistsError:
        if not folder.is_dir():
            raise


def _folder_mode(folder: Path) -> int:
    """Private, but for the home and what it stands in: readers pass through to the publications."""
    home = settings().root
    return 0o777 if folder == home or folder in home.parents else PRIVATE_FOLDER


def write_durably(target: Path, content: bytes, mode: int = PRIVATE_FILE) -> None:
    """`target` holds `content` and would still after a power cut; readers never see a part."""
    temporary = Path(_write_beside(target, content, mode, is_synced=True))
    try:
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def write_whole(target: Path, content: bytes, mode: int = PRIVATE_FILE) -> None:
    """`target` holds `content` whole; a power cut may lose it, the death of a process cannot."""
    temporary = _write_beside(target, content, mode)
    try:
        os.replace(temporary, target)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_all_durably(
    contents: Mapping[Path, bytes],
    modified_at: float | None = None,
    written_in: Path | None = None,
) -> None:
    """Every path holds its content and would still after a power cut; readers never see a part.

    Many files are synced together, which takes hardly longer than one. `modified_at` (seconds
    since 1970) becomes the files' time. They are written in `written_in`, a folder of the same file
    system, else beside where they come to stand.
    """
    written: list[tuple[str, Path]] = []
    try:
        for target, content in contents.items():
            temporary = _write_beside(target, content, written_in=written_in)
            written.append((temporary, target))
            if modified_at is not None:
                os.utime(temporary, (modified_at, modified_at))
        sync_many([Path(temporary) for temporary, _ in written])
        while written:
            temporary, target = written[-1]
            try:
                os.replace(temporary, target)
            except FileNotFoundError:
                make_folder(target.parent)
                os.replace(temporary, target)
            written.pop()
    finally:
        for temporary, _ in written:
            Path(temporary).unlink(missing_ok=True)
    sync_many(list({target.parent for target in contents}))


def append_all_durably(contents: Mapping[Path, bytes]) -> None:
    """Every path ends with its content, on a line of its own, and would still after a power cut.

    A process that dies may leave part of a line; the next append starts a new line.
    """
    new = {target.parent for target in contents if not target.exists()}
    for folder in new:
        make_folder(folder)
    for target, content in contents.items():
        with writing(target), open(target, "ab+", opener=_open_private) as stream:
            if stream.tell():
                stream.seek(-1, os.SEEK_END)
                content = content if stream.read(1) == b"\n" else b"\n" + content
            stream.write(content + b"\n")
    sync_many([*contents, *new])


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE)


def _write_beside(
    target: Path,
    content: bytes,
    mode: int = PRIVATE_FILE,
    *,
    is_synced: bool = False,
    written_in: Path | None = None,
) -> str:
    """A hidden file beside `target`, or in that folder, holds the content; its path.

    None is left where it fails.
    """
    folder = written_in or target.parent
    temporary = f"{folder}/.{target.name}.{secrets.token_hex(4)}.tmp"
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        descriptor = os.open(temporary, flags, PRIVATE_FILE)
    except FileNotFoundError:
        make_folder(folder)
        descriptor = os.open(temporary, flags, PRIVATE_FILE)
    try:
        with writing(target), open(descriptor, "wb", buffering=0) as stream:  # noqa: PTH123
            view = memoryview(content)
            while view:
                view = view[stream.write(view) or 0 :]
            if mode != PRIVATE_FILE:
                os.fchmod(descriptor, mode)
            if is_synced:
                os.fsync(descriptor)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return temporary


def sync_many(paths: Sequence[Path]) -> None:
    """What the files or folders hold is on the disk; many are synced with their file system."""
    if len(paths) > _FEW and (sync_all := _syncfs()):
        devices = {path.stat().st_dev: path for path in paths}
        for path in devices.values():
            sync_all(path)
        return
    for path in paths:
        sync_folder(path)


def _syncfs() -> Callable[[Path], None] | None:
    """Writes all of a path's file system to the disk; None where the system has no such call."""
    import ctypes  # of 2 ms, in a module that every command imports

    system = ctypes.CDLL(None, use_errno=True)
    call = getattr(system, "syncfs", None)
    if call is None:
        return None

    def sync_all(path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            if call(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(path))
        finally:
            os.close(descriptor)

    return sync_all


def sync_file(path: Path) -> None:
    """The file's bytes are on the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """The folder's entries are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
