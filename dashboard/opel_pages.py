"""The page of OPEL: what sites and trusts declare, in the framework's words."""

from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path

from pydantic import Field

from dashboard.desk import Desk, Maker, Page
from pipelines.base.yamlfile import Strict, Words, read_model

_FILE = Path(__file__).with_name("opel.yaml")


class OpelWords(Strict):
    """The file."""

    version: date
    source: Words
    address: str = Field(pattern=r"^https://")
    levels: dict[int, Words]


@cache
def opel_words() -> OpelWords:
    """What the levels mean, and who says so; raises `ConfigurationError` with file and line."""
    return read_model(_FILE, OpelWords)


def opel_pages(desk: Desk) -> Iterator[Maker]:
    """The page of all levels that were declared lately, the highest first."""
    yield "/opel", partial(_opel, desk)


def _opel(desk: Desk) -> Page:
    words = opel_words()
    rows = [
        {
            **row,
            "means": words.levels.get(int(row["value"]), "none was declared"),
            "has_page": row["org_code"] in desk.trusts,
        }
        for row in desk.picture.levels
    ]
    return desk.page("/opel", "opel", rows=rows, words=words)
