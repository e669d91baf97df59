"""Restores a home from a backup, or the warehouse beside a landing that is newer."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.base.durable import sync_many, write_durably
from pipelines.base.errors import ConfigurationError, UsageError
from pipelines.base.kill_points import reached
from pipelines.landing.chosen_objects import chosen_objects
from pipelines.landing.landing import Landing
from pipelines.landing.object_store import StoredPart, is_object_part
from pipelines.storage.backup import WAREHOUSE
from pipelines.storage.backup_list import BackedUp, BackupFault, BackupLists, is_within
from pipelines.storage.backup_pool import BackupPool, hash_of
from pipelines.storage.backup_withheld import LANDING
from pipelines.storage.landed import LandedManifests, back_to_inbox, missing_from_ledger
from pipelines.storage.storage_locks import storage_lock
from pipelines.storage.swap import put_in_place
from warehouse.store.connection import attached_warehouse, warehouse_lock
from warehouse.store.engines import chosen_engine
from warehouse.store.migrate import migrate

_MARK = "restoring"
_INBOX = "landing/inbox/"

Report = Callable[[str], None]


@dataclass
class Restored:
    """What a restore did."""

    backup: str
    files: int = 0
    stayed: int = 0
    """Files that the home had already; they stay as they are."""
    waiting: int = 0
    """Landed deliveries that the restored warehouse does not know; they wait in the inbox."""
    kept: Path | None = None
    """The warehouse before."""


def restore(
    home: Path, folder: Path, report: Report, name: str | None = None, *, force: bool = False
) -> Restored:
    """The home holds what the backup does; what it holds beyond that stays.

    The warehouse becomes the backup's, and the one before is kept beside it. What has landed and is
    unknown to the restored warehouse waits for `drain`. Interrupted, it goes on at the next call.
    Raises `UsageError` where the home is not empty, unless `force`.
    """
    lists, pool = BackupLists(folder), BackupPool(folder)
    name = lists.chosen(name)
    files = [one for one in lists.read(name) if not pool.is_withheld(one.sha256)]
    _refuse_damaged(files, pool, name)
    with storage_lock(home), warehouse_lock(home):
        _begin(home, name, force)
        done = Restored(name)
        _restore_files(home, pool, files, done, report)
        reached("restore: files there")
        _restore_warehouse(home, pool, files, done)
        _restore_inbox(home, pool, files)
        _let_wait(home, done)
        (home / _MARK).unlink()
    return done


def _refuse_damaged(files: Iterable[BackedUp], pool: BackupPool, name: str) -> None:
    wrong = [
        one.path
        for one in files
        if not is_within(one.path) or (one.link is None and not pool.holds(one.sha256, one.size))
    ]
    if wrong:
        raise BackupFault(
            f"The backup {name} lacks {len(wrong):,} of its files: {', '.join(wrong[:5])}. Nothing "
            "was restored. Choose another with --backup."
        )


def _begin(home: Path, name: str, force: bool) -> None:
    """The home is empty, or was being restored from this backup, or the caller insists."""
    if chosen_engine(home).file is None:
        raise ConfigurationError(
            "SITREP_WAREHOUSE names a DuckLake, and a backup is restored to a DuckDB file. Restore "
            "with SITREP_WAREHOUSE empty. Then set it again and run `sitrep rebuild`, which fills "
            "a new lake."
        )
    mark = home / _MARK
    goes_on = mark.exists() and mark.read_text("utf-8") == name
    held = [
        part for part in (WAREHOUSE, "landing", "answers", "publications") if (home / part).exists()
    ]
    if held and not goes_on and not force:
        raise UsageError(
            f"{home} is not empty: it has {', '.join(held)}. Restore into another SITREP_HOME, or "
            "with --force: what is there stays, and the warehouse is replaced and kept beside it."
        )
    write_durably(mark, name.encode())


def _restore_files(
    home: Path, pool: BackupPool, files: list[BackedUp], done: Restored, report: Report
) -> None:
    """All but the warehouse and the inbox is there; a link comes after what it points to."""
    has_publication = os.path.lexists(home / "publications" / "current.duckdb")
    written: list[Path] = []
    objects = [one for one in files if is_object_part(_below_landing(one))]
    done.stayed += chosen_objects(home).put_parts(_parts(pool, objects, report))
    done.files += len(objects) - done.stayed
    others = [one for one in files if not is_object_part(_below_landing(one))]
    for number, one in enumerate(sorted(others, key=lambda one: one.link is not None)):
        if number % 500 == 0:
            report(f"Restoring {number:,} of {len(others):,} other files")
        is_apart = one.path == WAREHOUSE or one.path.startswith(_INBOX)
        if is_apart or (has_publication and one.path.startswith("publications/")):
            continue
        target = home / one.path
        if _stays(target, one):
            done.stayed += 1
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if one.link is not None:
            target.symlink_to(one.link)
        else:
            _copy(pool, one, target)
            written.append(target)
        done.files += 1
    sync_many([*written, *{path.parent for path in written}])


def _stays(target: Path, one: BackedUp) -> bool:
    """Whether the home's own file is as good: one that grows by its length."""
    if not os.path.lexists(target):
        return False
    return target.suffix != ".jsonl" or target.stat().st_size >= one.size


