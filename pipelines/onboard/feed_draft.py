"""A feed file that is being made from a sample: every column's place, and what stays open."""

from collections.abc import Sequence

from pipelines.base.errors import UsageError
from pipelines.onboard.answered_alike import find_alike
from pipelines.onboard.cell_readings import NumbersRead, read_numbers
from pipelines.onboard.code_readings import (
    read_code,
    settle_organisation,
    settle_reporters,
    settle_sites,
)
from pipelines.onboard.column_draft import ColumnDraft, FeedDraft
from pipelines.onboard.date_forms import find_forms
from pipelines.onboard.heading_match import HeadingMatcher, HeadingRead, Likeness
from pipelines.onboard.number_marks import settle_mark
from pipelines.onboard.open_questions import Answers
from pipelines.onboard.table_choice import ChosenTable
from pipelines.onboard.time_readings import OPEN, read_time
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection

_ANSWERED = 0.99
_AS_ANSWERED = "as answered"
IGNORE = "ignore"
_OF_THE_ROWS = frozenset({"start", "end", "slot", "report", "reporting", "activity", "sitrep"})
"""Words of a day or a time that is of figures, not of a file."""


def draft_feed(
    contract: Collection,
    provider: str,
    table: ChosenTable,
    matcher: HeadingMatcher,
    answers: Answers,
) -> FeedDraft:
    """Every column of the contract that the table has, as far as it can be decided."""
    draft = FeedDraft(contract, provider, table)
    by_column = _sort_headings(draft, matcher, answers)
    missing: set[str] = set()
    _draft_keys(draft, by_column, answers)
    for column in contract.measures:
        headings = by_column.get(column.name, [])
        if not headings:
            continue
        if column.is_number:
            read = _draft_number(draft, column, headings, answers)
            missing |= read.missing
        else:
            draft.columns[column.name] = read_code(column, headings, table, answers)
    draft.missing = sorted(missing)
    settle_mark(draft, answers).apply_to(draft)
    of_days = draft.columns[contract.time_column].totals
    draft.totals = [*table.totals, *draft.totals, *of_days, *_notes_like_days(draft)]
    if not table.is_sure:
        time = draft.columns[contract.time_column]
        others = ", ".join(table.other_tables)
        told = f"more than one table may be meant: {others}" if others else OPEN
        time.leave_out(told)
    return draft


def _sort_headings(
    draft: FeedDraft, matcher: HeadingMatcher, answers: Answers
) -> dict[str, list[HeadingRead]]:
    """The headings of each column; those that no column is for are kept in the draft."""
    found: dict[str, list[HeadingRead]] = {}
    left: list[HeadingRead] = []
    answered: dict[str, str] = {}
    outside = draft.table.raw.outside
    taken = {
        one.taken.column
        for one in draft.table.headings
        if one.taken is not None and one.heading not in outside
    }
    for one in draft.table.headings:
        told = _answered(one, draft.contract, answers)
        if one.heading in outside and told is None:
            if _is_carried(one, taken, draft.contract, answers):
                assert one.taken is not None
                found.setdefault(one.taken.column, []).append(one)
        elif told == IGNORE:
            draft.ignored.append(one.heading)
        elif told is not None:
            answered[one.heading] = told
            found[told] = [_as_answered(one, told, _AS_ANSWERED)]
        elif one.taken is None:
            left.append(one)
        else:
            own = found.setdefault(one.taken.column, [])
            if not any(was.likely[0].form == _AS_ANSWERED for was in own):
                own.append(one)
    lacking = {column.name for column in draft.contract.columns} - found.keys()
    for one in left:
        alike = find_alike(one.heading, answered, lacking)
        is_share = any(mark.sense == "percent" for mark in one.meaning.marks)
        if is_share or matcher.is_ignored(one.heading):
            draft.ignored.append(one.heading)
        elif alike is not None:
            told = f"{_AS_ANSWERED} for '{alike.answered}'"
            found.setdefault(alike.column, []).append(_as_answered(one, alike.column, told))
        else:
            draft.unknown.append(one.heading)
            _ask_for(one, found, draft.contract, answers)
    return found


def _is_carried(one: HeadingRead, taken: set[str], contract: Collection, answers: Answers) -> bool:
    """Whether a value outside of the objects of JSON is that of each of them.

    Codes are, and a day or slot that is named so, where nothing inside means the same; a figure
    outside is of all objects together. Another date may be that of the file, and is asked.
    """
    if one.taken is None or one.taken.column in taken:
        return False
    column = contract.column(one.taken.column)
    if column.name != contract.time_column:
        return not column.is_number
    if one.taken.score == 1.0 or one.meaning.words & _OF_THE_ROWS:
        return True
    told = answers.ask(
        f"{column.name}.outside",
        column.name,
        f"'{one.heading}' stands once, outside of the rows.",
        {"rows": "it is the time of all rows", "file": "it says when the file was made"},
    )
    return told == "rows"


