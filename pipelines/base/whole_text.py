"""Text without halves of characters.

JSON can state one half of a character of two (`\\ud800`). Such a text cannot be written anywhere.
"""

import re

MARK = "\ufffd"
"""What stands in place of a half."""

_HALF = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """The text, with a mark in place of each half of a character."""
    return text if text.isascii() else _HALF.sub(MARK, text)
