"""Damage to the records of an old workbook (.xls)."""

import struct
from random import Random

from tests.attack.fuzz.mutate_bytes import BYTES, Mutation

_STREAM = b"\x09\x08\x10\x00"
"""What the stream of records begins with."""


def records(random: Random, content: bytes) -> bytes:
    """The length, the kind or the content of a record is another."""
    start = content.find(_STREAM)
    places = []
    at = start
    while 0 <= at < len(content) - 4:
        kind, length = struct.unpack_from("<HH", content, at)
        if kind == 0 and length == 0:
            break
        places.append(at)
        at += 4 + length
    if not places:
        return content
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 3))):
        at = random.choice(places)
        how = random.randrange(4)
        if how == 0:
            length = random.choice((0, 1, 8224, 65535))
            changed[at + 2 : at + 4] = struct.pack("<H", length)
        elif how == 1:
            kind = random.choice(
                (0x0203, 0x0204, 0x027E, 0x0006, 0x00FC, 0x003C, 0x00FD, 0x002F, 0x0085)
            )
            changed[at : at + 2] = struct.pack("<H", kind)
        elif how == 2:
            changed[at + 4 : at + 8] = random.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\0\0")
            )
        else:
            value = random.choice((float("nan"), float("inf"), -1.0, 1e300, 44000.5, 2**31))
            changed[at + 10 : at + 18] = struct.pack("<d", value)
    return bytes(changed[: len(content)])


def container(random: Random, content: bytes) -> bytes:
    """A field of the container or of its table of sectors lies."""
    changed = bytearray(content)
    at = random.choice(
        (24, 26, 30, 32, 44, 48, 60, 68, 76, 512, 516, 520, 1024 + 116, 1024 + 244, 1024 + 248)
    )
    value = random.choice(
        (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x01\0\0\0", b"\xfe\xff\xff\xff", b"\xff\xff\xff\x7f")
    )
    changed[at : at + 4] = value
    return bytes(changed)


XLS: tuple[Mutation, ...] = (records, records, records, container, *BYTES)
