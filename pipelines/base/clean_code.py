"""Codes as people write them in sheets, with footnote signs and in any letters."""

import re

INVISIBLE_SIGNS = dict.fromkeys(
    [0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202C, 0x2060, 0xFEFF]
)
"""Signs that nobody sees: soft hyphen, zero-width space, byte order mark; for `str.translate`."""

FOOTNOTE_SIGNS = INVISIBLE_SIGNS | dict.fromkeys(map(ord, "⁰¹²³⁴⁵⁶⁷⁸⁹*†‡§"))
"""Signs that refer to a footnote, and those that nobody sees, as `str.translate` takes them."""


def clean_code(text: str) -> str:
    """The code in capitals without spaces and footnote signs: ' ra4*' gives 'RA4'."""
    return text.translate(FOOTNOTE_SIGNS).strip().upper()


_CODE = "[A-Z0-9]{3,10}"
_SURE = "(?:[A-Z]{0,9}[0-9][A-Z0-9]{0,9}|[A-Z]{3})"
"""What is a code with a space beside it alone: 'RR8 Leeds', 'RAE Bradford', not 'LEEDS GENERAL'."""
_STANDS_AT = {
    "start": re.compile(rf"\s*(?:({_CODE})\s*[-–—:|/,;(\[]|({_SURE})\s)"),
    "end": re.compile(rf".*(?:[-–—:|/,;]\s*({_CODE})|\s({_SURE}))\s*$", re.DOTALL),
    "brackets": re.compile(rf".*[(\[]\s*({_CODE})\s*[)\]]\s*$", re.DOTALL),
}


def code_beside_name(text: str, stands_at: str) -> str:
    """The code of a text that has a name too: 'RR8 - Leeds' with `start`, 'Leeds - RR8' with
    `end`, 'Leeds (RR8)' with `brackets`. A text without one there is cleaned as it stands.
    """
    found = _STANDS_AT[stands_at].match(text.translate(FOOTNOTE_SIGNS))
    code = next(filter(None, found.groups()), "") if found else ""
    return code or clean_code(text)
