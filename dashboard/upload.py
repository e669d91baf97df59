"""A form with one file, read from a request within bounds and held in memory only."""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from pipelines.base.settings import settings

_BESIDE_BYTES = 64 * 1024
"""Room for the other fields and for what stands between them."""
_MOST_FIELDS = 8


class BadUpload(Exception):
    """The form cannot be read, or is too large; the message says so to who sent it."""


@dataclass
class Upload:
    """The fields of the form, and its file."""

    fields: dict[str, str] = field(default_factory=dict)
    file_name: str = ""
    content: bytes = b""


async def read_upload(request: Request) -> Upload:
    """The form of the request; raises `BadUpload` where it is none, or larger than a file may be.

    No more is read than that.
    """
    from python_multipart.exceptions import FormParserError

    limit = settings().max_file_bytes
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit + _BESIDE_BYTES:
        raise BadUpload(_too_large(limit))
    parts = _Parts(request.headers.get("content-type", ""))
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit + _BESIDE_BYTES:
                raise BadUpload(_too_large(limit))
            parts.write(chunk)
        parts.finish()
    except FormParserError as error:
        raise BadUpload(
            "The form could not be read. Choose the file again, and send it."
        ) from error
    return parts.as_upload()


def _too_large(limit: int) -> str:
    return f"The file is larger than {limit:,} bytes, which is more than any feed takes."


class _Parts:
    """The parts of a form as they come."""

    def __init__(self, content_type: str) -> None:
        from python_multipart.multipart import MultipartParser, parse_options_header

        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise BadUpload("No form with a file came. Choose a file on the page, and send it.")
        self._options = parse_options_header
        self._upload = Upload()
        self._name, self._header, self._value = "", b"", bytearray()
        self._file: str | None = None
        self._count = 0
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._header_value,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)

    def write(self, chunk: bytes) -> None:
        self._parser.write(chunk)

    def finish(self) -> None:
        self._parser.finalize()

    def as_upload(self) -> Upload:
        return self._upload

    def _begin(self) -> None:
        self._count += 1
        if self._count > _MOST_FIELDS:
            raise BadUpload("The form has more fields than the page. Send it from the page.")
        self._name, self._file, self._header = "", None, b""
        self._value = bytearray()

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header = data[start:end].lower()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        if self._header == b"content-disposition":
            _, options = self._options(data[start:end])
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            file = options.get(b"filename")
            self._file = None if file is None else file.decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end(self) -> None:
        if self._file is not None:
            self._upload.file_name, self._upload.content = self._file, bytes(self._value)
        else:
            self._upload.fields[self._name] = self._value.decode("utf-8", "replace")
