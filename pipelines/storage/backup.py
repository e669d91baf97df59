"""Backs a home up while everything runs (docs/adr/0024-rebuild-and-backup.md).

The warehouse is copied first, under its lock and after a checkpoint; landing after it. So landing
has all that the warehouse knows, and perhaps more: a restore lets that wait in the inbox.
Secrets are not in a home's state: they stand in the environment, and of tokens it has hashes.
Airflow's own state is left out.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from pipelines.base.clock import now
from pipelines.base.errors import UsageError
from pipelines.base.kill_points import reached
from pipelines.landing.chosen_objects import chosen_objects
from pipelines.landing.landing import Landing
from pipelines.landing.object_store import StoredPart
from pipelines.storage.backup_list import BackedUp, BackupFault, BackupLists
from pipelines.storage.backup_pool import BackupPool, hash_of
from pipelines.storage.backup_withheld import LANDING, withhold
from pipelines.storage.storage_locks import storage_lock
from warehouse.publish.publications import CURRENT, CURRENT_COPIES, DESCRIPTION, read_description
from warehouse.store import literals
from warehouse.store.connection import attached_warehouse, warehouse_lock
from warehouse.store.engines import chosen_engine

WAREHOUSE = "warehouse.duckdb"
"""The name of the warehouse in a backup, whatever holds it in the home."""
_IN_ORDER = (
    *("landing/inbox", "landing/settled", "landing/loads", "landing/stages.jsonl"),
    "landing/refused",
)
"""A manifest on its way from the inbox to the settled ones is found in one of them."""
_STATE = (
    *("answers", "asking", "alerts", "reading", "simulation", "briefs", "letters", "push"),
    *("taken", "mailboxes"),
    "retention.jsonl",
)

Report = Callable[[str], None]


@dataclass
class BackupMade:
    """What a backup holds, and what it cost."""

    name: str = ""
    files: int = 0
    size_bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    lock_seconds: float = 0.0
    """How long loads had to wait for the warehouse."""
    damaged: tuple[str, ...] = ()
    """Landed files whose bytes are not those that came; they are left out."""


def back_up(home: Path, folder: Path, report: Report, keep: int | None = None) -> BackupMade:
    """The folder has a whole backup of the home more; contents that it had are not copied again.

    Killed on the way it has none more. `keep`: only so many of the newest backups stay.
    """
    if folder.resolve().is_relative_to(home.resolve()):
        raise UsageError(f"{folder} is in the home itself: a backup stands on another disk.")
    with storage_lock(home):
        return _Backup(home, folder, report).run(keep)


def verify(folder: Path, report: Report, name: str | None = None) -> tuple[str, int]:
    """Every file of the backup has its bytes; its name and how many there are.

    Raises `BackupFault` that names the first files that are damaged or lacking.
    """
    lists, pool = BackupLists(folder), BackupPool(folder)
    name = lists.chosen(name)
    files = lists.read(name)
    wrong = []
    for number, one in enumerate(files):
        if number % 500 == 0:
            report(f"Reading {number:,} of {len(files):,} files")
        if one.link is None and not pool.is_withheld(one.sha256):
            path = pool.path(one.sha256)
            if not path.exists() or hash_of(path) != one.sha256:
                wrong.append(one.path)
    if wrong:
        raise BackupFault(
            f"{len(wrong):,} files of the backup {name} are damaged or lacking: "
            f"{', '.join(wrong[:5])}. Make a new backup; damaged files are copied again."
        )
    return name, len(files)


class _Backup:
    """One run."""

    def __init__(self, home: Path, folder: Path, report: Report) -> None:
        self._home, self._folder, self._report = home, folder, report
        self._pool, self._lists = BackupPool(folder), BackupLists(folder)
        self._objects = chosen_objects(home)
        self._made = BackupMade()
        self._files: list[BackedUp] = []
        self._before: dict[str, BackedUp] = {}

    def run(self, keep: int | None) -> BackupMade:
        self._pool.begin()
        if names := self._lists.names():
            self._before = {one.path: one for one in self._lists.read(names[-1])}
        made_at = now()
        self._report("Copying the warehouse")
        self._add_warehouse()
        reached("backup: warehouse copied")
        for part in _IN_ORDER:
            self._add_all(part)
        self._add_objects()
        self._withhold_all()
        for part in _STATE:
            self._add_all(part)
        self._add_publication()
        self._pool.sync()
        reached("backup: files copied")
        self._made.name = self._lists.write(made_at, self._files)
        reached("backup: listed")
        if keep is not None:
            self._lists.keep(keep)
            self._pool.drop_all_but({one.sha256 for one in self._lists.all_files()})
        self._made.files = len(self._files)
        self._made.size_bytes = sum(one.size for one in self._files)
        return self._made

    def _add_warehouse(self) -> None:
        """The warehouse as it is between two loads; the lock is held while it is copied only."""
        source = chosen_engine(self._home).file
        if source is not None and not source.exists():
            return
        with warehouse_lock(self._home):
            begun = perf_counter()
            copied = self._copy_file(source) if source is not None else self._copy_tables()
            self._made.lock_seconds = perf_counter() - begun
        self._enter(WAREHOUSE, copied, copied.stat())

    def _copy_file(self, source: Path) -> Path:
        with attached_warehouse(self._home) as connection:
            connection.execute("CHECKPOINT warehouse")
        return self._pool.copy(source)

    def _copy_tables(self) -> Path:
        """The tables of a lake, in a DuckDB file."""
        target = self._folder / "files" / f".{WAREHOUSE}.tmp"
        with attached_warehouse(self._home, read_only=True) as connection:
            connection.execute(f"ATTACH {literals.text(str(target))} AS backed_up")
            connection.execute("COPY FROM DATABASE warehouse TO backed_up")
            connection.execute("DETACH backed_up")
        return target

    def _add_all(self, part: str) -> None:
        for number, (path, relative) in enumerate(_plain_files(self._home, part)):
            if number % 500 == 0:
                self._report(f"{part}: {number:,} files")
            self._add(path, relative)

    def _add_objects(self) -> None:
        """What landing keeps of bytes; a part that the pool has need not be read."""
        for number, part in enumerate(self._objects.parts()):
            if number % 500 == 0:
                self._report(f"Landed files: {number:,}")
            self._add_object(part)

    def _add_object(self, part: StoredPart) -> None:
        relative = f"{LANDING}{part.name}"
        sha256, size = part.sha256, part.size_bytes
        before = self._before.get(relative)
        if not sha256 and before and (before.size, before.mtime_ns) == (size, part.changed_ns):
            sha256 = before.sha256
        if not sha256 or not self._pool.holds(sha256, size):
            copied = self._pool.temporary()
            try:
                self._objects.copy_part(part.name, copied)
            except FileNotFoundError:
                # It was withheld or deleted by now.
                return
            sha256, size = self._pool.enter(copied)
            self._count(size)
            if part.sha256 and sha256 != part.sha256:
                self._made.damaged += (relative,)
                return
        self._files.append(BackedUp(relative, sha256, size, part.changed_ns))

    def _add(self, path: Path, relative: str) -> None:
        """A file; one that has not changed since the backup before need not be read."""
        before = self._before.get(relative)
        try:
            state = path.stat()
            if (
                before is not None
                and (before.size, before.mtime_ns) == (state.st_size, state.st_mtime_ns)
                and self._pool.holds(before.sha256, before.size)
            ):
                self._list(relative, before.sha256, state)
                return
            self._enter(relative, self._pool.copy(path), state)
        except FileNotFoundError:
            # It has moved from the inbox to the settled ones, which come next.
            return

    def _enter(self, relative: str, copied: Path, state: os.stat_result) -> None:
        sha256, size = self._pool.enter(copied)
        self._count(size)
        self._list(relative, sha256, state, size)

    def _count(self, size: int) -> None:
        self._made.copied += 1
        self._made.copied_bytes += size

    def _list(
        self, relative: str, sha256: str, state: os.stat_result, size: int | None = None
    ) -> None:
        size = state.st_size if size is None else size
        mode = stat.S_IMODE(state.st_mode)
        self._files.append(BackedUp(relative, sha256, size, state.st_mtime_ns, mode))

    def _withhold_all(self) -> None:
        """What turned out to be patient data after an earlier backup is in none any more.

        A note alone does not say so: a file that one feed did not take may stand at another.
        """
        withheld = self._objects.withheld_hashes()
        withheld |= {one.sha256 for one in Landing(self._home).withheld()}
        self._files = withhold(self._pool, self._lists, self._objects, self._files, withheld)

    def _add_publication(self) -> None:
        """The current publication. A new one may become current meanwhile: it is taken then."""
        for _ in range(3):
            described = read_description(self._home)
            if described is None:
                return
            name = described["publication"]
            own = [
                *_plain_files(self._home, f"publications/{name}"),
                *_plain_files(self._home, f"publications/{name}.duckdb"),
                *_plain_files(self._home, f"publications/{DESCRIPTION}"),
            ]
            for path, relative in own:
                self._add(path, relative)
            after = read_description(self._home)
            if after is not None and after["publication"] == name:
                self._files.append(BackedUp(f"publications/{CURRENT}", link=f"{name}.duckdb"))
                self._files.append(BackedUp(f"publications/{CURRENT_COPIES}", link=name))
                return
            self._files = [one for one in self._files if not one.path.startswith("publications/")]


def _plain_files(home: Path, part: str) -> Iterator[tuple[Path, str]]:
    """The files of a part of the home with their paths in it; links and unfinished ones not."""
    start = home / part
    if start.is_file() and not start.is_symlink():
        yield start, part
        return
    for root, folders, names in os.walk(start):
        folders.sort()
        for name in sorted(names):
            path = Path(root) / name
            is_unfinished = name.startswith(".") and name.endswith(".tmp")
            if not is_unfinished and path.is_file() and not path.is_symlink():
                yield path, path.relative_to(home).as_posix()
