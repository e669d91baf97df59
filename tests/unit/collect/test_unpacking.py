"""The body of an answer is unpacked whole and bounded, or refused."""

import gzip
import zlib

import pytest

from pipelines.collect.unpacking import BodyUnpacker, BrokenBody, OddEncoding, TooMuch

CONTENT = b"org_code,arrivals\nR0A,8\n" * 400
GZIP, ZLIB = gzip.compress(CONTENT, mtime=0), zlib.compress(CONTENT)
RAW = zlib.compress(CONTENT, wbits=-15)
LARGEST = 100_000


def unpack(encodings: list[str], body: bytes, step: int = 0, largest: int = LARGEST) -> bytes:
    unpacker = BodyUnpacker(encodings, largest)
    for start in range(0, len(body), step or len(body) or 1):
        unpacker.feed(body[start : start + (step or len(body))])
    return unpacker.finish()


@pytest.mark.parametrize("step", [0, 1, 2, 7])
@pytest.mark.parametrize(
    ("encodings", "body", "wanted"),
    [
        ([], CONTENT, CONTENT),
        ([], b"", b""),
        (["identity"], CONTENT, CONTENT),
        (["GZIP"], GZIP, CONTENT),
        (["x-gzip"], GZIP, CONTENT),
        (["gzip"], GZIP + gzip.compress(b"more", mtime=0), CONTENT + b"more"),
        (["gzip"], gzip.compress(b"", mtime=0) * 3 + GZIP, CONTENT),
        (["deflate"], ZLIB, CONTENT),
        (["deflate"], RAW, CONTENT),
    ],
)
def test_what_is_whole_is_unpacked(
    encodings: list[str], body: bytes, wanted: bytes, step: int
) -> None:
    assert unpack(encodings, body, step) == wanted


@pytest.mark.parametrize("step", [0, 1, 7])
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b""),
        ("gzip", GZIP[: len(GZIP) // 2]),
        ("gzip", GZIP[:-1]),
        ("gzip", GZIP + GZIP[:20]),
        ("gzip", GZIP + b"x"),
        ("gzip", GZIP + b"\0" * 8),
        ("gzip", GZIP + b"\x1f"),
        ("gzip", GZIP[:-8] + b"\0" * 8),
        ("gzip", CONTENT),
        ("gzip", ZLIB),
        ("deflate", ZLIB[:-1]),
        ("deflate", ZLIB + ZLIB),
        ("deflate", RAW + b"xx"),
        ("deflate", RAW[: len(RAW) // 2]),
        ("deflate", b"x"),
    ],
)
def test_what_is_not_whole_is_refused(encoding: str, body: bytes, step: int) -> None:
    with pytest.raises(BrokenBody):
        unpack([encoding], body, step)


@pytest.mark.parametrize(
    "encodings", [["gzip", "gzip"], ["identity", "gzip"], ["br"], ["zstd"], ["gzip;q=1"]]
)
def test_other_and_stacked_encodings_are_refused(encodings: list[str]) -> None:
    with pytest.raises(OddEncoding):
        BodyUnpacker(encodings, LARGEST)


@pytest.mark.parametrize(
    ("encodings", "body"),
    [
        ([], b"x" * (LARGEST + 1)),
        (["gzip"], gzip.compress(bytes(LARGEST + 1), mtime=0)),
        (["gzip"], gzip.compress(bytes(LARGEST // 2 + 1), mtime=0) * 2),
        (["gzip"], gzip.compress(b"", mtime=0) * (LARGEST // 20 + 1)),
        (["deflate"], zlib.compress(bytes(50 * LARGEST))),
    ],
)
def test_what_is_too_much_is_refused_before_memory_is_spent(
    encodings: list[str], body: bytes
) -> None:
    with pytest.raises(TooMuch):
        unpack(encodings, body)


def test_as_much_as_is_taken_is_taken() -> None:
    assert unpack(["gzip"], gzip.compress(bytes(LARGEST))) == bytes(LARGEST)
