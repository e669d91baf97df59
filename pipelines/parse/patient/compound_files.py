"""Looks through compound files (OLE): old workbooks, embedded objects, macros."""

import re
import struct
from collections.abc import Iterator
from io import BytesIO

from pipelines.parse.patient.looked import LARGEST_MACROS_BYTES, Looked
from pipelines.parse.patient.packages import LookInto

_ENCRYPTED = ("encryptedpackage", "encryptioninfo")
MOST_STREAMS = 5_000
_MACROS = re.compile(rb"\x01(?=.[\xb0-\xbf])", re.DOTALL)
"""Where compressed source of macros may begin: the sign 1, then the header of a chunk."""
_CHUNK_SIGNS = 4096


def look_at_compound_file(content: bytes, looked: Looked, look_into: LookInto) -> None:
    """Looks into every stream; notes what is encrypted or damaged."""
    import olefile

    try:
        with olefile.OleFileIO(BytesIO(content)) as opened:
            paths = opened.listdir(streams=True, storages=True)
            if len(paths) > MOST_STREAMS:
                looked.cannot_see(f"it has more than {MOST_STREAMS:,} streams")
                return
            for path in paths:
                looked.see("/".join(path), "/")
                if path[-1].casefold() in _ENCRYPTED:
                    # In what is encrypted a number would only be there by chance.
                    looked.cannot_see("it is encrypted with a password")
                elif opened.get_type(path) == olefile.STGTY_STREAM:
                    _look_at_stream(opened.openstream(path).read(), looked, look_into)
    except Exception:
        # The library raises what its parts raise; a reader would call the file damaged.
        looked.cannot_see("it is damaged")


def _look_at_stream(stream: bytes, looked: Looked, look_into: LookInto) -> None:
    if not looked.spend(len(stream)):
        return
    look_into(stream, "")
    for source in unpacked_macros(stream, looked):
        looked.see(source.decode("latin-1"))


def unpacked_macros(stream: bytes, looked: Looked) -> Iterator[bytes]:
    """The source of macros in a stream ([MS-OVBA] 2.4.1), from each place where it may begin."""
    end = 0
    for found in _MACROS.finditer(stream):
        if found.start() < end:
            continue
        source, end = _unpack(stream, found.end())
        # A place that only looks like a beginning ends soon.
        if len(source) > 10:
            looked.left_macros_bytes -= len(source)
            if looked.left_macros_bytes < 0:
                looked.cannot_see("its macros are too long")
                return
            yield source


def _unpack(stream: bytes, at: int) -> tuple[bytes, int]:
    """The source whose first chunk begins at that place, and where it ends."""
    source = bytearray()
    while at + 2 <= len(stream) and len(source) <= LARGEST_MACROS_BYTES:
        (header,) = struct.unpack_from("<H", stream, at)
        if header & 0x7000 != 0x3000:
            break
        end = min(at + (header & 0x0FFF) + 3, len(stream))
        if header & 0x8000:
            source += _unpack_chunk(stream[at + 2 : end])
        else:
            source += stream[at + 2 : end]
        at = end
    return bytes(source), at


def _unpack_chunk(chunk: bytes) -> bytes:
    """At most 4096 signs: each is written itself, or copied from what is there already."""
    signs = bytearray()
    at = 0
    while at < len(chunk):
        flags = chunk[at]
        at += 1
        for bit in range(8):
            if at >= len(chunk) or len(signs) >= _CHUNK_SIGNS:
                return bytes(signs)
            if not flags >> bit & 1:
                signs.append(chunk[at])
                at += 1
                continue
            if at + 2 > len(chunk):
                return bytes(signs)
            (token,) = struct.unpack_from("<H", chunk, at)
            at += 2
            bits = max((len(signs) - 1).bit_length(), 4) if signs else 4
            length = (token & (0xFFFF >> bits)) + 3
            offset = (token >> (16 - bits)) + 1
            if offset > len(signs):
                return bytes(signs)
            copied = bytes(signs[-offset:][:length])
            signs += (copied * (length // offset + 1))[:length]
    return bytes(signs)
