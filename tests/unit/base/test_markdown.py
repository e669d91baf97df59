"""Text of providers in Markdown pages: it shows as it is, and nothing comes of it."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipelines.base.markdown import code, escape
from pipelines.base.outgoing import one_line
from tests.unit.answer.test_answer_page import LINE, page

PLAIN_TOKENS = {
    *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close"),
    *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
    *("strong_open", "strong_close", "code_inline", "text_special"),
}
"""What our own pages consist of."""

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden -->",
    "<?php x ?>",
    "</td></table><h1>",
    "![x](http://evil.example/a.png)",
    "![x][1]",
    "[click](javascript:alert(1))",
    "[x]: http://evil.example",
    "<http://evil.example>",
    "<a@evil.example>",
    "http://evil.example/x",
    "see www.evil.example now",
    "mailto:a@evil.example",
    "//evil.example",
    "a | b || c",
    "two\nlines",
    "two\r\n\r\n# lines",
    "a\x85b\u2028c\u2029d",
    "`code` ``x`",
    "# Heading",
    "## Accepted",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "1) item",
    "> quote",
    "---",
    "===",
    "~~~",
    "```",
    "    indented",
    "\tindented",
    "~~gone~~",
    "*strong* **em** _em_ __strong__ snake_case _x",
    "&lt;b&gt; &#60;script&#62; &copy;",
    "$x$ $$y$$",
    "back\\slash \\<b> \\",
    "|---|---|",
    "x" * 5000,
    "a" * 190 + "<script>" * 50,
    "=cmd|' /C calc'!A0",
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "a\u202egnp.exe",
    "\x1b]8;;http://evil.example\x1b\\x",
    "a\x00b\x08c\x7fd\x9b31m",
    "a\u200bb\u2060c\ufeff\u00ad",
    "\ud800 lone",
    ":::note",
    "[^1]",
    "![",
    "a  \nb",
    "a\\",
]


def tokens(text: str) -> Iterator[Token]:
    """Every token that a renderer makes of the page, with tables and struck text."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def shown(text: str) -> str:
    """What a person reads of the page: the text of its tokens, without the spaces."""
    parts = (token.content for token in tokens(text) if not token.children)
    return "".join("".join(parts).split())


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
@pytest.mark.parametrize(
    "place",
    ["file_name", "feed_title", "submission_id", "duplicate_of", "sheet", "message", "value"],
)
def test_a_page_has_no_element_that_is_not_ours(attack: str, place: str) -> None:
    text = page_with(place, attack)
    assert {token.type for token in tokens(text)} <= PLAIN_TOKENS
    before = [token.type for token in tokens(page_with(place, "plain")) if token.nesting]
    assert [token.type for token in tokens(text) if token.nesting] == before
    assert "<script" not in text and "<img" not in text and "![" not in text
    assert len(text) < len(page_with(place, "plain")) + 4000
    text.encode()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", text)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_nothing_of_the_text_is_hidden(attack: str) -> None:
    expected = "".join(one_line(attack).split())
    assert shown(escape(one_line(attack))) == expected
    assert shown(code(attack)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ga_beds_open is -5: a count cannot be negative.",
        "sheet 'G&A beds', cell F18, RF4, 2018-12-03 12:30",
        "RX9_ambulance_sitrep_20261101.csv",
        "Winter.xlsx",
        "31% of 1,204 (was 17)",
    ],
)
def test_ordinary_text_stands_as_it_is(text: str) -> None:
    assert escape(one_line(text)) == text


@pytest.mark.parametrize("link", [one for one in ATTACKS if "evil.example" in one])
def test_what_readers_make_links_of_is_broken_up(link: str) -> None:
    """GitHub and others link addresses that stand in plain text."""
    text = escape(one_line(link))
    assert "://" not in text and "www." not in text and "evil.example" not in text
    assert not re.search(r"(?<!\\)@|mailto:", text)
    assert "evil.example" in html.unescape(re.sub(r"\\(.)", r"\1", text))


def page_with(place: str, text: str) -> str:
    """A page with the text at one place."""
    changes: dict[str, Any] = {}
    line = dict(LINE)
    if place == "sheet":
        sheet = {"sheet": text, "organisations": 1, "days": 1, "measures": [], "skipped_rows": {}}
        changes["sheets"] = [sheet]
        line["sheet"] = text
    elif place == "message":
        line["message"] = text
    elif place == "value":
        line["org_code"] = line["slot"] = text
    else:
        changes[place] = text
    return page(line, **changes)
