"""Markdown pages from Jinja2 templates, and what makes a text safe to stand in one."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


def one_line(text: str) -> str:
    """The text without its line breaks, so that what a cell holds cannot pass for a heading."""
    return " ".join(text.split())


@cache
def page_template(path: Path) -> "Template":
    """The template of that file.

    Its filters: `one_line`, `cell` (a text as one cell of a table), `names` (in code marks, with
    commas) and `thousands` (a number with separators).
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, not HTML
    )
    environment.filters.update(
        one_line=one_line, cell=_cell, names=_names, thousands=lambda number: f"{number:,}"
    )
    return environment.from_string(path.read_text(encoding="utf-8"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
