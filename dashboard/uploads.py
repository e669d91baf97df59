"""Uploaded files: read in memory only, bounded while they are read."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from pipelines.base.settings import settings
from pipelines.collect.hostile_names import in_place_of, why_hostile

MOST_FILES = 10
_SECONDS = 60.0
_FORM_BYTES = 64 * 1024
"""What the form takes beside the files."""


class NotUploaded(Exception):
    """What was sent is no form with files that are taken; says why, with a status for it."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status


@dataclass(frozen=True)
class Upload:
    """A feed and the files for it, by name."""

    feed: str
    files: list[tuple[str, bytes]]


class _InMemory(MultiPartParser):
    """Keeps files in memory: what is uploaded to be checked is on no disk."""

    spool_max_size = 2**40


async def read_upload(request: Request) -> Upload:
    """What the form has; raises `NotUploaded` where it is too large, too slow or no form."""
    limit = settings().max_file_bytes
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise NotUploaded(415, "Send the file by the form on this page.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit + _FORM_BYTES:
        raise _too_large()
    parser = _InMemory(
        request.headers,
        _bounded(request, limit + _FORM_BYTES),
        max_files=MOST_FILES,
        max_fields=5,
        max_part_size=1024,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            form = await parser.parse()
    except TimeoutError:
        told = f"The file did not come whole within {_SECONDS:g} seconds. Send it again."
        raise NotUploaded(408, told) from None
    except ClientDisconnect:
        told = "The connection ended before the file was whole. Send it again."
        raise NotUploaded(400, told) from None
    except MultiPartException as error:
        told = f"The form cannot be read ({error.message}). Send at most {MOST_FILES} files."
        raise NotUploaded(400, told) from None
    try:
        feed = form.get("feed")
        files = [
            (_name(one), await one.read())
            for one in form.getlist("file")
            if isinstance(one, UploadFile) and one.filename
        ]
    finally:
        await form.close()
    if not files:
        raise NotUploaded(400, "No file was sent. Choose a file, then press Check.")
    return Upload(feed if isinstance(feed, str) else "", files)


def _name(upload: UploadFile) -> str:
    """The name without folders, which some browsers send too."""
    name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    return in_place_of(name) if why_hostile(name) else name


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The body, as long as it has no more bytes than that."""
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _too_large()
        yield part


def _too_large() -> NotUploaded:
    limit = settings().max_file_bytes
    told = f"The files have more than {limit:,} bytes together. Send a smaller one."
    return NotUploaded(413, told)
