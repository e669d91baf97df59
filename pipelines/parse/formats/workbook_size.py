"""Measures a workbook before it is opened, so that a hostile or slipped one costs no memory.

The reader lays out every sheet as a full grid up to its last cell. One stray cell in the last row
and column would ask for hundreds of gigabytes and kill the process, at every later run again.
"""

import re
import zipfile
from functools import lru_cache
from io import BytesIO

LARGEST_GRID = 4_000_000
"""Cells of all grids of a workbook. The published winters have 0.4 million."""

LARGEST_MEMBER_BYTES = 512 * 1024 * 1024
"""Bytes of one unpacked part. The published workbooks' largest sheet has 5 million."""

# A sheet without such a reference lies within 999 rows and 702 columns; that is soon looked up.
_FAR = re.compile(rb"""\sr\s*=\s*["'](?:[A-Z]{3}|[A-Z]{0,2}[0-9]{4})""")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")


# The feeds that share a workbook are read one after the other.
@lru_cache(maxsize=2)
def find_oversize(content: bytes) -> str | None:
    """What is too large about the workbook, or None where it can be opened.

    Raises `zipfile.BadZipFile` and other errors of a damaged file.
    """
    cells = 0
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.file_size > LARGEST_MEMBER_BYTES:
                return f"{member.filename} unpacks to {member.file_size:,} bytes"
            xml = archive.read(member)
            if b"<sheetData" not in xml and b":sheetData" not in xml:
                continue
            rows, columns = _extent(xml)
            cells += rows * columns
            if cells > LARGEST_GRID:
                return f"{member.filename} spreads over {rows:,} rows and {columns:,} columns"
    return None


def _extent(xml: bytes) -> tuple[int, int]:
    """Rows and columns that the sheet's cells reach; none where they are surely few."""
    if not _FAR.search(xml):
        return 0, 0
    found = set(_REFERENCE.findall(xml))
    rows = max((int(row) for _, row in found), default=0)
    columns = max((_column_number(letters) for letters in {one for one, _ in found}), default=0)
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
