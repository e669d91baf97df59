"""Measures a workbook before it is opened, so that a hostile or slipped one costs no memory.

The reader lays out every sheet as a full grid up to its last cell. One stray cell in the last row
and column would ask for hundreds of gigabytes and kill the process, at every later run again.
"""

import re
import zipfile
from functools import lru_cache
from io import BytesIO

LARGEST_GRID = 20_000_000
"""Cells of one sheet's grid. A winter of 200 trusts, 200 days and 5 measures has 0.2 million."""

LARGEST_MEMBER_BYTES = 512 * 1024 * 1024
"""Bytes of one unpacked part. The published workbooks' largest sheet has 5 million."""

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
# Small sheets need no exact count: what has no such reference is within 9,999 rows or 702 columns.
_FAR = re.compile(rb' r="(?:([A-Z]{3})[0-9]|[A-Z]{0,2}([0-9]{5}))')
_NEAR_ROWS, _NEAR_COLUMNS = 9_999, 702
_FAR_ROW = re.compile(rb' r="[A-Z]{0,3}([0-9]{5,7})"')


# The feeds that share a workbook are read one after the other.
@lru_cache(maxsize=2)
def find_oversize(content: bytes) -> str | None:
    """What is too large about the workbook, or None where it can be opened.

    Raises `zipfile.BadZipFile` and other errors of a damaged file.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.file_size > LARGEST_MEMBER_BYTES:
                return f"{member.filename} unpacks to {member.file_size:,} bytes"
            if _SHEET.fullmatch(member.filename):
                rows, columns = _extent(archive.read(member))
                if rows * columns > LARGEST_GRID:
                    return f"{member.filename} spreads over {rows:,} rows and {columns:,} columns"
    return None


def _extent(xml: bytes) -> tuple[int, int]:
    """Rows and columns that the sheet's cells surely lie within."""
    found = set(_FAR.findall(xml))
    letters = {column for column, _ in found if column}
    columns = max(map(_column_number, letters), default=_NEAR_COLUMNS)
    if all(not row for _, row in found) and not letters:
        return _NEAR_ROWS, columns
    return max(map(int, set(_FAR_ROW.findall(xml))), default=_NEAR_ROWS), columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
