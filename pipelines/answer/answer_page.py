"""The page of an answer that a person reads, in Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from pipelines.base.markdown import page_template
from pipelines.findings.not_kept import NOT_KEPT_CODES
from pipelines.findings.status import Status
from pipelines.registry.severity import Severity

_LINES_SHOWN = 20
"""Alike lines that a page shows before it points to the JSON file, which has them all."""

VERDICTS = {
    Status.ACCEPTED: "Accepted. Every row was loaded.",
    Status.ACCEPTED_WITH_REJECTIONS: "Accepted, but what was kept out is listed below.",
    Status.REJECTED: "Rejected. Nothing was loaded; the reason is below. The file itself is kept.",
    Status.EMPTY: "Nothing to load. The file holds nothing for this collection.",
    Status.DUPLICATE: "Duplicate. The same file was sent before, and nothing was changed.",
}
"""What each status means to the sender."""

_WITHHELD = "Rejected. Nothing was loaded, and the file was not kept; the reason is below."

_COSTS: dict[str, str] = {
    Severity.REJECT_SUBMISSION: "the file was refused",
    Severity.REJECT_ROW: "the row was kept out",
    Severity.REJECT_VALUE: "the value was left out, its row was loaded",
    Severity.WARN: "to check",
    Severity.INFO: "for information",
}
"""What a finding costs, the worst first."""

_TEMPLATE = Path(__file__).with_name("answer_page.md.j2")


def answer_page(answer: dict[str, Any], row: str | None) -> str:
    """The answer as Markdown: verdict, counts, then the lines by code, worst first.

    `row` says what a row of the collection is, None where no contract says it.
    """
    return page_template(_TEMPLATE).render(
        answer=answer,
        row=row,
        verdict=verdict_of(answer["status"], (line["code"] for line in answer["lines"])),
        has_counts=answer["status"] not in (Status.DUPLICATE, Status.EMPTY),
        kinds=list(_by_kind(answer["lines"])),
    )


def verdict_of(status: str, codes: Iterable[str]) -> str:
    """What the status means to the sender of a file that has findings of these codes."""
    if not NOT_KEPT_CODES.isdisjoint(codes):
        return _WITHHELD
    return VERDICTS[Status(status)]


def _by_kind(lines: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines that are alike, the worst kind first, with the first of each as they are told."""
    worst_first = list(_COSTS)
    ordered = sorted(lines, key=lambda line: (worst_first.index(line["severity"]), line["code"]))
    for (severity, code), alike in groupby(
        ordered, key=lambda line: (line["severity"], line["code"])
    ):
        own = list(alike)
        yield {
            "code": code,
            "costs": _COSTS[severity],
            "fix": own[0]["fix"],
            "count": len(own) + (counted := sum(line.get("more", 0) for line in own)),
            "is_counted": counted > 0,
            "told": [place_told(line) + line["message"] for line in own[:_LINES_SHOWN]],
        }


def place_told(line: dict[str, Any]) -> str:
    """The line's place: sheet, cell, organisation and day, as far as they are known."""
    cell = f"{line.get('column') or ''}{line.get('row') or ''}"
    parts = [
        f"sheet '{line['sheet'].strip()}'" if line.get("sheet") else "",
        f"cell {cell}" if line.get("column") and line.get("row") else "",
        f"row {line['row']}" if line.get("row") and not line.get("column") else "",
        line.get("org_code") or "",
        line.get("slot") or "",
    ]
    told = ", ".join(part for part in parts if part)
    return f"{told}: " if told else ""
