"""The kind `s3`: a prefix of a bucket that providers put objects under."""

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.collect.checks import SourceCheck
from pipelines.collect.listed_files import A_FOLDER, Fetched, Listed, Unread
from pipelines.collect.remembering_store import RememberingStore
from pipelines.collect.taken import taken_memory
from pipelines.registry.source import sources

if TYPE_CHECKING:
    from pipelines.collect.s3.s3_client import S3Bucket

_SCHEME = "s3://"
_COLLECTED = "collected/"
_MOST_FAILURES = 16
"""So many objects in a row that fail alike are the endpoint's fault, and no more are asked for."""


@sources.register
class S3Source(RememberingStore):
    """Objects under a prefix of a bucket, of AWS or of any endpoint that speaks S3."""

    kind: Literal["s3"]
    bucket: str = Field(min_length=3, description="Name of the bucket.")
    prefix: str = Field(
        default="",
        description="What the keys of the feed's objects begin with, as in r0a/. Objects deeper "
        "than that are not looked at.",
    )
    pattern: str = Field(
        description="Pattern of the names after the prefix, matched without regard to case."
    )
    endpoint: str = Field(
        default="", description="s3://<connection>/<bucket>/<prefix>; it is not written."
    )

    @field_validator("prefix")
    @classmethod
    def _is_a_folder(cls, prefix: str) -> str:
        if prefix.startswith("/") or "//" in prefix:
            raise ValueError("a prefix has no / at its beginning and no //; write it as in r0a/in/")
        return f"{prefix.removesuffix('/')}/" if prefix else ""

    @model_validator(mode="before")
    @classmethod
    def _derives_endpoint(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        parts = [str(content.get(word) or "") for word in ("connection", "bucket", "prefix")]
        derived = (_SCHEME + "/".join(parts)).rstrip("/")
        if content.get("endpoint", derived) != derived:
            raise ValueError(
                "endpoint: is not written for s3; it comes from connection, bucket and prefix"
            )
        return {**content, "endpoint": derived}

    @model_validator(mode="after")
    def _answers_stand_apart(self) -> Self:
        if self.answers is not None and self.answers_prefix in (self.prefix, self._collected):
            raise ValueError(
                "answers: stand under a prefix of their own, as in answers/ (under the source's) "
                "or /answers/r0a/ (from the beginning of the bucket)"
            )
        return self

    @classmethod
    def at(cls, endpoint: str) -> Self | None:
        """The prefix; None where the endpoint is no s3://<connection>/<bucket>."""
        connection, _, rest = endpoint.removeprefix(_SCHEME).partition("/")
        bucket, _, prefix = rest.partition("/")
        if not endpoint.startswith(_SCHEME) or not connection or not bucket:
            return None
        return cls(kind="s3", connection=connection, bucket=bucket, prefix=prefix, pattern="*")

    @property
    def answers_prefix(self) -> str:
        """What the keys of answers begin with: under the prefix, or after a / from the bucket's."""
        told = self.answers or ""
        whole = told.lstrip("/") if told.startswith("/") else self.prefix + told
        return f"{whole.rstrip('/')}/" if whole else ""

    def open(self) -> "S3Bucket":
        """The bucket, through the connection; raises `ConfigurationError` where that is none."""
        # Not above: the libraries take longer to load than all else here.
        from pipelines.base.connections import find_connection
        from pipelines.collect.s3.s3_access import S3Access
        from pipelines.collect.s3.s3_client import S3Bucket

        return S3Bucket(S3Access.of(find_connection(self.connection)), self.bucket)

    def list_all(self, home: Path) -> Sequence[Listed]:
        """The objects right under the prefix, and what stands deeper as folders."""
        return self._list(self.prefix)

    def list_put_away(self, home: Path) -> Sequence[Listed]:
        """What stands under `collected/`."""
        return [one for one in self._list(self._collected) if not one.why_not]

    def kept(self, home: Path) -> Sequence[Listed]:
        """All objects that are still there, in `collected/` too, with their older versions."""
        return [one for place in (self.prefix, self._collected) for one in self._versions(place)]

    def read(self, home: Path, files: Iterable[Listed]) -> Iterator[Fetched | Unread]:
        """The objects as they were listed; those that are others by now are left out.

        Raises `SourceUnavailable` where the endpoint gives none of so many.
        """
        from pipelines.collect.s3.s3_errors import S3Fault

        bucket = self.open()
        failed: list[Unread] = []
        in_a_row, has_read = 0, False
        last: S3Fault | None = None
        try:
            for file, result in bucket.read_all(files):
                if isinstance(result, S3Fault):
                    last, in_a_row = result, in_a_row + result.is_general
                    failed.append(Unread(file, f"cannot be read: {result.why}"))
                    if in_a_row >= _MOST_FAILURES:
                        break
                    continue
                in_a_row, has_read = 0, True
                if isinstance(result, bytes):
                    yield Fetched(file, result)
        except S3Fault as fault:
            last = fault
        if last is not None and not has_read:
            raise bucket.called.unavailable(last)
        yield from failed

    def put_away(self, home: Path, files: Sequence[Listed]) -> Mapping[str, str]:
        """The objects are gone, or stand under `collected/`; key → why one is not."""
        from pipelines.collect.s3.s3_errors import S3Fault

        bucket = self.open()
        failed: dict[str, str] = {}
        to_delete = [*files]
        if self.after_landing == "move":
            to_delete = []
            try:
                for file, result in bucket.copy_all(files, self._collected):
                    if result is None:
                        to_delete.append(file)
                    elif isinstance(result, S3Fault):
                        failed[file.key] = result.why
            except S3Fault as fault:
                return {file.key: fault.why for file in files}
        return failed | bucket.delete_all(to_delete)

    def drop(self, home: Path, file: Listed) -> None:
        """The bucket has the object no more, nor that version of it.

        Raises `OSError` with what to do where it cannot be removed.
        """
        from pipelines.collect.s3.s3_answers import version_id_of
        from pipelines.collect.s3.s3_errors import S3Fault

        # The same bytes under the same key have the same version: they are to be dropped again.
        taken_memory(home, self.endpoint).forget({file.key, self.prefix + file.name})
        bucket = self.open()
        try:
            if not bucket.delete(file.key, version_id_of(file)):
                return
            for one in bucket.list_versions(file.key):
                if one.key == file.key and one.version.partition(" ")[0] == file.version:
                    bucket.delete(file.key, version_id_of(one))
        except S3Fault as fault:
            told = f"{self.endpoint}: an object cannot be removed: {fault.why}"
            raise OSError(errno.EPERM, told) from None

    def put(self, home: Path, name: str, content: bytes, sent_at: datetime | None = None) -> None:
        """An object of that name is there; its time is the store's own, whatever `sent_at` says."""
        bucket = self.open()
        for fault in bucket.put_all({self.prefix + name: content}).values():
            raise bucket.called.unavailable(fault)

    def put_answers(self, home: Path, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """The objects are under the prefix that `answers` names; name → why one is not."""
        bucket = self.open()
        begin = self.answers_prefix
        failed = bucket.put_all({begin + name: content for name, content in files.items()})
        if failed and len(failed) == len(files):
            raise bucket.called.unavailable(next(iter(failed.values())))
        return {key[len(begin) :]: fault.why for key, fault in failed.items()}

    def check(self, home: Path) -> Iterator[SourceCheck]:
        """The connection is there, its host, the sign-in, the bucket, one object, and the rest."""
        from pipelines.collect.s3.s3_check import TriedBucket, try_bucket

        places = (self.prefix, self._collected, self.answers_prefix)
        return try_bucket(TriedBucket(self, self.bucket, *places), home)

    @property
    def _collected(self) -> str:
        return self.prefix + _COLLECTED

    def _list(self, prefix: str) -> Sequence[Listed]:
        from pipelines.collect.s3.s3_errors import S3Fault

        bucket = self.open()
        own = {self._collected, self.answers_prefix}
        try:
            return [one for one in bucket.list(prefix) if not _is(one, own)]
        except S3Fault as fault:
            raise bucket.called.unavailable(fault) from None

    def _versions(self, prefix: str) -> Sequence[Listed]:
        """Those of a bucket that keeps versions; its objects where versions cannot be listed."""
        from pipelines.collect.s3.s3_errors import S3Fault

        bucket = self.open()
        try:
            return [one for one in bucket.list_versions(prefix) if not one.why_not]
        except S3Fault:
            return [one for one in self._list(prefix) if not one.why_not]


def _is(file: Listed, folders: set[str]) -> bool:
    return file.why_not == A_FOLDER and file.key in folders
