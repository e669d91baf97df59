"""The project's SQL: files beside the modules that use them, filled in as Jinja2 templates.

A template names what depends on a contract or a moment: `{{ table }}`, or a loop over measures.
Values become SQL literals by a filter: `{{ title | text }}`, `{{ codes | texts }}`,
`{{ now | instant }}` for a moment with a zone, `{{ moment | stored }}` for one as the warehouse
keeps it. Names are those of contracts, which are checked where contracts are read.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.store import literals

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def render(folder: Path, name: str, **words: object) -> str:
    """The SQL of `folder`/`name`.sql with its words filled in.

    Raises `jinja2.UndefinedError` where the template names a word that is not given.
    """
    return _template(folder, name).render(words)


@cache
def _template(folder: Path, name: str) -> "Template":
    return _environment().from_string((folder / f"{name}.sql").read_text(encoding="utf-8"))


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        autoescape=False,  # SQL, not HTML
    )
    made.filters.update(
        text=literals.text,
        texts=literals.texts,
        instant=literals.instant,
        stored=literals.timestamp,
    )
    return made
