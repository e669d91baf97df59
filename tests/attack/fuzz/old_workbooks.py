"""Writes the smallest .xls and .ods that a reader of workbooks opens."""

import struct
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

Sheets = Mapping[str, Sequence[Sequence[str | float]]]

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def write_xls(sheets: Sheets) -> bytes:
    """A workbook of Excel 97: each cell a LABEL or a NUMBER record."""
    bodies = [_xls_sheet(rows) for rows in sheets.values()]
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0x41, 6))
    begin += _record(0x0042, struct.pack("<H", 1200))
    end = _record(0x000A, b"")
    names = [name.encode("utf-16-le") for name in sheets]
    offset = len(begin) + sum(4 + 8 + len(name) for name in names) + len(end)
    for name, body in zip(names, bodies, strict=True):
        about = struct.pack("<IBBBB", offset, 0, 0, len(name) // 2, 1)
        begin += _record(0x0085, about + name)
        offset += len(body)
    return _compound_file(begin + end + b"".join(bodies))


def _xls_sheet(rows: Sequence[Sequence[str | float]]) -> bytes:
    width = max(map(len, rows), default=0)
    parts = [
        _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0x41, 6)),
        _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)),
    ]
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(cell, float):
                parts.append(_record(0x0203, place + struct.pack("<d", cell)))
            elif cell:
                text = cell[:2000].encode("utf-16-le", "replace")
                about = struct.pack("<HB", len(text) // 2, 1)
                parts.append(_record(0x0204, place + about + text))
    return b"".join([*parts, _record(0x000A, b"")])


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound_file(stream: bytes) -> bytes:
    """An OLE file whose one stream is the workbook."""
    stream = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    sectors = len(stream) // _SECTOR
    tables = 1
    while tables * (_SECTOR // 4) < sectors + 1 + tables:
        tables += 1
    chain = [_FAT] * tables + [_END]
    chain += [tables + 1 + number + 1 for number in range(sectors - 1)] + [_END]
    chain += [_FREE] * (tables * (_SECTOR // 4) - len(chain))
    difat = [*range(tables), *[_FREE] * (109 - tables)]
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, _END, 0, _END, 0)
    head += struct.pack("<109I", *difat)
    entries = _entry("Root Entry", 5, 1, _END, 0) + _entry(
        "Workbook", 2, _FREE, tables + 1, len(stream)
    )
    folder = entries.ljust(_SECTOR, b"\0")
    return head + struct.pack(f"<{len(chain)}I", *chain) + folder + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    about = struct.pack("<HBBIII", len(text), kind, 1, _FREE, _FREE, child)
    return text.ljust(64, b"\0") + about + bytes(36) + struct.pack("<IQ", start, size)


_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def write_ods(sheets: Sheets) -> bytes:
    """A workbook of LibreOffice."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    namespaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {namespaces} '
        f'office:version="1.2"><office:body><office:spreadsheet>{tables}</office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f"{entry.format('/', _ODS_TYPE)}{entry.format('content.xml', 'text/xml')}"
        "</manifest:manifest>"
    )
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("mimetype", _ODS_TYPE),
            ("META-INF/manifest.xml", manifest),
            ("content.xml", content),
        ):
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _ods_cell(cell: str | float) -> str:
    if isinstance(cell, float):
        return (
            f'<table:table-cell office:value-type="float" office:value="{cell:g}">'
            f"<text:p>{cell:g}</text:p></table:table-cell>"
        )
    if not cell:
        return "<table:table-cell/>"
    return (
        f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p>'
        "</table:table-cell>"
    )
