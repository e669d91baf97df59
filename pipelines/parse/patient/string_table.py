"""The shared strings of an .xls workbook, which may go on from record to record at any sign."""

import struct
from collections.abc import Iterator, Sequence

_WIDE, _HAS_EXTRA, _HAS_RUNS = 0x01, 0x04, 0x08


def strings_of(parts: Sequence[bytes]) -> Iterator[str]:
    """The strings of the record and those that continue it ([MS-XLS] 2.4.265)."""
    reader = _Reader(parts)
    reader.take(8)
    while not reader.is_at_end:
        count, flags = struct.unpack("<HB", reader.take(3).ljust(3, b"\0"))
        runs = struct.unpack("<H", reader.take(2).ljust(2, b"\0"))[0] if flags & _HAS_RUNS else 0
        extra = struct.unpack("<I", reader.take(4).ljust(4, b"\0"))[0] if flags & _HAS_EXTRA else 0
        yield reader.take_text(count, bool(flags & _WIDE))
        reader.take(runs * 4)
        if extra:
            # Phonetic text has its own string in it.
            yield reader.take(extra).decode("utf-16-le", "ignore")


class _Reader:
    """Reads on over the ends of the parts."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts
        self._number = 0
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        """Whether nothing is left."""
        self._go_on()
        return self._number >= len(self._parts)

    def take(self, size: int) -> bytes:
        """The next bytes; fewer at the end."""
        taken = bytearray()
        while size > 0 and not self.is_at_end:
            piece = self._parts[self._number][self._at : self._at + size]
            taken += piece
            size -= len(piece)
            self._at += len(piece)
        return bytes(taken)

    def take_text(self, count: int, is_wide: bool) -> str:
        """The next signs; where a part ends in them, the next begins with how they go on."""
        text = []
        while count > 0 and self._number < len(self._parts):
            part = self._parts[self._number]
            width = 2 if is_wide else 1
            piece = part[self._at : self._at + count * width]
            text.append(piece.decode("utf-16-le" if is_wide else "latin-1", "replace"))
            count -= max(len(piece) // width, 0)
            self._at += len(piece)
            if count > 0:
                self._number += 1
                self._at = 0
                if self._number < len(self._parts) and self._parts[self._number]:
                    is_wide = bool(self._parts[self._number][0] & _WIDE)
                    self._at = 1
        return "".join(text)

    def _go_on(self) -> None:
        while self._number < len(self._parts) and self._at >= len(self._parts[self._number]):
            self._number += 1
            self._at = 0
