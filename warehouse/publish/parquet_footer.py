"""The footer of a Parquet file, as far as row groups of several files are put into one.

A row group is taken over byte by byte; only where it stands in the file is told anew. The footer is
a struct in Thrift's compact protocol. What is not looked at here stays as it was read. Source:
https://parquet.apache.org/docs/file-format/ and `parquet.thrift` of apache/parquet-format.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"PAR1"
_TRUE, _FALSE, _BYTE, _I16, _I64 = 1, 2, 3, 4, 6
_DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 7, 8, 9, 10, 12
"""Types of Thrift's compact protocol; all whole numbers of two bytes or more are read alike."""
_NUM_ROWS, _ROW_GROUPS = 3, 4
"""Fields of a file's metadata."""
_COLUMNS, _ROWS, _GROUP_OFFSET, _ORDINAL = 1, 3, 5, 7
"""Fields of a row group."""
_CHUNK_OFFSET, _CHUNK = 2, 3
"""Fields of a column in a row group."""
_COMPRESSED_BYTES, _DATA_OFFSET, _INDEX_OFFSET, _DICTIONARY_OFFSET = 7, 9, 10, 11
_INDEXES = (4, 5, 6, 7)
_BLOOM_FILTERS = (14, 15)
"""Fields of what stands outside of a row group's own bytes: it would not be taken along."""

Struct = dict[int, tuple[int, Any]]
"""Number of the field → its type and value."""


class UnreadableFooter(ValueError):
    """The file is no Parquet file, or has what cannot be put into another."""


@dataclass(frozen=True)
class RowGroup:
    """A row group and the bytes that it takes in its file."""

    told: Struct
    start: int
    end: int

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self.told[_ROWS][1])


@dataclass(frozen=True)
class Footer:
    """What a file says of itself: its schema, and its row groups in their order."""

    schema: bytes
    row_groups: tuple[RowGroup, ...]
    rest: bytes


def read_footer(path: Path) -> Footer:
    """The footer of the file; raises `UnreadableFooter`."""
    with path.open("rb") as stream:
        stream.seek(0, 2)
        size = stream.tell()
        if size < 12:
            raise UnreadableFooter(f"{path} is too short")
        stream.seek(size - 8)
        end = stream.read(8)
        length = int.from_bytes(end[:4], "little")
        if end[4:] != MAGIC or length > size - 12:
            raise UnreadableFooter(f"{path} has no footer")
        stream.seek(size - 8 - length)
        content = stream.read(length)
    try:
        return _parse(content)
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise UnreadableFooter(f"{path}: {error!r}") from error


def footer_bytes(like: Footer, row_groups: list[RowGroup]) -> bytes:
    """The end of a file that has these row groups, and the schema of the other."""
    out = bytearray(like.schema)
    _put_field(out, _NUM_ROWS - 1, _NUM_ROWS, _I64, sum(one.rows for one in row_groups))
    told = (_STRUCT, [one.told for one in row_groups])
    _put_field(out, _NUM_ROWS, _ROW_GROUPS, _LIST, told)
    out += like.rest
    return bytes(out) + len(out).to_bytes(4, "little") + MAGIC


def moved(group: RowGroup, start: int, ordinal: int) -> RowGroup:
    """The row group as it is told where its bytes begin at `start`."""
    by = start - group.start

    def shifted(told: Struct, *fields: int) -> Struct:
        own = {name: told[name] for name in fields if name in told and told[name][1] > 0}
        return {**told, **{name: (kind, value + by) for name, (kind, value) in own.items()}}

    columns = []
    for column in group.told[_COLUMNS][1][1]:
        kind, chunk = column[_CHUNK]
        chunk = shifted(chunk, _DATA_OFFSET, _INDEX_OFFSET, _DICTIONARY_OFFSET)
        columns.append({**shifted(column, _CHUNK_OFFSET), _CHUNK: (kind, chunk)})
    told = shifted(group.told, _GROUP_OFFSET)
    told[_COLUMNS] = (_LIST, (_STRUCT, columns))
    if _ORDINAL in told:
        told[_ORDINAL] = (_I16, ordinal)
    return RowGroup(told, start, group.end + by)


