"""Publications that several machines share: the current one is in the object store.

    publications/uec-<UTC>-<id>.duckdb      the snapshot
    publications/uec-<UTC>-<id>/…           the same tables as Parquet
    publications/current.json               what is current; written last, where it is still as read

Each machine that reads has a copy in its home, made when the store has a newer one than the home.
Without `SITREP_OBJECTS` there is nothing to share.
"""

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pipelines.base.durable import sync_folder
from pipelines.base.kill_points import reached
from pipelines.base.permissions import usual_umask
from pipelines.base.settings import settings
from pipelines.base.state.shared_bucket import SharedBucket, SharedObject, shared_bucket

_FOLDER = "publications/"
_POINTER = f"{_FOLDER}current.json"
_LOOKED_EVERY_SECONDS = 1.0
_looked: dict[Path, float] = {}
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def bring_current(home: Path, *, now: bool = False) -> None:
    """The home's current publication is the store's, unless its own is newer.

    Looks once a second at most, unless it has to be `now`. Raises `OSError` where the store cannot
    be reached and the home has none.
    """
    bucket = shared_bucket(home)
    if bucket is None:
        return
    moment = time.monotonic()
    if not now and moment - _looked.get(home, -_LOOKED_EVERY_SECONDS) < _LOOKED_EVERY_SECONDS:
        return
    _looked[home] = moment
    folder = home / "publications"
    try:
        told = _decode(bucket.read(_POINTER))
        if _is_newer(told, _own(folder)):
            _bring(bucket, folder, told)
    except FileNotFoundError:
        return
    except OSError:
        if _own(folder) is None:
            raise


def offer_current(home: Path) -> None:
    """The store's current publication is the home's, unless its own is newer; old ones go."""
    bucket, folder = shared_bucket(home), home / "publications"
    if bucket is None or (own := _own(folder)) is None:
        return
    before = bucket.head(_POINTER)
    told = _decode(bucket.read(_POINTER)) if before else None
    if not _is_newer(own, told):
        return
    _send(bucket, folder, own, told)
    reached("share: offered")
    if _point(bucket, before, own):
        _drop_old(bucket)


@contextmanager
def shared(home: Path) -> Iterator[None]:
    """What is published inside follows on the store's publication, and is shared afterwards."""
    bring_current(home, now=True)
    try:
        yield
    finally:
        # Also where some tables could not be made: the publication is current all the same.
        offer_current(home)


def _send(
    bucket: SharedBucket, folder: Path, own: dict[str, Any], before: dict[str, Any] | None
) -> None:
    """The publication's files are in the store; tables that did not change are copied there."""
    name = str(own["publication"])
    files = {f"{_FOLDER}{name}.duckdb": folder / f"{name}.duckdb"}
    for file in sorted((folder / name).rglob("*.parquet")):
        files[f"{_FOLDER}{file.relative_to(folder).as_posix()}"] = file
    like = str((before or {}).get("publication"))
    same = {
        f"{_FOLDER}{name}/{part}": f"{_FOLDER}{like}/{part}" for part in _same_parts(own, before)
    }
    there = bucket.copy_all({key: one for key, one in same.items() if key in files})
    bucket.put_files({key: file for key, file in files.items() if key not in there})


def _same_parts(one: dict[str, Any], other: dict[str, Any] | None) -> dict[str, str]:
    """The Parquet files that both publications have alike: name in the folder → SHA-256."""
    own, others = _copies(one), _copies(other)
    return {
        f"{table.replace('.', '/')}.parquet": digest
        for table, digest in own.items()
        if digest == others.get(table)
    }


def _copies(told: dict[str, Any] | None) -> dict[str, str]:
    build = (told or {}).get("build")
    copies = build.get("copies") if isinstance(build, dict) else None
    return copies if isinstance(copies, dict) else {}


def _point(bucket: SharedBucket, before: SharedObject | None, own: dict[str, Any]) -> bool:
    """The store says that this one is current; whether it does, or another was faster."""
    content = msgspec.json.format(msgspec.json.encode(own), indent=1)
    if before is None:
        return bucket.put_new(_POINTER, content, {})
    return bucket.put_over(before, content, {})


def _own(folder: Path) -> dict[str, Any] | None:
    """The description of the home's current publication; None without, or where it is damaged."""
    try:
        told = _decode((folder / "current.json").read_bytes())
    except (OSError, ValueError):
        return None
    return told if (folder / str(told.get("file"))).exists() else None


def _is_newer(one: dict[str, Any], other: dict[str, Any] | None) -> bool:
    return other is None or _made_at(one) > _made_at(other)


def _made_at(told: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(told["made_at"])


def _bring(bucket: SharedBucket, folder: Path, told: dict[str, Any]) -> None:
    """The publication and its Parquet files are in the folder, and then current there."""
    name, mark = str(told["publication"]), secrets.token_hex(4)
    (folder / ".bringing").mkdir(parents=True, exist_ok=True)
    beside = folder / ".bringing" / f"{name}.{mark}"
    try:
        beside.mkdir()
        _get(bucket, folder, beside, told)
        for part in (name, f"{name}.duckdb"):
            if (beside / part).exists() and not (folder / part).exists():
                os.replace(beside / part, folder / part)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    described = folder / f".current.json.{mark}"
    described.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))
    described.chmod(0o666 & ~usual_umask())
    for link, target_name in (("current.duckdb", f"{name}.duckdb"), ("current", name)):
        turned = folder / f".{link}.{mark}"
        turned.symlink_to(target_name)
        os.replace(turned, folder / link)
    os.replace(described, folder / "current.json")
    sync_folder(folder)
    _drop_brought(folder, name)


def _get(bucket: SharedBucket, folder: Path, beside: Path, told: dict[str, Any]) -> None:
    """The publication's files are there; tables that did not change are the home's own."""
    name, own = str(told["publication"]), _own(folder)
    before = folder / str((own or {}).get("publication"))
    missing = {}
    for one in bucket.find(f"{_FOLDER}{name}"):
        part = one.key.removeprefix(_FOLDER)
        target = beside / part
        target.parent.mkdir(parents=True, exist_ok=True)
        missing[one.key] = target
    for part, digest in _same_parts(told, own).items():
        key = f"{_FOLDER}{name}/{part}"
        if key in missing and _link(before / part, missing[key], digest):
            del missing[key]
    bucket.get_files(missing)


def _link(source: Path, target: Path, digest: str) -> bool:
    """The target is the source where that is undamaged; whether it is."""
    try:
        os.link(source, target)
        with target.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() == digest:
                return True
        target.unlink()
    except OSError:
        pass
    return False


def _drop_brought(folder: Path, current: str) -> None:
    """Only the newest publications stay in the home; the names tell when they were made."""
    names = sorted(path.stem for path in folder.glob("uec-*.duckdb"))
    for name in names[: -settings().keep_publications]:
        if name != current:
            (folder / f"{name}.duckdb").unlink(missing_ok=True)
            shutil.rmtree(folder / name, ignore_errors=True)


def _drop_old(bucket: SharedBucket) -> None:
    """Only the newest publications stay in the store."""
    found: dict[str, list[str]] = {}
    for one in bucket.find(f"{_FOLDER}uec-"):
        name = one.key.removeprefix(_FOLDER).partition("/")[0].removesuffix(".duckdb")
        found.setdefault(name, []).append(one.key)
    for name in sorted(found)[: -settings().keep_publications]:
        bucket.delete(found[name])
