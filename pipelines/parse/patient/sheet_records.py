"""Looks through the records of binary sheets: .xls ([MS-XLS]) and .xlsb ([MS-XLSB])."""

import re
import struct
from collections.abc import Iterator, Sequence

from pipelines.parse.patient.looked import MOST_RECORDS, MOST_TEXTS, Looked
from pipelines.parse.patient.string_table import strings_of

_CONTINUE, _SHARED_STRINGS, _ENCRYPTED = 0x3C, 0xFC, 0x2F
_DOUBLE_AT = {0x203: (6,), 0x06: (6,), 0x03: (7,), 0xC9: (0,)}
"""Where .xls records have a number: cells, results of formulas, old cells, pivot caches."""
_RK, _MANY_RK = 0x27E, 0xBD
_FORMULAS = frozenset((0x06, 0x18, 0x1BE, 0x1B0, 0x1B1, 0x221, 0x4BC, 0x206, 0x406))
_FORMULA_NUMBER = re.compile(rb"\x1f(?=(.{8}))", re.DOTALL)
_NEW_RK, _NEW_DOUBLES = 2, frozenset((5, 9))
_NEW_CELL_BYTES = 8
_ASCII_DIGITS = b"0123456789"
_SHORTEST = 10
_LONGEST_RECORD = 1024 * 1024
_LARGEST_UNKNOWN = 1024 * 1024
"""Bytes of a part of another kind whose texts are looked for; above, its plain bytes are seen."""


def look_at_old_records(content: bytes, looked: Looked) -> None:
    """Counts the numbers in the stream of an .xls workbook."""
    for kind, parts in _old_records(content):
        if not _may_go_on(looked):
            return
        if kind == _ENCRYPTED:
            looked.cannot_see("it is encrypted with a password")
            return
        if kind == _SHARED_STRINGS:
            for text in strings_of(parts):
                looked.see(text)
            continue
        whole = b"".join(parts)
        looked.see_numbers(_old_numbers(kind, whole))
        _see_texts(whole, looked)
        if len(parts) > 1:
            # Where a text goes on in the next record, a byte says how it is written.
            _see_texts(parts[0] + b"".join(part[1:] for part in parts[1:]), looked)


def look_at_records(content: bytes, looked: Looked) -> None:
    """Counts the numbers in a binary part of an .xlsb workbook, or whatever else it may be."""
    before = looked.count
    at = 0
    while at < len(content):
        if not _may_go_on(looked):
            return
        kind, at = _varint(content, at, 2)
        size, at = _varint(content, at, 4)
        if size > _LONGEST_RECORD or at + size > len(content):
            # It is no part with records.
            looked.count = before
            if len(content) <= _LARGEST_UNKNOWN:
                _see_texts(content, looked)
            return
        record = content[at : at + size]
        at += size
        looked.see_numbers(_new_numbers(kind, record))
        if size >= 10:
            _see_texts(record, looked)


def _may_go_on(looked: Looked) -> bool:
    looked.left_records -= 1
    if looked.left_records < 0:
        looked.cannot_see(f"it has more than {MOST_RECORDS:,} records")
    return looked.left_records >= 0 and looked.left_texts >= 0


def _see_texts(record: bytes, looked: Looked) -> None:
    """Counts the numbers in a record's texts, written by one byte or two for each sign."""
    has_digits = len(record) - len(record.translate(None, _ASCII_DIGITS)) >= _SHORTEST
    # Ten digits of another script, or ten signs for them, take twenty bytes at least.
    if not has_digits and (len(record) < 2 * _SHORTEST or record.isascii()):
        return
    looked.left_texts -= 1
    if looked.left_texts < 0:
        looked.cannot_see(f"it has more than {MOST_TEXTS:,} records that could have a number")
        return
    before = most = looked.count
    for text in (
        record.decode("latin-1"),
        record.decode("utf-16-le", "ignore"),
        record[1:].decode("utf-16-le", "ignore"),
    ):
        looked.count = before
        looked.see(text)
        most = max(most, looked.count)
    looked.count = most


def _old_records(content: bytes) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Kind and bytes of each record, with those that continue it."""
    kind = -1
    parts: list[bytes] = []
    at = 0
    while at + 4 <= len(content):
        new, size = struct.unpack_from("<HH", content, at)
        part = content[at + 4 : at + 4 + size]
        at += 4 + size
        if new == _CONTINUE and parts:
            parts.append(part)
            continue
        if parts:
            yield kind, parts
        kind, parts = new, [part]
    if parts:
        yield kind, parts


def _old_numbers(kind: int, record: bytes) -> Iterator[float]:
    for at in _DOUBLE_AT.get(kind, ()):
        yield from _double(record, at)
    if kind == _RK:
        yield from _rk(record, 6)
    if kind == _MANY_RK:
        for at in range(6, len(record) - 5, 6):
            yield from _rk(record, at)
    if kind in _FORMULAS:
        for found in _FORMULA_NUMBER.finditer(record):
            yield from _double(found[1], 0)


def _new_numbers(kind: int, record: bytes) -> Iterator[float]:
    if kind == _NEW_RK:
        yield from _rk(record, _NEW_CELL_BYTES)
    elif kind in _NEW_DOUBLES:
        yield from _double(record, _NEW_CELL_BYTES)
    elif len(record) >= 8:
        # Caches of pivot tables have numbers at the beginning or the end of a record.
        yield from _double(record, 0)
        if len(record) > 8:
            yield from _double(record, len(record) - 8)
    if len(record) > 9:
        for found in _FORMULA_NUMBER.finditer(record):
            yield from _double(found[1], 0)


def _double(record: bytes, at: int) -> Iterator[float]:
    if at + 8 <= len(record):
        yield struct.unpack_from("<d", record, at)[0]


def _rk(record: bytes, at: int) -> Iterator[float]:
    """A number in four bytes: an integer, or the half of a double, maybe a hundred times it."""
    if at + 4 > len(record):
        return
    (stored,) = struct.unpack_from("<i", record, at)
    if stored & 2:
        number = float(stored >> 2)
    else:
        (number,) = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<i", stored & ~3))
    yield number / 100 if stored & 1 else number


def _varint(content: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of at most so many bytes with seven bits each, and where it ends."""
    number = 0
    for place in range(most):
        if at >= len(content):
            break
        byte = content[at]
        at += 1
        # The kind of a record keeps its highest bits; sizes are put together from seven each.
        number |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            break
    return number, at