def _copy(pool: BackupPool, one: BackedUp, target: Path) -> None:
    """The target has the bytes of the backup, their time and their mode.

    Raises `BackupFault` where the backup's bytes are not those that were backed up.
    """
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        shutil.copyfile(pool.path(one.sha256), temporary)
        _refuse_other(one, temporary)
        temporary.chmod(one.mode)
        os.utime(temporary, ns=(one.mtime_ns, one.mtime_ns))
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_other(one: BackedUp, file: Path) -> None:
    """Raises `BackupFault` where the file's bytes are not those that were backed up."""
    if hash_of(file) != one.sha256:
        raise BackupFault(
            f"{one.path} is damaged in the backup. Choose another with --backup; run "
            "`sitrep backup FOLDER --verify` to see what is damaged."
        )


def _parts(
    pool: BackupPool, files: Sequence[BackedUp], report: Report
) -> Iterator[tuple[StoredPart, Path]]:
    """The files as parts of the object store; raises `BackupFault` at one that is damaged."""
    for number, one in enumerate(files):
        if number % 500 == 0:
            report(f"Restoring {number:,} of {len(files):,} landed files")
        source = pool.path(one.sha256)
        _refuse_other(one, source)
        yield StoredPart(_below_landing(one), one.size, one.mtime_ns, one.sha256), source


def _below_landing(one: BackedUp) -> str:
    return one.path.removeprefix(LANDING) if one.path.startswith(LANDING) else ""


def _restore_warehouse(home: Path, pool: BackupPool, files: list[BackedUp], done: Restored) -> None:
    file = chosen_engine(home).file
    for one in files:
        if one.path == WAREHOUSE and file is not None:
            beside = file.with_name(f"{file.name}.restored")
            _copy(pool, one, beside)
            done.kept = put_in_place(beside, file)
            done.files += 1


def _restore_inbox(home: Path, pool: BackupPool, files: list[BackedUp]) -> None:
    """What waited when the backup was made waits again, but for what is known here by now."""
    landing = Landing(home)
    for one in files:
        if one.path.startswith(_INBOX):
            known = LandedManifests(landing)
            own = landing.manifests_in(pool.path(one.sha256))
            if lacking := [each for each in own if known.find(each.delivery_id) is None]:
                landing.enter_again(lacking)


def _let_wait(home: Path, done: Restored) -> None:
    """What landing calls settled and the warehouse does not know waits in the inbox."""
    landing = Landing(home)
    with attached_warehouse(home) as connection:
        migrate(connection)
        missing = list(missing_from_ledger(connection, landing))
    for day, deliveries in missing:
        done.waiting += back_to_inbox(landing, day, deliveries)
