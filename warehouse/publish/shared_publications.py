"""Publications that several machines share: the current one is in the object store.

    publications/uec-<UTC>-<id>.duckdb      the snapshot
    publications/uec-<UTC>-<id>/…           the same tables as Parquet
    publications/current.json               what is current; written last, where it is still as read

Each machine that reads has a copy in its home, made when the store has a newer one than the home.
Without `SITREP_OBJECTS` there is nothing to share.
"""

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
    name = str(own["publication"])
    bucket.put_file(f"{_FOLDER}{name}.duckdb", folder / f"{name}.duckdb")
    for file in sorted((folder / name).rglob("*.parquet")):
        bucket.put_file(f"{_FOLDER}{file.relative_to(folder).as_posix()}", file)
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
        for one in bucket.find(f"{_FOLDER}{name}"):
            target = beside / one.key.removeprefix(_FOLDER)
            target.parent.mkdir(parents=True, exist_ok=True)
            bucket.get_file(one.key, target)
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
