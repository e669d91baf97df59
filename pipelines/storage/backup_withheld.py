"""Takes what must not be kept out of all backups of a folder, alone or among other files."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

import msgspec

from pipelines.base.kill_points import reached
from pipelines.landing.object_store import ObjectStore
from pipelines.storage.backup_list import BackedUp, BackupFault, BackupLists
from pipelines.storage.backup_pool import BackupPool

LANDING = "landing/"
"""What the names of the object store's parts are below, in a backup."""


def withhold(
    pool: BackupPool,
    lists: BackupLists,
    objects: ObjectStore,
    files: Sequence[BackedUp],
    hashes: Collection[str],
) -> list[BackedUp]:
    """No backup has contents of these hashes any more; the files, as they are in the pool now.

    `files` are those of a backup that is being made. Killed on the way, the next backup goes on.
    """
    kept = [one for one in files if one.sha256 not in hashes]
    packed: dict[str, set[str]] = {}
    for sha256 in hashes:
        done = pool.withheld_from(sha256)
        for name in objects.parts_with(sha256):
            if name not in done:
                packed.setdefault(f"{LANDING}{name}", set()).add(sha256)
    if packed:
        kept = _take_out(pool, lists, objects, kept, packed)
    for sha256 in hashes:
        names = {one.removeprefix(LANDING) for one, own in packed.items() if sha256 in own}
        pool.withhold(sha256, names)
    return kept


def _take_out(
    pool: BackupPool,
    lists: BackupLists,
    objects: ObjectStore,
    files: list[BackedUp],
    packed: Mapping[str, Collection[str]],
) -> list[BackedUp]:
    """The parts of these paths are without these contents, in the backups and in the files."""
    others: dict[str, tuple[str, int]] = {}
    files = [_without(one, pool, objects, packed, others) for one in files]
    wanted = {one.sha256 for one in files}
    changed, is_all_known = {}, True
    for name in lists.names():
        try:
            before = lists.read(name)
        except BackupFault:
            # It cannot be restored; what it needs besides is not known.
            is_all_known = False
            continue
        after = [_without(one, pool, objects, packed, others) for one in before]
        wanted |= {one.sha256 for one in after}
        if after != before:
            changed[name] = after
    pool.sync()
    reached("backup: packs without it")
    for name, after in changed.items():
        lists.rewrite(name, after)
    reached("backup: lists without it")
    if is_all_known:
        # Also what a run replaced that died before it came so far.
        pool.drop_all_but(wanted)
    for sha256 in others.keys() - wanted:
        pool.path(sha256).unlink(missing_ok=True)
    return files


def _without(
    one: BackedUp,
    pool: BackupPool,
    objects: ObjectStore,
    packed: Mapping[str, Collection[str]],
    others: dict[str, tuple[str, int]],
) -> BackedUp:
    """The file as it is in the pool now; `others` gets what stands for which content."""
    if one.path not in packed:
        return one
    if one.sha256 not in others:
        others[one.sha256] = (one.sha256, one.size)
        with suppress(FileNotFoundError):
            copied = pool.copy(pool.path(one.sha256))
            if objects.take_out(copied, packed[one.path]):
                others[one.sha256] = pool.enter(copied)
            else:
                copied.unlink()
    sha256, size = others[one.sha256]
    return msgspec.structs.replace(one, sha256=sha256, size=size)
