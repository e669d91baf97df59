"""A bucket is tried step by step, in words for whoever set it up."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.base.connections import find_connection
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.settings import settings
from pipelines.collect.checks import SourceCheck, Step
from pipelines.collect.listed_files import Fetched, Listed, Unread
from pipelines.collect.remembering_store import RememberingStore
from pipelines.collect.s3.s3_access import S3Access
from pipelines.collect.s3.s3_client import S3Bucket
from pipelines.collect.s3.s3_errors import S3Fault
from pipelines.collect.taken import taken_memory

_CONNECT_SECONDS = 5.0
_PROBE = "sitrep-check"
"""Name of an object that is never there."""


@dataclass(frozen=True, slots=True)
class TriedBucket:
    """What is tried: the store, and where in the bucket it has its objects."""

    store: RememberingStore
    bucket: str
    prefix: str
    collected: str
    answers: str


def try_bucket(tried: TriedBucket, home: Path) -> Iterator[SourceCheck]:
    """The steps, up to the first that fails."""
    try:
        access = S3Access.of(find_connection(tried.store.connection))
        bucket = S3Bucket(access, tried.bucket)
    except ConfigurationError as error:
        yield SourceCheck(Step.CONNECTION, False, str(error))
        return
    told = f"{bucket.called.address}, {access.signs_as}"
    yield SourceCheck(Step.CONNECTION, True, told)
    for check in (*_reach(bucket), *_try_calls(tried, home, bucket)):
        yield check
        if not check.is_fine:
            return


def _reach(bucket: S3Bucket) -> Iterator[SourceCheck]:
    """Whether the host has an address and something listens there."""
    parts = urlsplit(bucket.called.address)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    cure = f"Check endpoint_url of {bucket.called.kept_in}"
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        yield SourceCheck(Step.NAME, False, f"the host '{host}' has no address. {cure}, and DNS.")
        return
    yield SourceCheck(Step.NAME, True, f"{host} is {addresses[0][4][0]}")
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        why = f"nothing answers at {host}, port {port} ({error.strerror or 'no answer in time'})"
        yield SourceCheck(Step.CONNECT, False, f"{why}. {cure}: host and port; then the firewall.")


def _try_calls(tried: TriedBucket, home: Path, bucket: S3Bucket) -> Iterator[SourceCheck]:
    try:
        bucket.try_listing(tried.prefix)
    except S3Fault as fault:
        if fault.step is not Step.CONNECT:
            yield SourceCheck(Step.CONNECT, True, "it answers")
        if fault.step is Step.LIST and fault.code:
            yield SourceCheck(Step.SIGN_IN, True, "the key is known")
        yield SourceCheck(fault.step, False, fault.why)
        return
    yield SourceCheck(Step.CONNECT, True, "it answers")
    yield SourceCheck(Step.SIGN_IN, True, "the calls are let in")
    try:
        listed = [one for one in tried.store.list_all(home) if not one.why_not]
    except SourceUnavailable as error:
        yield SourceCheck(Step.LIST, False, str(error))
        return
    taken = taken_memory(home, tried.store.endpoint).taken()
    new = [one for one in listed if one.key not in taken]
    yield SourceCheck(
        Step.LIST, True, f"{len(listed)} objects under the prefix, {len(new)} of them new"
    )
    yield from _try_reading(tried, home, new or listed)
    yield from _try_changing(tried, bucket)


def _try_reading(tried: TriedBucket, home: Path, files: list[Listed]) -> Iterator[SourceCheck]:
    small = [one for one in files if one.size <= settings().max_file_bytes]
    try:
        for one in tried.store.read(home, small[:1]):
            if isinstance(one, Unread):
                yield SourceCheck(Step.READ, False, f"'{one.file.name}' {one.why}")
            elif isinstance(one, Fetched):
                yield SourceCheck(Step.READ, True, f"'{one.file.name}': {len(one.content):,} bytes")
    except SourceUnavailable as error:
        yield SourceCheck(Step.READ, False, str(error))


def _try_changing(tried: TriedBucket, bucket: S3Bucket) -> Iterator[SourceCheck]:
    """What is needed for moving, deleting and answering; no object is there for it."""
    step = Step.PUT_AWAY
    try:
        if tried.store.after_landing == "move":
            bucket.try_put(tried.collected + _PROBE)
        if tried.store.after_landing != "leave":
            bucket.try_delete(tried.collected + _PROBE)
            yield SourceCheck(step, True, "objects may be put away")
        step = Step.ANSWER
        if tried.store.answers is not None:
            bucket.try_put(tried.answers + _PROBE)
            yield SourceCheck(step, True, f"answers may be put under {tried.answers}")
    except S3Fault as fault:
        yield SourceCheck(step, False, fault.why)
