"""Cuts large contents into windows, so that looking through them takes bounded memory."""

from collections.abc import Iterator

WINDOW_BYTES = 4 * 1024 * 1024
_OVERLAP_BYTES = 16 * 1024


def windows(content: bytes, sign: bytes) -> Iterator[bytes]:
    """The content in parts that overlap; each begins at a `sign` where there is one near."""
    if len(content) <= WINDOW_BYTES:
        yield content
        return
    for start in range(0, len(content), WINDOW_BYTES - _OVERLAP_BYTES):
        least = max(0, start - _OVERLAP_BYTES)
        begin = max(content.rfind(sign, least, start), least)
        # Two bytes to a sign stay together, where it is written so.
        yield content[begin // 4 * 4 : start + WINDOW_BYTES]