def _as_answered(one: HeadingRead, column: str, form: str) -> HeadingRead:
    likeness = Likeness(column, _ANSWERED, form)
    return HeadingRead(one.at, one.heading, one.meaning, (likeness,))


def _answered(one: HeadingRead, contract: Collection, answers: Answers) -> str | None:
    key = f"map.{one.heading}"
    if key not in answers.given:
        return None
    value = answers.given[key]
    answers.used.add(key)
    known = [column.name for column in contract.columns]
    if value != IGNORE and value not in known:
        raise UsageError(
            f"--answer {key}={value}: choose a column, or {IGNORE}: {', '.join(known)}."
        )
    return value


def _ask_for(
    one: HeadingRead, found: dict[str, list[HeadingRead]], contract: Collection, answers: Answers
) -> None:
    """A heading near to columns that no other heading means is asked about."""
    near = [like for like in one.likely if like.column not in found][:4]
    if not near:
        return
    choices = {
        like.column: f"{contract.column(like.column).description} (likeness {like.score:.2f})"
        for like in near
    }
    answers.ask(
        f"map.{one.heading}",
        near[0].column,
        f"'{one.heading}' may be a column, and its words do not say so surely.",
        {**choices, IGNORE: "it is none of the contract's columns"},
    )


def _draft_keys(
    draft: FeedDraft, by_column: dict[str, list[HeadingRead]], answers: Answers
) -> None:
    contract, table = draft.contract, draft.table
    time = contract.time_column
    headings = by_column.get(time, [])
    drafts = [read_time(contract.column(time), headings, table, answers)]
    used = [drafts[0].heading.heading] if drafts[0].heading else []
    used += drafts[0].settings.get("time_headings", [])
    draft.ignored += [one.heading for one in headings if used and one.heading not in used]
    for name in contract.key:
        if name != time:
            own = by_column.get(name, [])
            drafts.append(read_code(contract.column(name), own, table, answers))
            chosen = drafts[-1].heading
            others = [one.heading for one in own if chosen and one is not chosen]
            draft.ignored += others
    organisation = next(one for one in drafts if one.column == contract.organisation_column)
    others_of_key = [one for one in drafts if one is not organisation]
    settle_organisation(organisation, contract, draft.provider, table, others_of_key)
    draft.reports_for = settle_reporters(organisation, contract, draft.provider, table, answers)
    draft.columns |= {one.column: one for one in drafts}
    site = contract.site_column
    if site and draft.columns[site].heading is not None:
        settle_sites(draft, draft.columns[site], answers)


def _notes_like_days(draft: FeedDraft) -> list[str]:
    """Notes that stand where the day stands, alone in their row: the reader takes them for days."""
    time = draft.columns[draft.contract.time_column]
    organisation = draft.columns[draft.contract.organisation_column]
    if time.heading is None or organisation.constant is None or draft.contract.site_column:
        return []
    own = [text for at, text in draft.table.notes if at == time.heading.at]
    return [text for text in dict.fromkeys(own) if not find_forms([text]).is_read]


def _draft_number(
    draft: FeedDraft, column: Column, headings: Sequence[HeadingRead], answers: Answers
) -> NumbersRead:
    """The column's draft; where two headings mean it, none is taken until somebody says which."""
    own = ColumnDraft(column.name)
    draft.columns[column.name] = own
    chosen: HeadingRead | None = headings[0]
    names = [one.heading for one in draft.table.headings]
    if repeated := next((one.heading for one in headings if names.count(one.heading) > 1), None):
        own.leave_out(f"the heading '{repeated}' stands twice, and nothing tells which is meant")
        return NumbersRead()
    if len(headings) > 1:
        told = answers.ask(
            f"{column.name}.heading",
            column.name,
            f"More than one heading may be {column.name}.",
            {one.heading: "it is this one" for one in headings},
            [" / ".join(draft.table.texts(one.at)[:2]) for one in headings],
        )
        same = [one for one in headings if one.heading == told]
        chosen = same[0] if len(same) == 1 else None
    if chosen is None:
        own.leave_out(OPEN)
        return NumbersRead()
    draft.ignored += [one.heading for one in headings if one is not chosen]
    own.heading, own.likeness = chosen, chosen.taken
    if chosen.likely[0].form.startswith(_AS_ANSWERED):
        own.remark = chosen.likely[0].form
    read = read_numbers(column, chosen, draft.table.texts(chosen.at), answers)
    own.settings = read.settings
    if read.trouble is not None:
        own.leave_out(read.trouble)
    if read.is_open:
        own.leave_out(OPEN)
    return read