def _parse(content: bytes) -> Footer:
    reader = _CompactReader(content)
    field, at, groups, schema, rest = 0, 0, None, b"", b""
    while True:
        begin = reader.at
        number, kind = reader.field(field)
        if kind == 0:
            break
        if number == _NUM_ROWS:
            schema = content[:begin]
        value = reader.value(kind)
        field = number
        if number == _ROW_GROUPS:
            groups, at = value, reader.at
    if groups is None or not schema:
        raise UnreadableFooter("it tells of no row groups")
    rest = content[at:]
    return Footer(schema, tuple(_group(told) for told in groups[1]), rest)


def _group(told: Struct) -> RowGroup:
    starts, ends = [], []
    for column in told[_COLUMNS][1][1]:
        chunk = column[_CHUNK][1]
        if any(name in column for name in _INDEXES) or any(
            name in chunk for name in _BLOOM_FILTERS
        ):
            raise UnreadableFooter("a column has an index or a filter apart")
        offsets = [chunk[name][1] for name in (_DATA_OFFSET, _DICTIONARY_OFFSET) if name in chunk]
        start = min(one for one in offsets if one > 0)
        starts.append(start)
        ends.append(start + chunk[_COMPRESSED_BYTES][1])
    return RowGroup(told, min(starts), max(ends))


class _CompactReader:
    """Reads values of Thrift's compact protocol."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def byte(self) -> int:
        value = self._content[self.at]
        self.at += 1
        return value

    def take(self, length: int) -> bytes:
        value = self._content[self.at : self.at + length]
        if len(value) != length:
            raise IndexError("it ends early")
        self.at += length
        return value

    def varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def integer(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def field(self, before: int) -> tuple[int, int]:
        """Number and type of the next field; type 0 where there is none."""
        head = self.byte()
        if head == 0:
            return 0, 0
        return (before + (head >> 4) if head >> 4 else self.integer()), head & 0x0F

    def value(self, kind: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return kind
        if kind == _BYTE:
            return self.byte()
        if _I16 <= kind <= _I64:
            return self.integer()
        if kind == _DOUBLE:
            return self.take(8)
        if kind == _BINARY:
            return self.take(self.varint())
        if kind in (_LIST, _SET):
            head = self.byte()
            size, inner = head >> 4, head & 0x0F
            size = self.varint() if size == 15 else size
            if inner in (_TRUE, _FALSE):
                return inner, [self.byte() for _ in range(size)]
            return inner, [self.value(inner) for _ in range(size)]
        if kind == _STRUCT:
            return self.struct()
        raise TypeError(f"type {kind} of Thrift is not read here")

    def struct(self) -> Struct:
        told: Struct = {}
        number, kind = self.field(0)
        while kind:
            told[number] = (kind, self.value(kind))
            number, kind = self.field(number)
        return told


def _put_varint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _put_field(out: bytearray, before: int, number: int, kind: int, value: Any) -> None:
    if 0 < number - before <= 15:
        out.append((number - before) << 4 | kind)
    else:
        out.append(kind)
        _put_varint(out, number << 1)
    if kind not in (_TRUE, _FALSE):
        _put_value(out, kind, value)


def _put_value(out: bytearray, kind: int, value: Any) -> None:
    if kind in (_TRUE, _FALSE, _BYTE):
        out.append(value)
    elif _I16 <= kind <= _I64:
        _put_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)
    elif kind == _DOUBLE:
        out += value
    elif kind == _BINARY:
        _put_varint(out, len(value))
        out += value
    elif kind in (_LIST, _SET):
        inner, values = value
        if len(values) < 15:
            out.append(len(values) << 4 | inner)
        else:
            out.append(0xF0 | inner)
            _put_varint(out, len(values))
        for one in values:
            _put_value(out, inner, one)
    else:
        before = 0
        for number, (of_field, own) in value.items():
            _put_field(out, before, number, of_field, own)
            before = number
        out.append(0)
