"""Looks through text: delimited, JSON or free, in whatever encoding it is."""

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

from pipelines.base.nhs_numbers import may_be_among, may_have_some
from pipelines.base.plain_digits import has_other_signs, make_plain
from pipelines.parse.patient.looked import Looked
from pipelines.parse.patient.windows import WINDOW_BYTES, windows

_DELIMITERS = ",;\t|"
_LINES_LOOKED_AT = 50
_HEAD_SIGNS = 20_000
_SHARE_OF_LINES = 2 / 3
"""A delimiter stands in most lines; a number with tabs in it does not."""

_SIGNS_OF_ESCAPES = (b"&", b"%", b"\\")

_JSON_ENDS = '\n\r",:[]{}'
_IN_QUOTES = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_IN_CELL_QUOTES = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH_DIGITS = re.compile(rb"[\xf0-\xf9]{3}")
"""Digits as mainframes write them (EBCDIC)."""
_WIDE_DIGITS = re.compile(rb"\xa3[\xb0-\xb9]|\x82[\x4f-\x58]")
"""Digits of double width in the encodings of Chinese, Korean and Japanese."""


def look_at_text(content: bytes, looked: Looked) -> None:
    """Counts the numbers in a text file, read in each way that gives a text."""
    head = next(decoded(content[:_HEAD_SIGNS]))
    for window in windows(content, b"\n"):
        before = most = looked.count
        for text in decoded(window):
            looked.count = before
            see_table(text, head, looked)
            most = max(most, looked.count)
        looked.count = most


def look_at_plain_text(content: bytes, looked: Looked) -> None:
    """Counts the numbers in text of ASCII; what can have none is looked at once."""
    head = content[:_HEAD_SIGNS].decode("ascii")
    if (
        len(content) > WINDOW_BYTES
        or any(sign in content for sign in _SIGNS_OF_ESCAPES)
        or _may_be_in_cells(content, head)
    ):
        look_at_text(content, looked)


def decoded(content: bytes) -> Iterator[str]:
    """The content as text, in each encoding that it could have."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            yield content.decode(encoding, "replace")
    if b"\0" in content:
        for encoding in ("utf-16-le", "utf-16-be"):
            yield content.decode(encoding, "ignore")
        yield content.decode("latin-1").replace("\0", "")
        return
    try:
        yield content.decode("utf-8")
    except UnicodeDecodeError:
        yield content.decode("utf-8", "replace")
        yield content.decode("latin-1")
        if _HIGH_DIGITS.search(content):
            yield content.decode("cp037")
        if _WIDE_DIGITS.search(content):
            yield _WIDE_DIGITS.sub(_narrow, content).decode("latin-1")


def see_table(text: str, head: str, looked: Looked) -> None:
    """Counts the numbers in text with cells; digits of several cells are no number together.

    `head` is the beginning of the whole file, which tells what ends a cell.
    """
    if has_other_signs(text):
        before = looked.count
        _see_plain_table(make_plain(text), head, looked)
        plain, looked.count = looked.count, before
        _see_plain_table(text, head, looked)
        looked.count = max(looked.count, plain)
        return
    _see_plain_table(text, head, looked)


def _see_plain_table(text: str, head: str, looked: Looked) -> None:
    if not _may_be_in_cells(text.encode("ascii", "replace"), head):
        return
    if _is_json(head):
        _see_json(text, looked)
        return
    delimiters = _delimiters_of(head)
    if '"' in text and may_have_some(text, '"'):
        text = _see_quoted(text, delimiters, looked)
    looked.see(text, delimiters + "\n\r")


def _may_be_in_cells(signs: bytes, head: str) -> bool:
    """Whether a cell could have a number, in quotes or without; nearly no file has such a one."""
    if _is_json(head):
        return may_be_among(signs, '\n\r"')
    return (b'"' in signs and may_be_among(signs, '"')) or may_be_among(
        signs, _delimiters_of(head) + "\n\r"
    )


def _is_json(head: str) -> bool:
    return head.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def _see_json(text: str, looked: Looked) -> None:
    """Texts and keys each as a whole, then numbers."""
    for found in _IN_QUOTES.finditer(text):
        looked.see(found[1])
    looked.see(_IN_QUOTES.sub('""', text), _JSON_ENDS)


def _see_quoted(text: str, delimiters: str, looked: Looked) -> str:
    """The text without its cells in quotes that have delimiters or line breaks; those are seen."""
    ends = frozenset(delimiters + "\n\r")
    kept, end = [], 0
    for found in _IN_CELL_QUOTES.finditer(text):
        start, stop = found.span()
        is_cell = (not start or text[start - 1] in ends) and (
            stop == len(text) or text[stop] in ends
        )
        if is_cell and not ends.isdisjoint(found[1]):
            looked.see(found[1])
            kept.append(text[end:start])
            end = stop
    return "".join(kept) + text[end:]


@lru_cache(maxsize=256)
def _delimiters_of(head: str) -> str:
    """The signs that end a cell in most lines of the text's beginning; at least one."""
    present = [sign for sign in _DELIMITERS if sign in head]
    if len(present) < 2:
        return "".join(present) or _DELIMITERS[0]
    lines = [line for line in re.split("[\r\n]+", head)[:_LINES_LOOKED_AT] if line.strip()]
    counts = {
        sign: (sum(sign in line for line in lines), sum(line.count(sign) for line in lines))
        for sign in _DELIMITERS
    }
    usual = max(counts, key=lambda sign: counts[sign])
    often = [sign for sign in _DELIMITERS if counts[sign][0] > len(lines) * _SHARE_OF_LINES]
    return "".join(dict.fromkeys([usual, *often]))


def _narrow(found: re.Match[bytes]) -> bytes:
    """The digit of ASCII for one of double width."""
    lead, digit = found.group()
    return bytes([digit - (0xB0 if lead == 0xA3 else 0x4F) + ord("0")])
