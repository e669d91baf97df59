"""Codes as people write them in sheets, with footnote signs and in any letters."""

FOOTNOTE_SIGNS = dict.fromkeys(map(ord, "⁰¹²³⁴⁵⁶⁷⁸⁹*†‡§"))
"""Signs that refer to a footnote, as `str.translate` takes them away."""


def clean_code(text: str) -> str:
    """The code in capitals without spaces and footnote signs: ' ra4*' gives 'RA4'."""
    return text.translate(FOOTNOTE_SIGNS).strip().upper()
