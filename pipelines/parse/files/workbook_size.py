"""Tells whether a workbook costs little memory to open, so that it can be opened in this process.

The reader lays out every sheet as a full grid up to its last cell: one stray cell in the last row
and column asks for hundreds of gigabytes and aborts the process. What is not surely small is
opened in a child (`workbook_child`). A workbook as Excel and other programs write it is told by
one search; whatever is odd about one makes it not surely small, and never lets it pass.
"""

import re
import struct
import zipfile
import zlib
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import NamedTuple

from pipelines.base.settings import settings
from pipelines.parse.files.limits import too_large
from pipelines.parse.files.workbook_formulas import column_number, has_formulas

_MOST_UNPACKED_BYTES = 64 * 1024 * 1024
"""Of all parts of a workbook that is opened in this process."""

_CELL = rb"<(?:\w+:)?c"
_ODD_CELL = re.compile(_CELL + rb"""(?!\s+r="[A-Z]{1,2}[0-9]{1,3}")[\s/>]""")
"""A cell whose place is not within 999 rows and 702 columns."""

_PLACED_CELL = re.compile(_CELL + rb"""\s+r="([A-Z]{1,3})([0-9]{1,7})"[^>]*?(/?)>""")
_ANY_CELL = re.compile(_CELL + rb"[\s/>]")
_PLAIN_MARKUP = re.compile(
    rb"""(?:<\?xml[^<>?]*+\?>)?+"""
    rb"""(?:[^<]++|</?+[\w:.-]++(?:\s++[\w:.-]++=(?:"[^"<>]*+"|'[^'<>]*+'))*+\s*+/?+>)*+"""
)
"""A part of which nothing looks like a tag and is none. Only a match takes no memory: what splits
or replaces has an object of 80 bytes for each of millions of tags."""

_ENCRYPTED = 1
"""Bit of an archive's part that has a password."""
_SHARED = b't="s"'
_IN_UTF_16 = tuple(word.encode("utf-16-le")[:-1] for word in ("sheetData", "<si"))


class WorkbookMeasure(NamedTuple):
    """What the parts of a workbook are found to be."""

    is_small: bool
    has_formulas: bool
    """Whether a sheet has a formula; not looked for where the workbook is not surely small."""


_NOT_SURELY = WorkbookMeasure(is_small=False, has_formulas=True)


# The feeds that share a workbook are read one after the other.
@lru_cache(maxsize=2)
def is_surely_small(content: bytes) -> bool:
    """Whether opening the workbook, and laying out all its sheets, costs little memory.

    Raises as `measure_workbook` does.
    """
    return measure_workbook(content).is_small


@lru_cache(maxsize=2)
def measure_workbook(content: bytes) -> WorkbookMeasure:
    """Whether the workbook costs little memory to open, and has formulas.

    Raises `Refusal` where its parts are too large unpacked, and `zipfile.BadZipFile` and other
    errors of a damaged file.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > settings().most_unpacked_bytes:
        raise too_large(f"its parts unpack to {unpacked:,} bytes")
    names = {member.filename for member in members}
    if "xl/workbook.xml" not in names or not names.isdisjoint(("content.xml", "xl/workbook.bin")):
        return _NOT_SURELY
    return _measure_parts(content, members) if unpacked <= _MOST_UNPACKED_BYTES else _NOT_SURELY


def has_far_cells(content: bytes) -> bool:
    """Whether a sheet with few cells spreads over more of them than are taken.

    It may do so only for cells that say nothing. Raises as `is_surely_small` does.
    """
    most = settings().most_cells
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
    if sum(member.file_size for member in members) > _MOST_UNPACKED_BYTES:
        return False
    for member in members:
        part = _unpack(content, member)
        if part is not None and b"sheetData" in part and (_cells(part, most) or 0) > most:
            return True
    return False


def _measure_parts(content: bytes, members: list[zipfile.ZipInfo]) -> WorkbookMeasure:
    cells = shared = longest = texts = 0
    formulas = False
    most = settings().most_cells
    for member in members:
        part = _unpack(content, member)
        if part is None or any(word in part for word in _IN_UTF_16):
            return _NOT_SURELY
        if b"<sheetData" in part or b":sheetData" in part:
            own = _cells(part, most)
            if own is None:
                return _NOT_SURELY
            cells += own
            formulas = formulas or has_formulas(part)
            shared += part.count(_SHARED)
        elif b"<si" in part or b":si" in part:
            texts += part.count(b"<si") + part.count(b":si")
            if texts > most:
                return _NOT_SURELY
            longest = max(longest, _longest_text(part))
    is_small = cells <= most and shared * longest <= _MOST_UNPACKED_BYTES
    return WorkbookMeasure(is_small, formulas)


def _longest_text(part: bytes) -> int:
    """Bytes of the longest of the shared texts, or more."""
    # An end of a text is none within quotes, comments and the like: then the whole part counts.
    if not _PLAIN_MARKUP.fullmatch(part):
        return len(part)
    longest = begin = 0
    while (end := part.find(b"</si>", begin)) >= 0:
        longest, begin = max(longest, end - begin), end + len(b"</si>")
    return max(longest, len(part) - begin)


def _unpack(content: bytes, member: zipfile.ZipInfo) -> bytes | None:
    """The part, None where it is not just what the archive says of it.

    Raises `NotImplementedError` for a packing that Excel does not use, and `RuntimeError` for a
    password.
    """
    if member.flag_bits & _ENCRYPTED:
        raise RuntimeError(f"{member.filename} is encrypted with a password")
    begin = member.header_offset
    if content[begin : begin + 4] != b"PK\x03\x04":
        return None
    names = sum(struct.unpack_from("<HH", content, begin + 26))
    packed = content[begin + 30 + names : begin + 30 + names + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        part, is_whole = packed, True
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        part = unpacker.decompress(packed, member.file_size + 1)
        is_whole = unpacker.eof
    else:
        raise NotImplementedError(f"{member.filename} has compression {member.compress_type}")
    is_as_said = len(part) == member.file_size and zlib.crc32(part) == member.CRC
    return part if is_whole and is_as_said else None


def _cells(sheet: bytes, most: int) -> int | None:
    """Cells of the grid up to the sheet's last one, or None where that is not sure.

    A cell that is formatted and empty does not count: the reader leaves it out. More than `most`
    cells are not counted to the end.
    """
    if not _ODD_CELL.search(sheet):
        return 0
    cells = sum(1 for _ in islice(_ANY_CELL.finditer(sheet), most + 1))
    if cells > most:
        return None
    placed = rows = 0
    letters = set()
    for cell in _PLACED_CELL.finditer(sheet):
        placed += 1
        if not cell[3]:
            letters.add(cell[1])
            rows = max(rows, int(cell[2]))
    if placed != cells:
        return None
    return rows * max(map(column_number, letters), default=0)
