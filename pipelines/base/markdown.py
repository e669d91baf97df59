"""Markdown pages from Jinja2 templates, in which a text is text and no markup.

Every expression of a page is written so that it is read as plain text, unless a filter has made
`Markdown` of it: a template cannot forget it.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.outgoing import MOST_CHARACTERS, one_line

if TYPE_CHECKING:
    from jinja2 import Template

    from pipelines.base.templates import Templates

_MOST_IN_A_REMARK = 600
_ENTITY = re.compile(r"&(?=#?\w+;)")
_MARKUP = re.compile(r"[\\`*\[\]|~$]")
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_AT_START = re.compile(r"^(?:[#+=-]|\d+(?=[.)]))")
_LINK = re.compile(
    r"(?<=\w):(?=//)|/(?=/)|(?:(?<=mailto)|(?<=xmpp)):|@(?=\S)"
    r"|(?<=\w)\.(?=[^\W\d_]{2})(?!(?:csv|json|jsonl|ods|xls[xmb]?)\b(?!\.))",
    re.IGNORECASE,
)
"""What readers make links of: a scheme, an address of mail, a name of a host."""


_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,;(%'-]*[A-Za-z0-9,;%']?", re.ASCII)
"""Texts that are most of a page, and have nothing to escape."""
_ID = re.compile(r"[\w.@-]+", re.ASCII)


class Markdown(str):
    """A text that is Markdown already."""

    __slots__ = ()


def escape(text: str) -> Markdown:
    """Markdown of one line that shows the text as it is: no element, link or image comes of it."""
    if _PLAIN.fullmatch(text):
        return Markdown(text)
    text = _MARKUP.sub(r"\\\g<0>", text)
    text = _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
    text = _EDGE_UNDERSCORE.sub(r"\\_", text)
    text = _LINK.sub(r"\\\g<0>", text)
    return Markdown(_AT_START.sub(_escape_start, text))


def code(text: str) -> Markdown:
    """An id between code marks; a text that is no id is escaped as any other."""
    shown = one_line(text)
    return Markdown(f"`{shown}`") if _ID.fullmatch(shown) else escape(shown)


def page_template(path: Path) -> "Template":
    """The template of a page that holds text of others; it is escaped, on one line, and cut.

    Words of its own stand between the expressions: in one they would lose the spaces around them.

    Its filters: `code`, `names` (in code marks, with commas), `remark` (longer before it is cut)
    and `thousands` (a number with separators).
    """
    return _templates(escapes=True).of(path)


def own_page_template(path: Path) -> "Template":
    """The template of a page whose words are all ours: what they mark up is marked up.

    Its filters: `cell` (a text as one cell of a table), `names` and `thousands`.
    """
    return _templates(escapes=False).of(path)


@cache
def _templates(*, escapes: bool) -> "Templates":
    from pipelines.base.templates import Templates

    filters = {
        "cell": _cell,
        "code": code,
        "names": _names,
        "remark": lambda text: _shown(text, _MOST_IN_A_REMARK),
        "thousands": lambda number: f"{number:,}",
    }
    finalize = _as_text if escapes else None
    return Templates(filters, finalize=finalize, keeps_last_line_end=True)


def _as_text(value: object) -> str:
    if isinstance(value, Markdown | int):
        return str(value)
    return _shown(str(value), MOST_CHARACTERS)


def _shown(text: str, most: int) -> Markdown:
    """The text, escaped, on one line, and cut after so many characters."""
    return (
        _shown_often(text, most) if len(text) <= MOST_CHARACTERS else escape(one_line(text, most))
    )


@lru_cache(maxsize=4096)
def _shown_often(text: str, most: int) -> Markdown:
    """`_shown` of a short text: pages of a tick say much the same."""
    return escape(one_line(text, most))


def _escape_start(found: re.Match[str]) -> str:
    """A sign of a heading, list or rule at the beginning, taken as itself."""
    sign = found[0]
    return f"{sign}\\" if sign.isdigit() else f"\\{sign}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _names(names: Iterable[str]) -> Markdown:
    return Markdown(", ".join(code(name) for name in names))
