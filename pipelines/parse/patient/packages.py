"""Looks through zip packages: Excel, OpenDocument and Word files, and plain archives.

A damaged package is looked through part by part, as far as each can be unpacked.
"""

import bz2
import hashlib
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import NamedTuple, Protocol

from pipelines.parse.patient.looked import Looked

LOCAL_HEADER = b"PK\x03\x04"
MOST_PARTS = 10_000
_HEADER = struct.Struct("<4sHHHHHIIIHH")
_ENCRYPTED, _SIZES_FOLLOW = 0x01, 0x08
_STORED, _DEFLATED = 0, 8
_LISTED = b"PK\x01\x02"
_PIECE = 64 * 1024
_MOST_STREAMS = 1000
_LZMA_BYTES = 128 * 1024 * 1024
_NEXT = re.compile(rb"PK(?:\x03\x04|\x01\x02|\x05\x06|\x07\x08)")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError,
               NotImplementedError, RuntimeError, struct.error, IndexError)  # fmt: skip

_MOST_CLEAN = 10_000
_CLEAN: set[bytes] = set()
"""Hashes of packed parts without any number.

Most workbooks of a sender have styles and themes alike, and one workbook can be for several feeds.
"""

LookInto = Callable[[bytes, str], None]
"""Looks through the bytes of a part, which has that name."""


class Unpacker(Protocol):
    """What unpacks a stream in steps, as the libraries for it do."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """What stands behind its end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """The next bytes."""


def look_at_package(content: bytes, looked: Looked, look_into: LookInto) -> None:
    """Looks into every part of the package; notes what could not be unpacked."""
    if content.count(_LISTED) > MOST_PARTS or content.count(LOCAL_HEADER) > MOST_PARTS:
        looked.cannot_see(f"it has more than {MOST_PARTS:,} parts")
        return
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            looked.see(archive.comment.decode("latin-1"))
            is_whole = _is_covered(content, members)
            for member in members:
                sha256 = _hash_of(content, member)
                if sha256 in _CLEAN:
                    looked.see(member.filename, "/")
                    looked.spend(member.file_size)
                    continue
                before = looked.count
                is_whole &= _look_at_member(archive, member, looked, look_into)
                if looked.count == before and is_whole and not looked.hidden:
                    _remember_clean(sha256)
    except _UNREADABLE:
        is_whole = False
    if not is_whole:
        _look_at_remains(content, looked, look_into)


def _hash_of(content: bytes, member: zipfile.ZipInfo) -> bytes:
    """The hash of the part's packed bytes, and of how and to what they are unpacked.

    The sizes belong to it: of a part that is said to be shorter only its beginning is unpacked.
    """
    at = member.header_offset
    name_length, extra_length = struct.unpack_from("<HH", content, at + 26)
    begin = at + _HEADER.size + name_length + extra_length
    told = (member.compress_type, member.flag_bits, member.file_size, member.CRC)
    seen = hashlib.sha256(repr(told).encode())
    seen.update(memoryview(content)[begin : begin + member.compress_size])
    return seen.digest()


def _remember_clean(sha256: bytes) -> None:
    if len(_CLEAN) >= _MOST_CLEAN:
        _CLEAN.clear()
    _CLEAN.add(sha256)


def _look_at_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, looked: Looked, look_into: LookInto
) -> bool:
    """Whether the part was looked at, or surely cannot be; else it is damaged."""
    looked.see(member.filename, "/")
    looked.see(member.comment.decode("latin-1"))
    if member.flag_bits & _ENCRYPTED:
        looked.cannot_see("a part is encrypted")
        return True
    if member.compress_type not in (_STORED, _DEFLATED):
        looked.cannot_see("a part is packed in a way that is not known")
        return True
    if not looked.spend(member.file_size):
        return True
    try:
        part = archive.read(member)
    except _UNREADABLE:
        return False
    look_into(part, member.filename)
    return True


def _is_covered(content: bytes, members: list[zipfile.ZipInfo]) -> bool:
    """Whether no further parts stand between those that the package lists."""
    at = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        start = member.header_offset
        if LOCAL_HEADER in content[at:start]:
            return False
        name_length, extra_length = struct.unpack_from("<HH", content, start + 26)
        at = max(at, start + _HEADER.size + name_length + extra_length + member.compress_size)
    return LOCAL_HEADER not in content[at:]


