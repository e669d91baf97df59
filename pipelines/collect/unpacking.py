"""Unpacks the body of an answer strictly: whole, in one way at most, and bounded.

An HTTP library takes half of a packed answer for the whole, leaves out what follows the first
part, and unpacks a few bytes to gigabytes. Whoever asks wants to hear of it.
"""

import zlib
from collections.abc import Sequence

_PLAIN, _GZIP, _DEFLATE = "identity", "gzip", "deflate"
_NAMES = {"": _PLAIN, "identity": _PLAIN, "gzip": _GZIP, "x-gzip": _GZIP, "deflate": _DEFLATE}
ACCEPTED = "gzip, deflate"
"""What a source is told that it may pack with."""
_GZIP_MARK = b"\x1f\x8b"
_GZIP_BITS, _ZLIB_BITS, _RAW_BITS = 31, 15, -15


class OddEncoding(Exception):
    """The body is packed in a way, or in more ways, than are taken."""


class TooMuch(Exception):
    """The body has more bytes than are taken, packed or unpacked."""


class BrokenBody(Exception):
    """The body ends too early, or is not what its encoding says."""


class BodyUnpacker:
    """Takes a body part by part; raises `TooMuch` or `BrokenBody`."""

    def __init__(self, encodings: Sequence[str], most_bytes: int) -> None:
        """Raises `OddEncoding` unless there is one encoding at most, and a known one."""
        named = [one.strip().lower() for one in encodings]
        if len(named) > 1 or any(one not in _NAMES for one in named):
            raise OddEncoding(", ".join(named)[:100])
        self._encoding = _NAMES[named[0]] if named else _PLAIN
        self._most = most_bytes
        self._taken = 0
        self._content = bytearray()
        self._member: zlib._Decompress | None = None
        self._begun = b""

    def feed(self, part: bytes) -> None:
        """The part is unpacked."""
        self._taken += len(part)
        if self._taken > self._most:
            raise TooMuch
        if self._encoding == _PLAIN:
            self._content += part
            return
        try:
            self._unpack(part)
        except zlib.error as error:
            raise BrokenBody(f"it is no {self._encoding}") from error

    @property
    def size(self) -> int:
        """Bytes that it holds, unpacked."""
        return len(self._content)

    def finish(self) -> bytes:
        """The whole body; raises `BrokenBody` where its end has not come."""
        is_whole = self._member is not None and self._member.eof and not self._begun
        if self._encoding != _PLAIN and not is_whole:
            raise BrokenBody("its end is missing")
        return bytes(self._content)

    def _unpack(self, part: bytes) -> None:
        while part:
            if self._member is None or self._member.eof:
                self._begun += part
                if len(self._begun) < len(_GZIP_MARK):
                    # Not enough yet to tell what begins here.
                    return
                part, self._begun = self._begun, b""
                self._begin(part)
            assert self._member is not None
            self._content += self._member.decompress(part, self._most - len(self._content) + 1)
            if len(self._content) > self._most:
                raise TooMuch
            part = self._member.unused_data

    def _begin(self, part: bytes) -> None:
        """A member begins with these bytes: the first, or one that a gzip file has after it."""
        if self._encoding == _GZIP:
            if not part.startswith(_GZIP_MARK):
                raise BrokenBody("something follows its end" if self._member else "it is no gzip")
            self._member = zlib.decompressobj(_GZIP_BITS)
        elif self._member is not None:
            raise BrokenBody("something follows its end")
        else:
            is_zlib = part[0] & 0x0F == 8 and (part[0] << 8 | part[1]) % 31 == 0
            self._member = zlib.decompressobj(_ZLIB_BITS if is_zlib else _RAW_BITS)
