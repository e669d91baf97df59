"""Writes the feed file of a draft, with each open question as a comment at its place."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from pipelines.onboard.column_draft import ColumnDraft, FeedDraft
from pipelines.onboard.name_forms import NameRead
from pipelines.onboard.open_questions import OpenQuestion
from pipelines.registry.feed import MISSING
from pipelines.registry.table_map import TOTALS

_WIDTH = 10_000
_SETTINGS = {
    "unit": "given_in",
    "clock": "clock",
    "format": "format",
    "zone": "zone",
    "labelled_by": "labelled_by",
}
"""Last word of a question's key → the setting that its answer is written as."""


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What stands in a feed file above its format."""

    title: str
    code: str
    name: str
    endpoint: str
    names: NameRead


def write_feed(head: FeedHead, draft: FeedDraft, questions: Sequence[OpenQuestion]) -> str:
    """The YAML of the feed file. It is whole as it stands; open columns are left out of it."""
    return "\n".join(_lines(head, draft, questions)) + "\n"


def _lines(head: FeedHead, draft: FeedDraft, questions: Sequence[OpenQuestion]) -> Iterator[str]:
    at: dict[str, list[OpenQuestion]] = {}
    for question in questions:
        at.setdefault(question.place, []).append(question)
    yield f"title: {_scalar(head.title)}"
    yield f"provider: {{code: {_scalar(head.code)}, name: {_scalar(head.name)}}}"
    yield "stage: onboarding"
    yield "source:"
    yield "  kind: directory"
    yield f"  endpoint: {_scalar(head.endpoint)}"
    yield f"  pattern: {_quoted(head.names.pattern)}"
    yield from _told_questions(at.pop("file", ()), "")
    if head.names.file_time is not None:
        told = "".join(f", {key}: {_quoted(value)}" for key, value in head.names.file_time.items())
        if head.names.has_time_of_day:
            yield "# Times in names are taken as London's; where they are not: zone: UTC."
        yield f"file_time: {{{told[2:]}, zone: Europe/London}}"
    yield from _told_questions(at.pop("provider", ()), "")
    if draft.reports_for:
        yield f"reports_for: {_flow(draft.reports_for)}"
    if draft.sites:
        yield f"sites: {_flow(draft.sites)}"
    if draft.missing:
        yield f"missing: {_flow([*MISSING, *draft.missing])}"
    yield "format:"
    yield from _format_lines(draft, at)


def _format_lines(draft: FeedDraft, at: dict[str, list[OpenQuestion]]) -> Iterator[str]:
    table = draft.table
    yield f"  kind: {table.raw.kind}"
    yield from _told_questions(at.pop("table", ()), "  ")
    if table.raw.kind == "xlsx":
        yield f"  sheet: {_scalar(table.raw.place)}"
    if table.raw.kind == "json" and table.raw.place:
        yield f"  records: {_scalar(table.raw.place)}"
    if carried := _carried(draft):
        yield f"  carried: {_flow(carried)}"
    if table.header_rows == 2:
        yield "  header_rows: 2"
    if draft.decimal_mark != "auto":
        yield f"  decimal_mark: {draft.decimal_mark}"
    columns: list[str] = []
    for column in draft.contract.columns:
        own = draft.columns.get(column.name)
        columns += _told_questions(at.pop(column.name, ()), "    ", own)
        if own is None:
            continue
        if own.is_written:
            if own.remark:
                columns.append(f"    # {_comment(own.remark)}.")
            columns.append(f"    {column.name}: {_flow(mapping_of(own))}")
        elif own.left_out:
            columns.append(f"    # {column.name} is left out: {_comment(own.left_out)}.")
    for left in at.values():
        columns += _told_questions(left, "    ")
    if any(not line.lstrip().startswith("#") for line in columns):
        yield "  columns:"
        yield from columns
    else:
        yield from columns
    own_totals = [one for one in draft.totals if one.strip().casefold() not in _USUAL_TOTALS]
    if own_totals:
        yield f"  total_names: {_flow([*TOTALS, *own_totals])}"
    if draft.ignored:
        yield f"  ignored_headings: {_flow(draft.ignored)}"
    if draft.unknown:
        yield f"  # No column is known for these headings: {_comment(_flow(draft.unknown))}."
    if draft.lacking:
        yield "  # The sample has none of these. Say why the provider does not report them:"
        yield "  # not_reported:"
        for lacking in draft.lacking:
            yield f"  #   {lacking.name}:"


def _carried(draft: FeedDraft) -> list[str]:
    """The headings of columns that stand outside of the objects of JSON."""
    used: list[str] = []
    for own in draft.columns.values():
        if own.is_written and own.heading is not None:
            used += [own.heading.heading, *own.settings.get("time_headings", ())]
    return [one for one in dict.fromkeys(used) if one in draft.table.raw.outside]


_USUAL_TOTALS = frozenset(name.casefold() for name in TOTALS)


def mapping_of(own: ColumnDraft) -> Any:
    """What stands behind the column's name: its headings alone, or with its settings."""
    if own.constant is not None:
        return {"constant": own.constant}
    assert own.heading is not None
    headings = [_comment(own.heading.heading)]
    return {"headings": headings, **own.settings} if own.settings else headings


def _told_questions(
    questions: Iterable[OpenQuestion], indent: str, own: ColumnDraft | None = None
) -> Iterator[str]:
    for one in questions:
        yield f"{indent}# OPEN {_comment(one.key)}: {_comment(one.text)}"
        if one.seen:
            yield f"{indent}#   In the sample: {_comment(_flow(list(one.seen)))}"
        for answer, meaning in one.choices.items():
            line = _line_for(one, answer, own)
            yield f"{indent}#   {_comment(answer)}: {_comment(meaning)}{line}"


def _line_for(question: OpenQuestion, answer: str, own: ColumnDraft | None) -> str:
    """The line that an answer would make of it, where it is one setting of one column."""
    setting = _SETTINGS.get(question.key.rpartition(".")[2])
    if setting is None or own is None or own.heading is None:
        return ""
    settings: Mapping[str, Any] = {**own.settings, setting: answer}
    mapped = {"headings": [own.heading.heading], **settings}
    return f" -> {question.place}: {_comment(_flow(mapped))}"


def _comment(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def _scalar(value: str) -> str:
    return _flow(value)


def _quoted(value: str) -> str:
    text: str = yaml.safe_dump(value, default_style='"', width=_WIDTH, allow_unicode=True)
    return text.strip()


def _flow(value: Any) -> str:
    """The value on one line; JSON is YAML, too, and breaks no line."""
    plain = json.dumps(value, ensure_ascii=False)
    if "\\n" in plain or "\\r" in plain:
        return plain
    text: str = yaml.safe_dump(
        value, default_flow_style=True, width=_WIDTH, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...").strip()