def _look_at_remains(content: bytes, looked: Looked, look_into: LookInto) -> None:
    """Looks into every part that has a beginning, as far as it can be unpacked."""
    at = content.find(LOCAL_HEADER)
    if at < 0:
        looked.cannot_see("it is damaged")
    while at >= 0 and looked.left_bytes >= 0:
        try:
            end = _look_at_remain(content, at, looked, look_into)
        except _UNREADABLE:
            looked.cannot_see("it is damaged")
            end = at + 4
        at = content.find(LOCAL_HEADER, max(end, at + 4))


def _look_at_remain(content: bytes, at: int, looked: Looked, look_into: LookInto) -> int:
    """Looks into the part whose header stands at that place; returns where it ends."""
    header = _HEADER.unpack_from(content, at)
    flags, method, packed = int(header[2]), int(header[3]), int(header[7])
    name_length, extra_length = int(header[9]), int(header[10])
    begin = at + _HEADER.size + name_length + extra_length
    name = content[at + _HEADER.size : at + _HEADER.size + name_length].decode("utf-8", "replace")
    looked.see(name, "/")
    if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
        looked.cannot_see("a part is encrypted" if flags & _ENCRYPTED else "it is damaged")
        return begin
    if method == _STORED:
        following = _NEXT.search(content, begin)
        end = begin + packed if packed else following.start() if following else len(content)
        if looked.spend(min(end, len(content)) - begin):
            look_into(content[begin:end], name)
        return end
    unpacked = _unpack(zlib.decompressobj(-15), content, begin, looked.left_bytes)
    # What it was unpacked from counts too: much that gives nothing takes time as well.
    if not looked.spend(len(unpacked.found) + unpacked.end - begin):
        return len(content)
    if unpacked.is_damaged:
        looked.cannot_see("it is damaged")
    look_into(unpacked.found, name)
    return begin if unpacked.is_damaged else unpacked.end


class _Unpacked(NamedTuple):
    """What a packed stream gave, where it ended, and whether that was its own end."""

    found: bytes
    end: int
    is_damaged: bool = False
    has_ended: bool = False


def _unpack(unpacker: Unpacker, content: bytes, begin: int, most_bytes: int) -> _Unpacked:
    """Unpacks what begins there, piece by piece, up to its end, a damage, or too many bytes."""
    found = bytearray()
    at, piece_bytes = begin, _PIECE
    while at < len(content) and len(found) <= most_bytes:
        piece = content[at : at + piece_bytes]
        # Near a damage in steps of a sign, so that all before it is seen.
        before = unpacker.copy() if hasattr(unpacker, "copy") and piece_bytes > 1 else None
        try:
            found += unpacker.decompress(piece, most_bytes - len(found) + 1)
        except _UNREADABLE:
            if before is None:
                return _Unpacked(bytes(found), at, is_damaged=True)
            unpacker, piece_bytes = before, max(piece_bytes // 64, 1)
            continue
        at += len(piece)
        if unpacker.eof:
            return _Unpacked(bytes(found), at - len(unpacker.unused_data), has_ended=True)
    return _Unpacked(bytes(found), at)


def unpack_streams(content: bytes, looked: Looked) -> Iterator[bytes]:
    """What a gzip, bzip2 or xz file holds, one stream after the other."""
    at = 0
    for _ in range(_MOST_STREAMS):
        unpacked = _unpack(_unpacker(content), content, at, looked.left_bytes)
        if not looked.spend(len(unpacked.found)):
            return
        yield unpacked.found
        if not unpacked.has_ended:
            looked.cannot_see("it is damaged" if unpacked.is_damaged else "it is cut off")
            return
        at = unpacked.end
        if not content.startswith(content[:3], at):
            if content[at:].strip(b"\0"):
                looked.cannot_see("something stands behind what is packed")
            return
    looked.cannot_see(f"it has more than {_MOST_STREAMS:,} packed streams")


def _unpacker(content: bytes) -> Unpacker:
    """What unpacks a file that begins so."""
    if content.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31)
    if content.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(memlimit=_LZMA_BYTES)
