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
    from pipelines.base.templates import Templates


def render(folder: Path, name: str, **words: object) -> str:
    """The SQL of `folder`/`name`.sql with its words filled in.

    Raises `jinja2.UndefinedError` where the template names a word that is not given.
    """
    return _templates().of(folder / f"{name}.sql").render(words)


@cache
def _templates() -> "Templates":
    from pipelines.base.templates import Templates

    return Templates(
        {
            "text": literals.text,
            "texts": literals.texts,
            "instant": literals.instant,
            "stored": literals.timestamp,
        }
    )
