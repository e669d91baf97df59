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

from pipelines.base.settings import settings
from pipelines.parse.files.limits import too_large

_MOST_UNPACKED_BYTES = 64 * 1024 * 1024
"""Of all parts of a workbook that is opened in this process."""

_CELL = rb"<(?:\w+:)?c"
_ODD_CELL = re.compile(_CELL + rb"""(?!\s+r="[A-Z]{1,2}[0-9]{1,3}")[\s/>]""")
"""A cell whose place is not within 999 rows and 702 columns."""

_PLACED_CELL = re.compile(_CELL + rb"""\s+r="([A-Z]{1,3})([0-9]{1,7})"[^>]*?(/?)>""")
_ANY_CELL = re.compile(_CELL + rb"[\s/>]")
_TAG = re.compile(
    rb"""\A<\?xml[^<>?]*+\?>|</?+[\w:.-]++(?:\s++[\w:.-]++=(?:"[^"<>]*+"|'[^'<>]*+'))*+\s*+/?+>"""
)
"""A tag of which nothing looks like another, and the declaration that a part begins with."""

_ENCRYPTED = 1
"""Bit of an archive's part that has a password."""
_SHARED = b't="s"'
_IN_UTF_16 = tuple(word.encode("utf-16-le")[:-1] for word in ("sheetData", "<si"))


# The feeds that share a workbook are read one after the other.
@lru_cache(maxsize=2)
def is_surely_small(content: bytes) -> bool:
    """Whether opening the workbook, and laying out all its sheets, costs little memory.

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
        return False
    return unpacked <= _MOST_UNPACKED_BYTES and _are_sheets_small(content, members)


def _are_sheets_small(content: bytes, members: list[zipfile.ZipInfo]) -> bool:
    cells = shared = longest = 0
    for member in members:
        part = _unpack(content, member)
        if part is None or any(word in part for word in _IN_UTF_16):
            return False
        if b"<sheetData" in part or b":sheetData" in part:
            own = _cells(part)
            if own is None:
                return False
            cells += own
            shared += part.count(_SHARED)
        elif b"<si" in part or b":si" in part:
            longest = max(longest, _longest_text(part))
    return cells <= settings().most_cells and shared * longest <= _MOST_UNPACKED_BYTES


def _longest_text(part: bytes) -> int:
    """Bytes of the longest of the shared texts, or more."""
    # An end of a text is none within quotes, comments and the like: then the whole part counts.
    if b"<" in _TAG.sub(b"", part):
        return len(part)
    return max(map(len, part.split(b"</si>")))


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


def _cells(sheet: bytes) -> int | None:
    """Cells of the grid up to the sheet's last one, or None where that is not sure.

    A cell that is formatted and empty does not count: the reader leaves it out.
    """
    if not _ODD_CELL.search(sheet):
        return 0
    placed = _PLACED_CELL.findall(sheet)
    if len(placed) != len(_ANY_CELL.findall(sheet)):
        return None
    filled = {(letters, row) for letters, row, is_empty in placed if not is_empty}
    rows = max((int(row) for _, row in filled), default=0)
    columns = max((_column_number(letters) for letters in {one for one, _ in filled}), default=0)
    return rows * columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
