"""Makes old binary files by hand: compound files, streams of .xls workbooks, packed macros."""

import struct

_SECTOR = 512
_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_SMALLEST_STREAM = 4096


def compound_file(streams: dict[str, bytes]) -> bytes:
    """A compound file of these streams, each in sectors of its own, with one table of sectors."""
    sectors: list[bytes] = []
    table: list[int] = []

    def add(content: bytes) -> int:
        start = len(sectors)
        count = max(1, -(-len(content) // _SECTOR))
        for number in range(count):
            piece = content[number * _SECTOR : (number + 1) * _SECTOR]
            sectors.append(piece.ljust(_SECTOR, b"\0"))
            table.append(_END if number == count - 1 else start + number + 1)
        return start

    entries = [_entry("Root Entry", 5, _END, 0, child=1)]
    for number, (name, content) in enumerate(streams.items(), start=1):
        # Shorter streams would stand in a smaller table of their own.
        content = content.ljust(_SMALLEST_STREAM, b"\0")
        following = number + 1 if number < len(streams) else _FREE
        entries.append(_entry(name, 2, add(content), len(content), right=following))
    directory = add(b"".join(entries))
    place = len(sectors)
    table.append(_TABLE)
    words = [*table, *[_FREE] * (_SECTOR // 4 - len(table))]
    sectors.append(struct.pack(f"<{_SECTOR // 4}I", *words))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"), 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, directory, 0, _SMALLEST_STREAM, _END, 0, _END, 0,
    )  # fmt: skip
    tables = struct.pack("<109I", place, *[_FREE] * 108)
    return header + tables + b"".join(sectors)


def _entry(
    name: str, kind: int, start: int, size: int, child: int = _FREE, right: int = _FREE
) -> bytes:
    written = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16xI8x8xIII",
        written, len(written) + 2, kind, 1, _FREE, right, child, 0, start, size, 0,
    )  # fmt: skip


def old_workbook(*records: tuple[int, bytes]) -> bytes:
    """The stream of an .xls workbook with those records."""
    whole = [(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)), *records, (0x0A, b"")]
    return b"".join(struct.pack("<HH", kind, len(part)) + part for kind, part in whole)


def unicode_string(text: str, is_wide: bool) -> bytes:
    """The text as an .xls workbook has it: its length, how it is written, its signs."""
    head = struct.pack("<HB", len(text), is_wide)
    return head + text.encode("utf-16-le" if is_wide else "latin-1")


def macros(*sources: bytes) -> bytes:
    """Source of macros packed as [MS-OVBA] says, every sign for itself."""
    packed = bytearray(b"Attribut\x01")
    for source in sources:
        chunk = bytearray()
        for start in range(0, len(source), 8):
            chunk += b"\0" + source[start : start + 8]
        packed += struct.pack("<H", 0xB000 | len(chunk) - 1) + chunk
    return bytes(packed)
