"""Looks through a file by what its bytes are, whatever its name says.

What holds other files is unpacked and looked through in turn, within bounds. What cannot be looked
through whole is noted, and the file is refused for it.
"""

import logging
import re
from typing import TYPE_CHECKING

from pipelines.parse.patient.looked import DEEPEST, Looked
from pipelines.parse.patient.text_cells import look_at_plain_text, look_at_text

if TYPE_CHECKING:
    from pipelines.parse.patient.packages import LookInto

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
_OLD_SHEETS = tuple(
    bytes.fromhex(sign) for sign in ("09081000", "09080800", "09040600", "09020600", "09000400")
)
_STREAMS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_WHOLES = (*ZIP, COMPOUND_FILE, *_STREAMS, *_OLD_SHEETS, b"\x4c\x6f\xa7\x94")
"""What is looked through though it is no text."""
_CANNOT_UNPACK = {
    b"%PDF": "it is a PDF",
    b"7z\xbc\xaf\x27\x1c": "it is a 7z archive",
    b"Rar!": "it is a RAR archive",
    b"\x28\xb5\x2f\xfd": "it is packed by Zstandard",
    b"\x04\x22\x4d\x18": "it is packed by LZ4",
    b"MSCF": "it is a cabinet archive",
    b"PAR1": "it is a Parquet file",
    b"\x1f\x9d": "it is packed by compress",
    b"-----BEGIN PGP": "it is encrypted",
    b"Salted__": "it is encrypted",
}
_OTHER_BEGINNINGS = (*_CANNOT_UNPACK, *_WHOLES)
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n\r"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\xd7\xcd\xc6\x9a",
             b"\x01\0\0\0")  # fmt: skip
"""What pictures in workbooks begin with; their texts are seen as bytes."""
_CONTROL = bytes(sign for sign in range(1, 32) if sign not in b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f")
_MOST_CONTROL = 0.02
"""Share of control signs in text. Bytes at random have 10%."""
_SHARE_OF_ZEROS = 0.3
_LOOKED_AT_BYTES = 1024 * 1024
_RAW_NUMBER = re.compile(
    rb"(?:[0-9]\0?){3}(?:[ \t./-]\0?){0,2}(?:[0-9]\0?){3}(?:[ \t./-]\0?){0,2}(?:[0-9]\0?){4}"
)

_RAW_SHAPES = bytes(
    ord("0") if sign in b"0123456789" else sign if sign in b" \t./-" else ord("a")
    for sign in range(256)
).translate(bytes.maketrans(b"\t./-", b"    "))
_RAW_PATTERNS = (b"0000000000", b"000 000 0000", b"000  000  0000")


def look_through(content: bytes) -> Looked:
    """What there is of numbers of patients in a file, and what could not be looked at."""
    looked = Looked()
    try:
        if _is_plain_text(content):
            look_at_plain_text(content, looked)
            return looked
        _look(content, looked, 0)
        if (
            not _has_few(_CONTROL, content)
            and not _is_wide_text(content)
            and not content.startswith(_WHOLES)
        ):
            looked.cannot_see("it is neither text nor a workbook")
    except Exception as error:
        # What could not be looked at is not kept, though the fault is ours.
        logging.getLogger(__name__).error(
            "looking for patient data failed: %s", type(error).__name__
        )
        looked.cannot_see("looking through it failed")
    return looked


def _is_plain_text(content: bytes) -> bool:
    """Whether it is text in ASCII and nothing else, as nearly all files are: it is fast."""
    from pipelines.parse.patient.markup import is_markup

    return (
        content.isascii()
        and not content.translate(None, _PLAIN)
        and not content.startswith(_OTHER_BEGINNINGS)
        and not is_markup(content)
    )


def _look(content: bytes, looked: Looked, depth: int) -> None:
    if depth > DEEPEST:
        looked.cannot_see(f"it has files within files, more than {DEEPEST} deep")
        return
    for sign, why in _CANNOT_UNPACK.items():
        if content.startswith(sign):
            looked.cannot_see(why)

    def look_into(part: bytes, name: str) -> None:
        _look(part, looked, depth + 1)

    if content.startswith(ZIP):
        from pipelines.parse.patient.packages import look_at_package

        before = looked.count
        look_at_package(content, looked, look_into)
        if looked.count == before:
            _look_at_bytes(content, looked)
    elif content.startswith(COMPOUND_FILE):
        from pipelines.parse.patient.compound_files import look_at_compound_file

        before = looked.count
        look_at_compound_file(content, looked, look_into)
        if looked.count == before:
            _look_at_bytes(content, looked)
    elif content.startswith(_STREAMS):
        from pipelines.parse.patient.packages import unpack_streams

        for part in unpack_streams(content, looked):
            look_into(part, "")
    else:
        _look_at_one(content, looked, look_into)


def _look_at_one(content: bytes, looked: Looked, look_into: "LookInto") -> None:
    """Looks through what holds no other files, or holds them in the middle of its own bytes."""
    from pipelines.parse.patient.markup import is_markup, look_at_markup

    if is_markup(content):
        look_at_markup(content, looked)
        return
    if not content.startswith(_OLD_SHEETS) and _is_text(content):
        look_at_text(content, looked)
        return
    from pipelines.parse.patient.sheet_records import look_at_old_records, look_at_records

    before = looked.count
    if content.startswith(_OLD_SHEETS):
        look_at_old_records(content, looked)
    elif not content.startswith(_PICTURES):
        look_at_records(content, looked)
    if looked.count == before:
        _look_at_bytes(content, looked)
    for sign in (ZIP[0], COMPOUND_FILE):
        if (at := content.find(sign, 1)) > 0:
            look_into(content[at:], "")


def _look_at_bytes(content: bytes, looked: Looked) -> None:
    """Counts numbers that stand in the bytes as they are, in ASCII or UTF-16."""
    shape = content.translate(_RAW_SHAPES, b"\0")
    if not any(pattern in shape for pattern in _RAW_PATTERNS):
        return
    for found in _RAW_NUMBER.finditer(content):
        start, end = found.span()
        around = content[max(start - 8, 0) : end + 8].replace(b"\0", b"")
        looked.see(around.decode("latin-1"))


def _is_text(content: bytes) -> bool:
    """Whether the content is text in some encoding, with zeros at its end at most."""
    return _has_few(_CONTROL + b"\0", content.rstrip(b"\0")) or _is_wide_text(content)


def _has_few(signs: bytes, content: bytes) -> bool:
    some = content[:_LOOKED_AT_BYTES]
    return len(some) - len(some.translate(None, signs)) <= len(some) * _MOST_CONTROL


def _is_wide_text(content: bytes) -> bool:
    """Whether every other byte is mostly zero, as in texts of two bytes for each sign."""
    some = content[:_LOOKED_AT_BYTES]
    zeros = max(some[0::2].count(0), some[1::2].count(0))
    return zeros > len(some) * _SHARE_OF_ZEROS
