"""Calls to one bucket: bounded in time, tries and size, with faults in words.

Nothing of the libraries' errors gets further than here but their kind: `S3Fault` says what to do.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import tenacity
from botocore.exceptions import (
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from pipelines.collect.calls_in_time import each_in_time, in_time
from pipelines.collect.checks import Step
from pipelines.collect.listed_files import Listed
from pipelines.collect.s3.s3_access import AT_ONCE, S3Access
from pipelines.collect.s3.s3_answers import (
    etag_of,
    next_of_objects,
    next_of_versions,
    not_deleted,
    objects_of,
    to_delete,
    version_id_of,
    versions_of,
)
from pipelines.collect.s3.s3_errors import Called, ObjectChanged, S3Fault, in_words

CALL_SECONDS = 45.0
"""Longest time of one call with all its tries, but for what a large object takes."""
_SLOWEST_BYTES_PER_SECOND = 250_000
_MOST_SECONDS_FOR_SIZE = 900.0
_TRIES_OF_A_BODY = 3
_PART_BYTES = 1024 * 1024
_MOST_PAGES = 1000
"""A million objects; a listing that goes on is one that goes round in circles."""
_AT_ONE_DELETE = 1000
_LARGEST_COPY_BYTES = 5 * 1024**3
_TAKE_ONE_BY_ONE = ("NotImplemented", "MissingContentMD5", "MalformedXML", "InvalidRequest")
"""Answers of stores that cannot delete many objects in one call, or not as AWS can."""
_NOT_IN_XML = re.compile(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Result = TypeVar("Result")
Item = TypeVar("Item")


class S3Bucket:
    """One bucket, through one connection; raises `ConfigurationError` where that is none."""

    def __init__(self, access: S3Access, bucket: str) -> None:
        self._client = access.client()
        self._bucket = bucket
        address = str(self._client.meta.endpoint_url)
        self.called = Called(access.connection, address, bucket)

    def list(self, prefix: str) -> Sequence[Listed]:
        """The objects right under the prefix, and what stands deeper as folders.

        Raises `S3Fault`.
        """
        pages = self._pages(self._client.list_objects_v2, prefix, "list", next_of_objects)
        # One that comes while the pages are asked for may stand on two of them.
        found = {one.key: one for page in pages for one in objects_of(page, prefix)}
        return [*found.values()]

    def list_versions(self, prefix: str) -> Sequence[Listed]:
        """All versions of the objects right under the prefix, which a bucket may keep.

        Raises `S3Fault`.
        """
        ask = self._client.list_object_versions
        pages = self._pages(ask, prefix, "list versions", next_of_versions)
        return [one for page in pages for one in versions_of(page, prefix)]

    def try_listing(self, prefix: str) -> None:
        """One object is asked for; raises `S3Fault`."""
        ask = partial(self._client.list_objects_v2, Bucket=self._bucket, Prefix=prefix, MaxKeys=1)
        self._demand_listing(self._call("list", ask))

    def read_all(self, files: Iterable[Listed]) -> Iterator[tuple[Listed, bytes | Exception]]:
        """Each object as it was listed, or its `S3Fault` or `ObjectChanged`, in their order.

        Raises `S3Fault` where too many calls take too long.
        """
        return self._each("read", self._read, files, lambda file: file.size)

    def copy_all(
        self, files: Sequence[Listed], folder: str
    ) -> Iterator[tuple[Listed, Exception | None]]:
        """Each object stands under the prefix `folder` too, by its name."""
        return self._each(
            "copy", lambda file: self._copy(file, folder + file.name), files, lambda file: file.size
        )

    def delete_all(self, files: Sequence[Listed]) -> dict[str, str]:
        """The objects are gone, where they are still those that were listed; key → why not."""
        # XML cannot hold every sign that a key may have; such a key would cost the others.
        odd = [file for file in files if _NOT_IN_XML.search(file.key)]
        together = [file for file in files if not _NOT_IN_XML.search(file.key)]
        failed = self._delete_one_by_one(odd)
        for begin in range(0, len(together), _AT_ONE_DELETE):
            part = together[begin : begin + _AT_ONE_DELETE]
            try:
                failed |= self._call("delete", partial(self._delete_many, part))
            except S3Fault as fault:
                if fault.code not in _TAKE_ONE_BY_ONE:
                    return failed | {file.key: fault.why for file in together[begin:]}
                failed |= self._delete_one_by_one(part)
        return failed

    def delete(self, key: str, version_id: str = "") -> bool:
        """The object is gone, or that version of it; whether an older version is still kept.

        Raises `S3Fault`.
        """
        which = {"VersionId": version_id} if version_id else {}
        doing = "delete version" if version_id else "delete"
        answer = self._call(
            doing, lambda: self._client.delete_object(Bucket=self._bucket, Key=key, **which)
        )
        return not version_id and bool(answer.get("DeleteMarker"))

    def try_delete(self, key: str) -> None:
        """Whether the key may delete, tried at an object that is not there; raises `S3Fault`."""
        try:
            self._call("delete", lambda: self._delete_if(key, '"0"'))
        except ObjectChanged:
            return

    def put_all(self, contents: Mapping[str, bytes]) -> Mapping[str, S3Fault]:
        """Objects of these keys are there; key → why one is not."""
        failed: dict[str, S3Fault] = {}
        for key, result in self._each("write", lambda key: self._put(key, contents[key]), contents):
            if isinstance(result, S3Fault):
                failed[key] = result
        return failed

    def try_put(self, key: str) -> None:
        """An upload to the key was begun and called off: no object is there; raises `S3Fault`."""
        where = {"Bucket": self._bucket, "Key": key}
        begun = self._call("write", lambda: self._client.create_multipart_upload(**where))
        upload = begun["UploadId"]
        call_off = partial(self._client.abort_multipart_upload, **where, UploadId=upload)
        # Who has begun one may call it off at AWS; elsewhere it may stay, and is no object.
        with suppress(S3Fault, ObjectChanged):
            self._call("write", call_off)

    def _each(
        self,
        doing: str,
        do: Callable[[Item], Result],
        items: Iterable[Item],
        size: Callable[[Item], int] = lambda _: 0,
    ) -> Iterator[tuple[Item, Result | Exception]]:
        def seconds(item: Item) -> float:
            own = min(size(item) / _SLOWEST_BYTES_PER_SECOND, _MOST_SECONDS_FOR_SIZE)
            return CALL_SECONDS + own

        calls = each_in_time(do, items, at_once=AT_ONCE, seconds=seconds, size=size)
        try:
            for item, result in calls:
                if isinstance(result, Exception):
                    yield item, in_words(result, self.called, doing)
                else:
                    yield item, result
        except TimeoutError as error:
            raise in_words(error, self.called, doing) from None

    def _call(self, doing: str, do: Callable[[], Result]) -> Result:
        try:
            return in_time(do, CALL_SECONDS)
        except Exception as error:
            raise in_words(error, self.called, doing) from None

    def _pages(
        self,
        ask: Callable[..., dict[str, Any]],
        prefix: str,
        doing: str,
        following: Callable[[dict[str, Any]], dict[str, str]],
    ) -> Iterator[dict[str, Any]]:
        where = {"Bucket": self._bucket, "Prefix": prefix, "Delimiter": "/", "EncodingType": "url"}
        marks: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = self._call(doing, partial(ask, **where, **marks))
            self._demand_listing(page)
            yield page
            before, marks = marks, following(page)
            if not page.get("IsTruncated"):
                return
            if not marks or marks == before:
                break
        why = "its listing does not come to an end. Its owner looks into that service."
        raise S3Fault(why, Step.LIST)

    def _demand_listing(self, page: Mapping[str, Any]) -> None:
        """The library takes any page of the web for an empty listing; one of S3 has a name."""
        if "Name" not in page:
            cure = f"Is it an S3 service? Check endpoint_url of {self.called.kept_in}"
            raise S3Fault(f"what it answers is no listing. {cure}.", Step.LIST)

    def _read(self, file: Listed) -> bytes:
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_TRIES_OF_A_BODY),
            wait=tenacity.wait_random(0, 0.5),
            retry=tenacity.retry_if_exception_type(
                (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
            ),
            reraise=True,
        )
        return tries(self._read_once, file)

    def _read_once(self, file: Listed) -> bytes:
        version_id = version_id_of(file)
        which = {"VersionId": version_id} if version_id else {}
        if etag := etag_of(file):
            which["IfMatch"] = etag
        answer = self._client.get_object(Bucket=self._bucket, Key=file.key, **which)
        body = answer["Body"]
        try:
            # Not every store heeds IfMatch.
            is_other = etag and answer.get("ETag", etag).strip('"') != etag.strip('"')
            if is_other or answer.get("ContentLength", file.size) != file.size:
                raise ObjectChanged
            content = bytearray()
            while part := body.read(min(_PART_BYTES, file.size + 1 - len(content))):
                content += part
                if len(content) > file.size:
                    raise ObjectChanged
            if len(content) < file.size:
                raise IncompleteReadError(actual_bytes=len(content), expected_bytes=file.size)
            return bytes(content)
        finally:
            body.close()

    def _copy(self, file: Listed, target: str) -> None:
        source = {"Bucket": self._bucket, "Key": file.key}
        if file.size > _LARGEST_COPY_BYTES:
            self._client.copy(source, self._bucket, target)
            return
        same = {"CopySourceIfMatch": etag} if (etag := etag_of(file)) else {}
        self._client.copy_object(Bucket=self._bucket, Key=target, CopySource=source, **same)

    def _delete_many(self, files: Sequence[Listed]) -> dict[str, str]:
        answer = self._client.delete_objects(Bucket=self._bucket, Delete=to_delete(files))
        return not_deleted(answer, self.called)

    def _delete_one_by_one(self, files: Sequence[Listed]) -> dict[str, str]:
        results = self._each("delete", self._delete_listed, files)
        return {file.key: why.why for file, why in results if isinstance(why, S3Fault)}

    def _delete_listed(self, file: Listed) -> None:
        self._delete_if(file.key, etag_of(file))

    def _delete_if(self, key: str, etag: str) -> None:
        same = {"IfMatch": etag} if etag else {}
        self._client.delete_object(Bucket=self._bucket, Key=key, **same)

    def _put(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)
