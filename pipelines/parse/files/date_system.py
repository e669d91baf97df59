"""Finds the day that a workbook counts its days from, for days that stand as bare numbers."""

import re
import struct
import zipfile
from datetime import date
from io import BytesIO
from zlib import error as ZlibError

EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of workbooks, but for the leap day of 1900 that Excel counts and never was."""

MAC_EPOCH = date(1904, 1, 1)
"""Day 0 of workbooks with the 1904 date system."""

_MOST_BYTES = 4 * 1024 * 1024
"""The setting stands at the beginning of its part."""

_SETTING = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*?\bdate1904\s*=\s*[\"']([^\"']*)[\"']")
_BINARY_SETTING = re.compile(rb"\x99\x01[\x04-\x7f](.)", re.DOTALL)
"""BrtWbProp of [MS-XLSB] 2.4.830: kind, size, flags; its lowest bit is the 1904 date system."""
_NULL_DATE = re.compile(rb"<table:null-date\b[^>]*?date-value\s*=\s*[\"']([0-9-]{10})")
_DATE_MODE, _END_OF_GLOBALS = 0x22, 0x0A
"""Records of [MS-XLS] 2.4.77 and 2.4.103."""


def epoch_of(content: bytes) -> date | None:
    """The workbook's day 0; None where it cannot be told."""
    try:
        return _of_package(content) if content.startswith(b"PK") else _of_old_workbook(content)
    except (OSError, ValueError, KeyError, struct.error, zipfile.BadZipFile, ZlibError, EOFError):
        return None


def _of_package(content: bytes) -> date | None:
    with zipfile.ZipFile(BytesIO(content)) as package:
        # Writers differ in case, and some put the parts elsewhere.
        parts = {name.casefold().rpartition("/")[2]: name for name in package.namelist()[::-1]}
        for name, tell in (
            ("workbook.xml", _of_settings),
            ("workbook.bin", _of_binary_settings),
            ("content.xml", _of_null_date),
        ):
            if name in parts:
                with package.open(parts[name]) as part:
                    return tell(part.read(_MOST_BYTES))
    return None


def _of_settings(part: bytes) -> date | None:
    told = {value.strip().lower() for value in _SETTING.findall(part)} or {b"0"}
    if told <= {b"0", b"false", b"off", b""}:
        return EXCEL_EPOCH
    return MAC_EPOCH if told <= {b"1", b"true", b"on"} else None


def _of_binary_settings(part: bytes) -> date | None:
    found = _BINARY_SETTING.search(part)
    return None if found is None else (MAC_EPOCH if found[1][0] & 1 else EXCEL_EPOCH)


def _of_null_date(part: bytes) -> date | None:
    """The null-date of [ODF 1.3] 9.4.3, which stands before the first table."""
    found = _NULL_DATE.search(part)
    return date.fromisoformat(found[1].decode()) if found else EXCEL_EPOCH


def _of_old_workbook(content: bytes) -> date | None:
    import olefile

    with olefile.OleFileIO(BytesIO(content)) as opened:
        name = next(name for name in ("Workbook", "Book", "") if not name or opened.exists(name))
        if not name:
            return None
        stream = opened.openstream(name).read(_MOST_BYTES)
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind == _DATE_MODE:
            return MAC_EPOCH if struct.unpack_from("<H", stream, at + 4)[0] else EXCEL_EPOCH
        if kind == _END_OF_GLOBALS:
            # Without the record days count from 1900.
            return EXCEL_EPOCH
        at += 4 + size
    return None
