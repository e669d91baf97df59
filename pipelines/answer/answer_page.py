"""The page of an answer that a person reads, in Markdown."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from pipelines.findings.status import Status

_LINES_SHOWN = 20
"""Alike lines that a page shows before it points to the JSON file, which has them all."""

VERDICTS = {
    Status.ACCEPTED: "Accepted. Every row was loaded.",
    Status.ACCEPTED_WITH_REJECTIONS: "Accepted, but some rows were kept out and are listed below.",
    Status.REJECTED: "Rejected. Nothing was loaded; the reason is below. The file itself is kept.",
    Status.EMPTY: "Nothing to load. The file holds nothing for this collection.",
    Status.DUPLICATE: "Duplicate. The same file was sent before, and nothing was changed.",
}
"""What each status means to the sender."""

_WITHHELD = "Rejected. Nothing was loaded, and the file was not kept; the reason is below."

_SEVERITIES = {
    "reject_submission": "the file was refused",
    "reject_row": "the row was kept out",
    "warn": "to check",
    "info": "for information",
}


def answer_page(answer: dict[str, Any], row: str | None) -> str:
    """The answer as Markdown: verdict, counts, then the lines by code, worst first.

    `row` says what a row of the collection is, None where no contract says it.
    """
    return "\n".join((*_head(answer), *_counts(answer, row), *_sheets(answer), *_lines(answer), ""))


def _head(answer: dict[str, Any]) -> Iterator[str]:
    yield f"# Answer to {_one_line(answer['file_name'])}"
    yield ""
    is_withheld = any(line["code"].startswith("DATA-") for line in answer["lines"])
    yield f"**{_WITHHELD if is_withheld else VERDICTS[answer['status']]}**"
    yield ""
    yield f"- Submission: `{answer['submission_id']}`"
    if answer["duplicate_of"]:
        yield f"- Sent before as: `{answer['duplicate_of']}`"
    yield f"- Feed: {answer['feed_title'] or answer['feed']} (`{answer['feed']}`)"
    yield f"- Received: {answer['received_at']}, {answer['size_bytes']:,} bytes"
    yield f"- SHA-256: `{answer['sha256']}`"
    yield ""


def _counts(answer: dict[str, Any], row: str | None) -> Iterator[str]:
    if answer["status"] in (Status.DUPLICATE, Status.EMPTY):
        return
    rows, accepted = answer["rows"], answer["accepted_rows"]
    skipped = ", ".join(f"{rule} {count:,}" for rule, count in rows["skipped_by"].items())
    yield "| rows | number |"
    yield "|---|---:|"
    yield f"| read | {rows['read']:,} |"
    yield f"| accepted | {rows['accepted']:,} |"
    yield f"| kept out (quarantined) | {rows['quarantined']:,} |"
    yield f"| skipped{f' ({skipped})' if skipped else ''} | {rows['skipped']:,} |"
    yield ""
    yield (
        f"Of the accepted rows {accepted['new']:,} are new, {accepted['revised']:,} revise an "
        f"earlier value, {accepted['unchanged']:,} are as held and {accepted['outdated']:,} "
        f"are older than the value held.{f' A row is {row}.' if row else ''}"
    )
    yield ""


def _sheets(answer: dict[str, Any]) -> Iterator[str]:
    if not answer["sheets"]:
        return
    yield "| sheet | organisations | days | measures | rows skipped |"
    yield "|---|---:|---:|---|---|"
    for sheet in answer["sheets"]:
        skipped = ", ".join(f"{rule} {count}" for rule, count in sheet["skipped_rows"].items())
        measures = ", ".join(sheet["measures"])
        name = _one_line(sheet["sheet"]).replace("|", "/")
        yield (f"| {name} | {sheet['organisations']} | {sheet['days']} | {measures} | {skipped} |")
    yield ""


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    order = list(_SEVERITIES)
    lines = sorted(answer["lines"], key=lambda line: (order.index(line["severity"]), line["code"]))
    if not lines:
        yield "No problems found."
    for (severity, code), group in groupby(
        lines, key=lambda line: (line["severity"], line["code"])
    ):
        alike = list(group)
        yield f"## {code}: {_SEVERITIES[severity]} ({len(alike):,})"
        yield ""
        yield f"To do: {alike[0]['fix']}"
        yield ""
        for line in alike[:_LINES_SHOWN]:
            yield f"- {_one_line(_where(line) + line['message'])}"
        if len(alike) > _LINES_SHOWN:
            yield f"- … and {len(alike) - _LINES_SHOWN:,} more in the JSON file beside this page"
        yield ""


def _one_line(text: str) -> str:
    """The text without its line breaks, so that what a cell holds cannot pass for a heading."""
    return " ".join(text.split())


def _where(line: dict[str, Any]) -> str:
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
