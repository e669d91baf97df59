"""Looks through XML and HTML: texts with their parts joined, and attributes."""

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

from pipelines.base.plain_digits import has_other_signs, make_plain
from pipelines.parse.patient.looked import Looked
from pipelines.parse.patient.text_cells import decoded
from pipelines.parse.patient.windows import windows

_END = "\x1e"
_SHORTEST = 10
_INLINE = frozenset(
    {
        "r", "t", "rPr", "b", "i", "u", "strike", "sz", "color", "rFont", "family", "scheme",
        "vertAlign", "charset", "outline", "shadow", "condense", "extend", "rPh", "phoneticPr",
        "endParaRPr", "pPr", "solidFill", "srgbClr", "schemeClr", "sysClr", "latin", "ea", "cs",
        "sym", "fld", "hlinkClick", "noFill", "ln", "lumMod", "lumOff", "effectLst", "rStyle",
        "rFonts", "szCs", "lang", "proofErr", "bookmarkStart", "bookmarkEnd", "noBreakHyphen",
        "softHyphen", "smartTag", "ins", "del", "hyperlink", "span", "a", "s", "tab",
        "line-break", "soft-page-break", "font", "em", "strong", "small", "big", "sup", "sub",
        "nobr", "wbr", "br", "tt", "code",
    }
)  # fmt: skip
"""Elements within which, and between which, a text goes on: runs of rich text, signs."""
# Possessive, so that a tag that never ends costs its length once.
_TAG = re.compile(r"<(?:/?+(?:[\w.-]++:)?+([\w-]++))?+[^<>]*+>")
_NOT_SEEN = (("<!--", "-->"), ("<?", "?>"))
_LONG_TEXT = re.compile(r">(?![0-9]{1,7}\.[0-9]+(?:[eE]-[0-9]+)?<)([^<>]{10,})")
_LONG_ATTRIBUTES = (
    ('="', re.compile(r'="([^"<]{10,})"')),
    ("='", re.compile(r"='([^'<]{10,})'")),
)
"""Texts and attributes that are long enough for a number; most long texts are decimals."""
_NEXT_LINE = re.compile(r"</((?:[\w.-]+:)?p)>\s*<\1(?:\s[^<>]*)?>", re.IGNORECASE)
_BETWEEN = re.compile(r">\s+<")
_SPACES = re.compile(r"[ \t\r\n]+")
_RICH = (
    "<r>", "<r ", ":r>", ":r ", "<!", ":span", "<span", "<SPAN", "<font", "<FONT", "<br", "<BR",
    "<wbr", "<b>", "<B>", "<i>", "<I>", "<u>", "<em", "<strong", "<su", "<a ", ":a ", ":s/", ":s ",
    ":tab", ":line",
)  # fmt: skip
"""Signs of texts that go on over elements."""
_RICH_IN_SHEETS = ("<is", ":is", "<!", ":r>")
"""Those that the sheet of a workbook can have; nearly all that is unpacked are sheets."""
_SHEET_BEGINS_WITHIN = 50_000
_DECLARED = re.compile(rb"""<\?xml[^>]{0,99}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_MAINFRAME = b"\x4c\x6f\xa7\x94"
"""`<?xm` in EBCDIC."""
_USUAL = ("utf-8", "ascii", "iso8859-1", "cp1252", "utf-16")
_BEGINNING = re.compile(rb"<[A-Za-z!?/]|\x4c\x6f\xa7\x94")
_BLANK_OR_MARK = b" \t\r\n\0\xef\xbb\xbf\xff\xfe"


def is_markup(content: bytes) -> bool:
    """Whether the content begins as XML or HTML does, in any usual encoding."""
    head = content[:200].lstrip(_BLANK_OR_MARK)[:8].replace(b"\0", b"")
    return _BEGINNING.match(head) is not None


def look_at_markup(content: bytes, looked: Looked) -> None:
    """Counts the numbers in an XML or HTML file."""
    encoding = _encoding_told(content, looked)
    for window in windows(content, b"<"):
        before = most = looked.count
        for text in _texts(window, encoding):
            looked.count = before
            if "<!ENTITY" in text:
                looked.cannot_see("it defines XML entities of its own")
            see_markup(text, looked)
            most = max(most, looked.count)
        looked.count = most


def see_markup(text: str, looked: Looked) -> None:
    """Counts the numbers in markup: attributes each for itself, texts with their runs joined."""
    looked.see(_attributes(text), _END)
    if "<!--" in text or text.count("<?") > text.startswith("<?xml"):
        for begin, end in _NOT_SEEN:
            looked.see(_END.join(_split_out(text, begin, end)[1::2]), _END)
    signs = _RICH_IN_SHEETS if "<row " in text[:_SHEET_BEGINS_WITHIN] else _RICH
    if any(sign in text for sign in signs):
        text = _END.join(one for one in _joined(text).split(_END) if len(one) >= _SHORTEST)
        looked.see(text, _END)
    else:
        # Each text stands for itself, and most are too short.
        looked.see(_END.join(_LONG_TEXT.findall(text)), _END)


def _attributes(text: str) -> str:
    """The long attributes, each ended."""
    if '= "' in text or "= '" in text or "=\n" in text or "=\t" in text:
        text = re.sub(r"=[ \t\r\n]++", "=", text)
    return _END.join(
        one for sign, pattern in _LONG_ATTRIBUTES if sign in text for one in pattern.findall(text)
    )


def _joined(text: str) -> str:
    """The texts of the markup; what stands in one cell or paragraph is together."""
    for begin, end in _NOT_SEEN:
        text = "".join(_split_out(text, begin, end)[::2])
    quoted = _split_out(text, "<![CDATA[", "]]>")
    quoted[1::2] = [told.replace("<", "&lt;").replace("&", "&amp;") for told in quoted[1::2]]
    text = "".join(quoted)
    text = _NEXT_LINE.sub(" ", _BETWEEN.sub("><", text))
    parts = _TAG.split(text)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    after = [told if _is_inline(name) else _END + told for name, told in pairs]
    text = parts[0] + "".join(after)
    if has_other_signs(text):
        # Twice: `&amp;nbsp;` is what stands in a cell that was copied from a page.
        text = make_plain(make_plain(text))
    return _SPACES.sub(" ", text)


def _split_out(text: str, begin: str, end: str) -> list[str]:
    """What stands outside of the marks and what between them, in turn."""
    parts, at = [], 0
    while (start := text.find(begin, at)) >= 0:
        stop = text.find(end, start + len(begin))
        if stop < 0:
            break
        parts += [text[at:start], text[start + len(begin) : stop]]
        at = stop + len(end)
    return [*parts, text[at:]]


@lru_cache(maxsize=1024)
def _is_inline(name: str | None) -> bool:
    """Whether a text goes on over that element; `<!DOCTYPE html>` has no name."""
    return name is not None and (name in _INLINE or name.lower() in _INLINE)


def _encoding_told(content: bytes, looked: Looked) -> str | None:
    """The encoding that the markup names, where it is an unusual one."""
    if content.startswith(_MAINFRAME):
        return "cp037"
    declared = _DECLARED.search(content[:300])
    if declared is None:
        return None
    try:
        encoding = codecs.lookup(declared[1].decode("ascii")).name
        b"".decode(encoding)
    except LookupError:
        looked.cannot_see("it has XML in an encoding that is not known")
        return None
    return None if encoding in _USUAL else encoding


def _texts(content: bytes, encoding: str | None) -> Iterator[str]:
    """The markup as text, in each encoding that it could have or says that it has."""
    yield from decoded(content)
    if encoding is not None:
        yield content.decode(encoding, "replace")
