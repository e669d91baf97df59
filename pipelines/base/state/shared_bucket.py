"""The object store that several machines share: where `SITREP_OBJECTS` says, S3 or what is like it.

Who may use it stands where every program of S3 looks: in `AWS_ACCESS_KEY_ID` and its like, a
profile, or the role of the machine. `AWS_ENDPOINT_URL_S3` names a store that is not Amazon's. What
is written is on durable storage when a call ends, and seen by all. Faults are `OSError`.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.base.errors import ConfigurationError, StateUnavailable
from pipelines.base.settings import settings

_AT_ONCE = 16
"""Calls that wait for their answers side by side."""
_TRIES = 5
_NOT_THERE = ("404", "NoSuchKey", "NotFound")
"""What a store says of an object that it has not."""
_LARGE_BYTES, _PART_BYTES = 64 * 1024 * 1024, 1024 * 1024
_MANY = 1000
"""Keys that one call deletes, as S3 allows."""


class BucketFault(StateUnavailable, OSError):
    """The object store could not be reached, or did not do what was asked: no file is to blame."""


@dataclass(frozen=True, slots=True)
class SharedObject:
    """What is told of an object without its bytes."""

    key: str
    size_bytes: int
    changed_at: datetime
    etag: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


class SharedBucket:
    """A bucket and a prefix in it; keys are told without the prefix."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    @property
    def address(self) -> str:
        """As `s3://bucket/prefix/`."""
        return f"s3://{self._bucket}/{self._prefix}"

    def head(self, key: str) -> SharedObject | None:
        """What is told of the object; None where there is none."""
        with _told(key):
            try:
                told = self._client.head_object(**self._named(key))
            except Exception as error:
                if _code(error) in _NOT_THERE:
                    return None
                raise
        size, changed_at = told["ContentLength"], told["LastModified"]
        return SharedObject(key, size, changed_at, told["ETag"], told.get("Metadata", {}))

    def heads(self, keys: Iterable[str]) -> dict[str, SharedObject]:
        """What is told of each of them that is there, asked for side by side."""
        found = self._side_by_side(self.head, keys)
        return {one.key: one for one in found if one is not None}

    def read(self, key: str) -> bytes:
        """The bytes; raises `FileNotFoundError` where there is no such object."""
        with _told(key):
            try:
                return bytes(self._client.get_object(**self._named(key))["Body"].read())
            except Exception as error:
                if _code(error) in _NOT_THERE:
                    raise FileNotFoundError(f"{self.address}{key}") from None
                raise

    def read_all(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The bytes of each of them that can be read just now, asked for side by side."""
        found = self._side_by_side(self._try_to_read, keys)
        return {key: content for key, content in found if content is not None}

    def _try_to_read(self, key: str) -> tuple[str, bytes | None]:
        try:
            return key, self.read(key)
        except OSError:
            return key, None

    def put(self, key: str, content: bytes, metadata: Mapping[str, str] | None = None) -> None:
        """The object has these bytes, whatever stood there."""
        with _told(key):
            self._client.put_object(**self._named(key), Body=content, Metadata=dict(metadata or {}))

    def put_new(self, key: str, content: bytes, metadata: Mapping[str, str]) -> bool:
        """The object has these bytes where there was none; whether there was none."""
        return self._put_if({"IfNoneMatch": "*"}, key, content, metadata)

    def put_over(self, before: SharedObject, content: bytes, metadata: Mapping[str, str]) -> bool:
        """The object has these bytes where it is still the one that was looked at."""
        return self._put_if({"IfMatch": before.etag}, before.key, content, metadata)

    def put_all_new(self, contents: Iterable[tuple[str, bytes, Mapping[str, str]]]) -> list[str]:
        """Each is there; the keys of those that were there before, which stay as they are."""
        done = self._side_by_side(lambda one: None if self.put_new(*one) else one[0], contents)
        return [key for key in done if key is not None]

    def put_files(self, files: Mapping[str, Path]) -> None:
        """Each object has the file's bytes, sent side by side; a large one goes in parts."""
        self._side_by_side(lambda one: self._put_file(*one), files.items())

    def _put_file(self, key: str, path: Path) -> None:
        with _told(key):
            if path.stat().st_size > _LARGE_BYTES:
                self._client.upload_file(str(path), self._bucket, f"{self._prefix}{key}")
                return
            # Parts have threads of their own, which cost more than a small file does.
            with path.open("rb") as content:
                self._client.put_object(**self._named(key), Body=content)

    def copy_all(self, copies: Mapping[str, str]) -> set[str]:
        """Object → the one that it is to be like; those that are, copied where they stand."""
        done = self._side_by_side(lambda one: self._copy(*one), copies.items())
        return {key for key in done if key is not None}

    def _copy(self, key: str, like: str) -> str | None:
        source = {"Bucket": self._bucket, "Key": f"{self._prefix}{like}"}
        with _told(key):
            try:
                self._client.copy_object(**self._named(key), CopySource=source)
            except Exception as error:
                if _code(error) in _NOT_THERE:
                    return None
                raise
        return key

    def get_files(self, files: Mapping[str, Path]) -> None:
        """Each file has the object's bytes; raises `FileNotFoundError` without such an object."""
        self._side_by_side(lambda one: self._get_file(*one), files.items())

    def _get_file(self, key: str, path: Path) -> None:
        with _told(key):
            try:
                told = self._client.get_object(**self._named(key))
                with path.open("wb") as file:
                    for part in told["Body"].iter_chunks(_PART_BYTES):
                        file.write(part)
            except Exception as error:
                if _code(error) in _NOT_THERE:
                    raise FileNotFoundError(f"{self.address}{key}") from None
                raise

    def find(self, start: str) -> Iterator[SharedObject]:
        """The objects whose keys begin so, by key, without their metadata."""
        pages = self._client.get_paginator("list_objects_v2")
        with _told(start):
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{start}"):
                for one in page.get("Contents", ()):
                    key = one["Key"].removeprefix(self._prefix)
                    yield SharedObject(key, one["Size"], one["LastModified"], one["ETag"])

    def folders(self, start: str) -> set[str]:
        """The names up to the next slash of what begins so."""
        pages = self._client.get_paginator("list_objects_v2")
        prefix = f"{self._prefix}{start}"
        with _told(start):
            found = pages.paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/")
            return {
                one["Prefix"].removeprefix(prefix).rstrip("/")
                for page in found
                for one in page.get("CommonPrefixes", ())
            }

    def delete(self, keys: Iterable[str]) -> None:
        """There are no such objects."""
        names = [{"Key": f"{self._prefix}{key}"} for key in keys]
        for start in range(0, len(names), _MANY):
            with _told(names[start]["Key"]):
                told = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": names[start : start + _MANY]}
                )
                if told.get("Errors"):
                    raise BucketFault(f"{told['Errors'][0]['Key']} could not be deleted")

    def delete_earlier(self, key: str) -> int:
        """No earlier version of the object is kept, in a bucket that keeps them; how many were."""
        with _told(key):
            told = self._client.list_object_versions(
                Bucket=self._bucket, Prefix=f"{self._prefix}{key}"
            )
            earlier = [
                {"Key": one["Key"], "VersionId": one["VersionId"]}
                for one in told.get("Versions", ())
                if not one["IsLatest"] and one["Key"] == f"{self._prefix}{key}"
            ]
            if earlier:
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": earlier})
        return len(earlier)

    def _put_if(
        self, condition: Mapping[str, str], key: str, content: bytes, metadata: Mapping[str, str]
    ) -> bool:
        named = self._named(key)
        with _told(key):
            try:
                self._client.put_object(**named, Body=content, Metadata=dict(metadata), **condition)
            except Exception as error:
                if _code(error) in ("412", "PreconditionFailed", "ConditionalRequestConflict"):
                    return False
                raise
        return True

    def _side_by_side(self, do: Any, many: Iterable[Any]) -> list[Any]:
        own = list(many)
        if len(own) < 2:
            return [do(one) for one in own]
        with ThreadPoolExecutor(min(_AT_ONCE, len(own)), "objects") as pool:
            return list(pool.map(do, own))

    def _named(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{key}"}


def _code(error: Exception) -> str:
    told = getattr(error, "response", None) or {}
    return str(told.get("Error", {}).get("Code", ""))


@contextmanager
def _told(key: str) -> Iterator[None]:
    """A fault of the store inside is raised as `BucketFault`, without the libraries' own words."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        kind = _code(error) or type(error).__name__
        raise BucketFault(
            f"The object store of SITREP_OBJECTS did not answer as it should for {key} ({kind}). "
            "Check its address and rights, and whether it runs."
        ) from None


def shared_bucket(home: Path) -> SharedBucket | None:
    """The object store of that home; None where its folder holds the bytes.

    Another folder than the configured home, as trials and rehearsals make one, has its own.
    """
    named = settings().objects.strip()
    return _bucket(os.getpid(), named) if named and home == settings().root else None


def forget_buckets() -> None:
    """The next use of a store reads anew where it is and who may use it."""
    _bucket.cache_clear()


@cache
def _bucket(process: int, named: str) -> SharedBucket:
    """The store as this process speaks with it; raises `ConfigurationError` where it is none."""
    parts = urlsplit(named)
    if parts.scheme != "s3" or not parts.netloc:
        raise ConfigurationError(
            "SITREP_OBJECTS must be empty (the home's folder) or s3://<bucket>/<prefix>"
        )
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=_AT_ONCE,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
    )
    client = partial(boto3.client, "s3", config=config)
    return SharedBucket(client(), parts.netloc, parts.path)
