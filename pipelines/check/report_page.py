"""The report of a check as one HTML page that needs nothing else: no script, no other file."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.answer.answer_page import kinds_of
from pipelines.base.clock import now
from pipelines.check.checked import CheckedFile
from pipelines.check.told import figure_told, headings_rows, value_told, verdict_told
from pipelines.registry.contract import Collection

if TYPE_CHECKING:
    from pipelines.base.templates import Templates

_FOLDER = Path(__file__).parent


STYLE = _FOLDER / "report.css"
"""How a report looks."""


def report_page(files: Sequence[CheckedFile], contract: Collection) -> str:
    """The page with all files, in the order in which they were checked."""
    from markupsafe import Markup

    template = _templates().of(_FOLDER / "report.html.j2")
    style = Markup(STYLE.read_text(encoding="utf-8"))
    body = Markup(report_body(files, contract))
    names = [one.answer["file_name"] for one in files]
    return template.render(names=names, contract=contract, style=style, body=body)


def report_body(files: Sequence[CheckedFile], contract: Collection) -> str:
    """What stands in the page, as HTML; texts of files are escaped."""
    told = [
        {
            "file": one,
            "verdict": verdict_told(one.answer["status"]),
            "kinds": list(kinds_of(one.answer["lines"])),
            "headings": headings_rows(one.feed, one.headings),
            "rows": _rows_of(one),
        }
        for one in files
    ]
    template = _templates().of(_FOLDER / "report_body.html.j2")
    return template.render(files=told, contract=contract, made_at=now())


def _rows_of(file: CheckedFile) -> dict[int, list[tuple[str, str | None, str, str]]]:
    """Row → its cells: column, as sent, as understood, place."""
    rows: dict[int, list[tuple[str, str | None, str, str]]] = {}
    for one in file.cells:
        told = (one.column, one.sent, value_told(one.understood), one.place)
        rows.setdefault(one.row, []).append(told)
    return rows


@cache
def _templates() -> "Templates":
    from markupsafe import escape

    from pipelines.base.templates import Templates

    return Templates(
        {"figure": figure_told, "count": "{:,}".format},
        finalize=lambda value: "" if value is None else escape(value),
    )
