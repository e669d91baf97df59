"""Text that others wrote, as it goes out: one function for each medium.

File names, headings, cells and errors about them come from providers. Nothing of them may run
(formulas, escapes of a terminal, scripts), pass for our own words (line breaks, right-to-left
marks) or be invisible. Markdown has its own module, `markdown`.
"""

import re
import unicodedata

MOST_CHARACTERS = 200
"""Of a name or a value that is shown to a person."""

_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
)
"""Characters that count as printable and leave no mark."""
_MOST_MARKS = 3
"""Combining marks on one letter that a language needs at most; more cover the lines around."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA = re.compile(r"(^|[;\t\r\n])([\s'\"\u00a0\u200b\ufeff]*)(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet begins a cell, in whatever dialect it reads a file, and finds a formula."""
_JSON_ESCAPED = re.compile(
    r"[<>&\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text with a code in place of each character that is unseen or steers: `\\x1b`, `\\u202e`.

    Line breaks stay; whatever else is a space is a plain one.
    """
    if text.isascii() and text.isprintable():
        return text
    marks = 0
    shown = []
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        is_plain = character.isprintable() and character not in _UNSEEN
        if character == "\n" or (is_plain and marks <= _MOST_MARKS):
            shown.append(character)
        elif character in "\t\r" or unicodedata.category(character) in ("Zs", "Zl", "Zp"):
            shown.append(" ")
        else:
            shown.append(_code(character))
    return "".join(shown)


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text on one line, with nothing unseen, cut with `…` where it is longer than `most`."""
    # A long text is cut before each character is looked at.
    shown = " ".join(visible(text[: 4 * most]).split())
    if len(shown) <= most and len(text) <= 4 * most:
        return shown
    return shown[: most - 1].rstrip() + "…"


def csv_cell(value: object) -> object:
    """The value for a cell of a CSV file: a text that a spreadsheet would run begins with `'`.

    Numbers stay numbers, whether typed or written.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return _FORMULA.sub(r"\1\2'", visible(value.replace("\r\n", "\n").replace("\r", "\n")))


def json_text(encoded: str) -> str:
    """The JSON, equal to programs, with codes for what a page would run or a reader not see."""
    if encoded.isascii() and not any(sign in encoded for sign in "<>&\x7f"):
        return encoded
    return _JSON_ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", encoded)


def message_line(text: str, most: int = 600) -> str:
    """The text as a line of a mail or a chat: no address in it becomes a link, no markup works."""
    shown = one_line(text, most)
    shown = re.sub(r"://", "[:]//", shown)
    shown = re.sub(r"(?i)\b(www|mailto|data|javascript)([.:])(?=\S)", r"\1[\2]", shown)
    shown = shown.replace("](", "] (").replace("```", "'''")
    # Chats read <…> as links and calls; these look the same and are none.
    return shown.replace("<", "‹").replace(">", "›")


def _code(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
