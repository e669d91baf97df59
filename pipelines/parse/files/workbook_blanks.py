"""Takes the cells out of a workbook whose text says nothing.

One that stands far away makes a reader lay out a grid of millions of cells for a small table: a
formula that gives an empty text, copied as a value, is enough.
"""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO

from pipelines.parse.files.opendocument_size import is_opendocument

_TAG = rb"<(?:\w+:)?"
_END = rb"</(?:\w+:)?"
_EMPTY = rb"(?:/>|>\s*" + _END + rb"\w+\s*>)"
_BLANK_CELL = re.compile(
    _TAG + rb"""c(?=\s)[^<>]*\st=["'](?:str|inlineStr)["'][^<>]*(?<!/)>\s*"""
    rb"(?:" + _TAG + rb"f(?:\s[^<>]*)?(?:(?<=/)>|(?<!/)>[^<]*" + _END + rb"f\s*>)\s*)?"
    rb"(?:"
    + _TAG
    + rb"v\s*"
    + _EMPTY
    + rb"|"
    + _TAG
    + rb"is\s*"
    + _EMPTY
    + rb"|"
    + _TAG
    + rb"is\s*>\s*"
    + _TAG
    + rb"t(?:\s[^<>]*?)?"
    + _EMPTY
    + rb"\s*"
    + _END
    + rb"is\s*>)\s*"
    + _END
    + rb"c\s*>"
)
_SHARED_CELL = re.compile(
    _TAG
    + rb"""c(?=\s)[^<>]*\st=["']s["'][^<>]*>\s*"""
    + _TAG
    + rb"v>([0-9]+)"
    + _END
    + rb"v>\s*"
    + _END
    + rb"c\s*>"
)
_SHARED_TEXT = re.compile(_TAG + rb"si(?:\s[^<>]*?)?(/>|>)")
_BLANK_SHARED = re.compile(
    rb"\s*(?:" + _TAG + rb"t(?:\s[^<>]*?)?" + _EMPTY + rb"\s*)?" + _END + rb"si\s*>"
)
_BLANK_OF_ODS = re.compile(
    rb"""<table:table-cell(?=\s)[^<>]*\soffice:value-type=["']string["'][^<>]*"""
    rb"(?:(?<=/)>|(?<!/)>\s*(?:<text:p(?:\s[^<>]*?)?(?:/>|>\s*</text:p>)\s*)*</table:table-cell>)"
)
_VALUE_OF_ODS = re.compile(rb"""\soffice:(?:value-type|string-value)=(?:"[^"<>]*"|'[^'<>]*')""")


def without_blank_texts(content: bytes) -> bytes:
    """The workbook, in which cells whose text is empty or blank are no cells of texts any more."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if is_opendocument(set(parts)):
        parts["content.xml"] = _BLANK_OF_ODS.sub(
            lambda match: _VALUE_OF_ODS.sub(b"", match[0]), parts["content.xml"]
        )
    else:
        drop = _drop_shared(_blank_shared(parts.get("xl/sharedStrings.xml", b"")))
        for name, part in parts.items():
            if b"sheetData" in part:
                parts[name] = _SHARED_CELL.sub(drop, _BLANK_CELL.sub(b"", part))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as written:
        for name, part in parts.items():
            written.writestr(name, part)
    return stream.getvalue()


def _blank_shared(part: bytes) -> set[bytes]:
    """The numbers of the shared texts that are empty or blank."""
    return {
        str(number).encode()
        for number, begin in enumerate(_SHARED_TEXT.finditer(part))
        if begin[1] == b"/>" or _BLANK_SHARED.match(part, begin.end())
    }


def _drop_shared(blank: set[bytes]) -> Callable[[re.Match[bytes]], bytes]:
    return lambda match: b"" if match[1] in blank else match[0]
