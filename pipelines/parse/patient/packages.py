"""Looks through zip packages: Excel, OpenDocument and Word files, and plain archives.

A damaged package is looked through part by part, as far as each can be unpacked.
"""

import bz2
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Protocol

from pipelines.parse.patient.looked import Looked

LOCAL_HEADER = b"PK\x03\x04"
MOST_PARTS = 10_000
_HEADER = struct.Struct("<4sHHHHHIIIHH")
_ENCRYPTED, _SIZES_FOLLOW = 0x01, 0x08
_STORED, _DEFLATED, _BZIP2, _LZMA = 0, 8, 12, 14
_READABLE = (_STORED, _DEFLATED, _BZIP2, _LZMA)
_NEXT = re.compile(rb"PK(?:\x03\x04|\x01\x02|\x05\x06|\x07\x08)")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError,
               NotImplementedError, RuntimeError, struct.error, IndexError)  # fmt: skip

_SMALL_BYTES, _MOST_CLEAN = 8 * 1024, 1000
_CLEAN: set[bytes] = set()
"""Packed parts without any number, which most workbooks of a sender have alike: styles, themes."""

LookInto = Callable[[bytes, str], None]
"""Looks through the bytes of a part, which has that name."""


class Unpacker(Protocol):
    """What unpacks a stream in steps, as the libraries for it do."""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """The next bytes."""


def look_at_package(content: bytes, looked: Looked, look_into: LookInto) -> None:
    """Looks into every part of the package; notes what could not be unpacked."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_PARTS:
                looked.cannot_see(f"it has more than {MOST_PARTS:,} parts")
                return
            looked.see(archive.comment.decode("latin-1"))
            is_whole = _is_covered(content, members)
            for member in members:
                packed = _packed(content, member)
                if packed in _CLEAN:
                    looked.see(member.filename, "/")
                    looked.spend(member.file_size)
                    continue
                before = looked.count
                is_whole &= _look_at_member(archive, member, looked, look_into)
                if looked.count == before and is_whole and not looked.hidden:
                    _remember_clean(packed)
    except _UNREADABLE:
        is_whole = False
    if not is_whole:
        _look_at_remains(content, looked, look_into)


def _packed(content: bytes, member: zipfile.ZipInfo) -> bytes:
    """How the part is packed, then its packed bytes; nothing for a large one."""
    if member.compress_size > _SMALL_BYTES:
        return b""
    at = member.header_offset
    name_length, extra_length = struct.unpack_from("<HH", content, at + 26)
    begin = at + _HEADER.size + name_length + extra_length
    how = member.compress_type * 2 + (member.flag_bits & _ENCRYPTED)
    return bytes([how & 0xFF]) + content[begin : begin + member.compress_size]


def _remember_clean(packed: bytes) -> None:
    if not packed:
        return
    if len(_CLEAN) >= _MOST_CLEAN:
        _CLEAN.clear()
    _CLEAN.add(packed)


def _look_at_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, looked: Looked, look_into: LookInto
) -> bool:
    """Whether the part was looked at, or surely cannot be; else it is damaged."""
    looked.see(member.filename, "/")
    looked.see(member.comment.decode("latin-1"))
    if member.flag_bits & _ENCRYPTED:
        looked.cannot_see("a part is encrypted")
        return True
    if member.compress_type not in _READABLE:
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
    parts = 0
    if at < 0:
        looked.cannot_see("it is damaged")
    while at >= 0:
        parts += 1
        if parts > MOST_PARTS:
            looked.cannot_see(f"it has more than {MOST_PARTS:,} parts")
            return
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
        look_into(content[begin:end], name)
        return end
    unpacker = zlib.decompressobj(-15)
    try:
        part = unpacker.decompress(content[begin:], looked.left_bytes + 1)
    except zlib.error:
        looked.cannot_see("it is damaged")
        _look_at_beginning(content[begin:], looked, lambda part: look_into(part, name))
        return begin
    if not looked.spend(len(part)):
        return len(content)
    look_into(part, name)
    return len(content) - len(unpacker.unused_data) if unpacker.eof else len(content)


def _look_at_beginning(packed: bytes, looked: Looked, look: Callable[[bytes], None]) -> None:
    """Looks at what can be unpacked before the damage."""
    unpacker = zlib.decompressobj(-15)
    found = bytearray()
    try:
        for start in range(0, len(packed), 64):
            found += unpacker.decompress(packed[start : start + 64], looked.left_bytes + 1)
    except zlib.error:
        pass
    if looked.spend(len(found)):
        look(bytes(found))


def unpack_stream(content: bytes, looked: Looked) -> Iterator[bytes]:
    """What a gzip, bzip2 or xz file holds; nothing where that cannot be told."""
    if content.startswith(b"\x1f\x8b"):
        unpackers: Callable[[], Unpacker] = lambda: zlib.decompressobj(31)  # noqa: E731
    elif content.startswith(b"BZh"):
        unpackers = bz2.BZ2Decompressor
    else:
        unpackers = lzma.LZMADecompressor
    left = content
    while left:
        unpacker = unpackers()
        try:
            part = unpacker.decompress(left, looked.left_bytes + 1)
        except _UNREADABLE:
            looked.cannot_see("it is damaged")
            return
        if not looked.spend(len(part)):
            return
        yield part
        if not getattr(unpacker, "eof", False):
            looked.cannot_see("it is cut off")
            return
        left = getattr(unpacker, "unused_data", b"")
        if left and not left.startswith(content[:3]):
            return
