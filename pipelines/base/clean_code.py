"""Codes as people write them in sheets, with footnote signs and in any letters."""

INVISIBLE_SIGNS = dict.fromkeys(
    [0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202C, 0x2060, 0xFEFF]
)
"""Signs that nobody sees: soft hyphen, zero-width space, byte order mark; for `str.translate`."""

FOOTNOTE_SIGNS = INVISIBLE_SIGNS | dict.fromkeys(map(ord, "⁰¹²³⁴⁵⁶⁷⁸⁹*†‡§"))
"""Signs that refer to a footnote, and those that nobody sees, as `str.translate` takes them."""


def clean_code(text: str) -> str:
    """The code in capitals without spaces and footnote signs: ' ra4*' gives 'RA4'."""
    return text.translate(FOOTNOTE_SIGNS).strip().upper()
