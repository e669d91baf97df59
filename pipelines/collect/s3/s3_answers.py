"""What an object store answers, as files of ours: keys, versions, and the marks of its pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from botocore.exceptions import ClientError

from pipelines.collect.listed_files import A_FOLDER, Listed
from pipelines.collect.s3.s3_errors import Called, S3Fault, in_words

_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")


def objects_of(page: Mapping[str, Any], prefix: str) -> list[Listed]:
    """The objects of one page of a listing; what stands deeper is listed as folders.

    Keys that are no UTF-8 have surrogates and `why_not`.
    """
    found = []
    for one in page.get("CommonPrefixes") or ():
        key = _key(page, one["Prefix"])
        found.append(Listed(key, key[len(prefix) :].removesuffix("/"), 0, why_not=A_FOLDER))
    for one in page.get("Contents") or ():
        key = _key(page, one["Key"])
        # Some stores keep an object for the folder itself.
        if not key.endswith("/"):
            found.append(_listed(one, key, prefix))
    return found


def versions_of(page: Mapping[str, Any], prefix: str) -> list[Listed]:
    """The versions of one page; those that are not the last of their key have an id."""
    found = []
    for one in page.get("Versions") or ():
        key = _key(page, one["Key"])
        version_id = "" if one.get("IsLatest") else str(one.get("VersionId") or "")
        if not key.endswith("/"):
            found.append(_listed(one, key, prefix, version_id))
    return found


def next_of_objects(page: Mapping[str, Any]) -> dict[str, str]:
    """What the page after this one is asked with."""
    token = page.get("NextContinuationToken")
    return {"ContinuationToken": token} if token else {}


def next_of_versions(page: Mapping[str, Any]) -> dict[str, str]:
    """What the page after this one is asked with."""
    key, version_id = page.get("NextKeyMarker"), page.get("NextVersionIdMarker")
    marks = {"KeyMarker": _key(page, key)} if key else {}
    return marks | ({"VersionIdMarker": version_id} if version_id else {})


def etag_of(file: Listed) -> str:
    """The object's ETag; empty where the store gave none."""
    return file.version.partition(" ")[0].rpartition("-")[0]


def version_id_of(file: Listed) -> str:
    """The id of an older version; empty for the object as it is now."""
    return file.version.partition(" ")[2]


def not_deleted(answer: Mapping[str, Any], called: Called) -> dict[str, str]:
    """Key → why it was not deleted; those that have become others are let be."""
    failed = {}
    for one in answer.get("Errors") or ():
        error = ClientError({"Error": {"Code": one.get("Code", "")}}, "DeleteObjects")
        fault = in_words(error, called, "delete")
        if isinstance(fault, S3Fault):
            failed[str(one.get("Key"))] = fault.why
    return failed


def to_delete(files: Sequence[Listed]) -> dict[str, Any]:
    """The objects of one call that deletes many; each only as it was listed."""
    objects = [
        {"Key": file.key} | ({"ETag": etag} if (etag := etag_of(file)) else {}) for file in files
    ]
    return {"Objects": objects, "Quiet": True}


def _listed(one: Mapping[str, Any], key: str, prefix: str, version_id: str = "") -> Listed:
    changed_at = one.get("LastModified")
    size = int(one.get("Size") or 0)
    version = f"{str(one.get('ETag') or '').strip(chr(34))}-{size}"
    return Listed(
        key,
        key[len(prefix) :],
        size,
        version=f"{version} {version_id}" if version_id else version,
        why_not=_why_not(one, key, prefix),
        changed_at=changed_at if isinstance(changed_at, datetime) else None,
    )


def _why_not(one: Mapping[str, Any], key: str, prefix: str) -> str:
    if not key.startswith(prefix):
        return "is listed and does not stand under the prefix"
    if any("\udc80" <= sign <= "\udcff" for sign in key):
        return "has a name that is no UTF-8, by which no object can be asked for; rename it"
    if one.get("StorageClass") in _ARCHIVED:
        return f"stands in the class {one['StorageClass']} and has to be restored first"
    return ""


def _key(page: Mapping[str, Any], told: str) -> str:
    if page.get("EncodingType") != "url":
        return told
    return unquote_to_bytes(told.replace("+", " ")).decode("utf-8", "surrogateescape")
