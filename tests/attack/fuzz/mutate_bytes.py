"""Damage that knows nothing of the format: what a line, a disk or a hand does to bytes."""

from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, bytes], bytes]


def flip(random: Random, content: bytes) -> bytes:
    """Some bits are others."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def overwrite(random: Random, content: bytes) -> bytes:
    """Some bytes have a value of the edge."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 2, 8))):
        if changed:
            at = random.randrange(len(changed))
            changed[at] = random.choice((0, 1, 9, 10, 13, 26, 34, 39, 44, 127, 128, 192, 254, 255))
    return bytes(changed)


def cut(random: Random, content: bytes) -> bytes:
    """It ends early."""
    return content[: random.randrange(len(content) + 1)]


def cut_out(random: Random, content: bytes) -> bytes:
    """A piece is missing."""
    start = random.randrange(len(content) + 1)
    return content[:start] + content[start + random.choice((1, 4, 64, 512)) :]


def insert(random: Random, content: bytes) -> bytes:
    """A piece came in from elsewhere."""
    at = random.randrange(len(content) + 1)
    piece = random.choice(
        (
            b"\0",
            b"\0" * 512,
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\r",
            b"\n\n",
            b"\x1a",
            b'"',
            b"PK\x03\x04",
            b"\xed\xa0\x80",
            b"\xc0\x80",
            b"\xf4\x90\x80\x80",
            bytes(random.randrange(256) for _ in range(8)),
        )
    )
    return content[:at] + piece + content[at:]


def duplicate(random: Random, content: bytes) -> bytes:
    """A piece stands there twice."""
    start = random.randrange(len(content) + 1)
    end = min(len(content), start + random.choice((1, 16, 256, 4096)))
    return content[:end] + content[start:end] * random.choice((1, 1, 7)) + content[end:]


def swap(random: Random, content: bytes) -> bytes:
    """Two halves changed places."""
    at = random.randrange(len(content) + 1)
    return content[at:] + content[:at]


def glue(random: Random, content: bytes) -> bytes:
    """Two exports in one file, or padding behind."""
    return content + random.choice((content, b"\0" * 1024, b"\x1a", b"\n\n\n", b" ", content[:100]))


def wrap(random: Random, content: bytes) -> bytes:
    """It is packed, or is something else altogether."""
    import bz2
    import gzip
    import zlib

    return random.choice(
        (
            lambda: gzip.compress(content, mtime=0),
            lambda: bz2.compress(content),
            lambda: zlib.compress(content),
            lambda: b"%PDF-1.7\n" + content,
            lambda: b"\x7fELF" + content,
            lambda: b"",
            lambda: b"\xef\xbb\xbf",
            lambda: b"\n" * 50,
            lambda: bytes(random.randrange(256) for _ in range(400)),
        )
    )()


BYTES: tuple[Mutation, ...] = (flip, overwrite, cut, cut_out, insert, duplicate, swap, glue, wrap)
