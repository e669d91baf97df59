"""Where a sample's days or slots stand, and how they are written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipelines.conform.readings import read_texts
from pipelines.onboard.column_draft import ColumnDraft, FeedDraft
from pipelines.onboard.date_forms import DateForms, find_forms, find_times_of_day
from pipelines.onboard.heading_match import HeadingRead
from pipelines.onboard.open_questions import Answers
from pipelines.onboard.table_choice import ChosenTable
from pipelines.registry.column import Column
from pipelines.registry.feed import MISSING
from pipelines.registry.table_map import ColumnMap

OPEN = "a question about it is open"
_UTC, _LONDON = frozenset({"utc", "z", "zulu"}), frozenset({"london", "local", "bst"})
_REPEATED = "CELL-008"
_MOST_OTHERS = 0.2
"""Share of texts that are no times beyond which a column is no column of times."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    heading: HeadingRead
    forms: DateForms
    times: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return self.forms.is_read and self.forms.has_time

    @property
    def is_day(self) -> bool:
        return self.forms.is_read and not self.forms.has_time


def read_time(
    column: Column, headings: Sequence[HeadingRead], table: ChosenTable, answers: Answers
) -> ColumnDraft:
    """The draft of the column of the key that is a day or the start of a slot."""
    draft = ColumnDraft(column.name)
    is_daily = column.type == "date"
    found = [_look_at(one, table, is_daily) for one in headings]
    if not any(one.forms.is_read for one in found):
        found = [_without_others(one, column, table, draft, answers) for one in found]
    day = _choose(column, [one for one in found if one.is_day], answers, "heading")
    if is_daily:
        whole = [one for one in found if one.is_whole]
        chosen = day or _choose(column, whole, answers, "heading")
        return _finish(draft, column, chosen, None, found, table, answers)
    whole = [one for one in found if one.is_whole]
    if whole:
        chosen = _choose(column, whole, answers, "heading")
        return _finish(draft, column, chosen, None, found, table, answers)
    times = [one for one in found if one.times and not one.forms.is_read]
    if day is None or not times:
        return _finish(draft, column, day, None, found, table, answers)
    time = _choose(column, times, answers, "time_heading")
    return _finish(draft, column, day, time, found, table, answers, is_parted=True)


def _look_at(heading: HeadingRead, table: ChosenTable, is_daily: bool) -> _Candidate:
    texts = table.texts(heading.at)
    return _Candidate(heading, find_forms(texts, as_days=is_daily), find_times_of_day(texts))


def _without_others(
    one: _Candidate, column: Column, table: ChosenTable, draft: ColumnDraft, answers: Answers
) -> _Candidate:
    """The column of days without the few texts in it that are no days, once they are named."""
    is_daily = column.type == "date"
    texts = table.texts(one.heading.at)
    others = [text for text in dict.fromkeys(texts) if not find_forms([text], is_daily).is_read]
    forms = find_forms([text for text in texts if text not in others], is_daily)
    if not forms.is_read or one.times or len(others) > max(1, _MOST_OTHERS * len(texts)):
        return one
    first = {next((cell for cell in row if cell), "") for row in table.rows}
    for text in others:
        choices = {"error": "a mistake: its row is kept out and told"}
        if text in first:
            choices = {"total": "a line of totals, which is left out", **choices}
        told = answers.ask(
            f"{column.name}.{text}",
            column.name,
            f"'{text}' stands among days.",
            choices,
            [text],
        )
        if told is None:
            draft.leave_out(OPEN)
        elif told == "total":
            draft.totals.append(text)
    return replace(one, forms=forms)


def _choose(
    column: Column, found: Sequence[_Candidate], answers: Answers, what: str
) -> _Candidate | None:
    """The one that is meant: the start where others are ends; else it is asked."""
    starts = [one for one in found if "start" in one.heading.meaning.words]
    if not starts:
        starts = [one for one in found if "end" not in one.heading.meaning.words]
    own = [one for one in found if one.heading.likely[0].score == 1.0]
    for fewer in (found, own, starts if len(starts) < len(found) else ()):
        if len(fewer) == 1:
            return fewer[0]
    if not found:
        return None
    by_heading = {one.heading.heading: one for one in found}
    told = answers.ask(
        f"{column.name}.{what}",
        column.name,
        f"More than one heading may be {column.name}.",
        {heading: "it is this one" for heading in by_heading},
    )
    return by_heading[told] if told is not None else None


def _finish(
    draft: ColumnDraft,
    column: Column,
    day: _Candidate | None,
    time: _Candidate | None,
    found: Sequence[_Candidate],
    table: ChosenTable,
    answers: Answers,
    is_parted: bool = False,
) -> ColumnDraft:
    if day is None or (is_parted and time is None):
        draft.leave_out(_why_none(column, found))
        return draft
    draft.heading, draft.likeness = day.heading, day.heading.taken
    forms = day.forms
    words = set(day.heading.meaning.words)
    texts = table.texts(day.heading.at)
    if time is not None:
        words |= time.heading.meaning.words
        draft.settings["time_headings"] = [time.heading.heading]
        pairs = zip(table.cells(day.heading.at), table.cells(time.heading.at), strict=True)
        texts = [f"{one.strip()} {two.strip()}" for one, two in pairs if one and two]
        forms = find_forms(texts)
    if column.type == "slot" and not forms.has_time:
        draft.leave_out("its values are days without a time of day")
        return draft
    if not forms.is_read:
        draft.leave_out("no form reads all of its values")
        return draft
    if forms.is_mixed:
        _ask_mixed(draft, column, forms, answers)
    _settle_form(draft, column, forms, answers)
    if column.type == "slot":
        _settle_slot(draft, column, forms, words, day, texts, answers)
    elif forms.has_offset and forms.has_time and None in forms.forms:
        draft.leave_out("its days have a time with an offset, and which day is meant is not told")
    return draft


def _why_none(column: Column, found: Sequence[_Candidate]) -> str:
    if not found:
        return "no heading was found for it"
    if any(one.is_day or one.is_whole for one in found):
        return OPEN
    told = ", ".join(f"'{one.heading.heading}'" for one in found)
    return f"no form of a time reads all values under {told}"


def _ask_mixed(draft: ColumnDraft, column: Column, forms: DateForms, answers: Answers) -> None:
    """Dates and texts in one column: a spreadsheet may have turned day and month around."""
    told = answers.ask(
        f"{column.name}.mixed",
        column.name,
        "Some dates are true dates and some are texts. A spreadsheet with another setting reads "
        "03/11 as 11 March and leaves 13/11 as text.",
        {"right": "all dates are right as they are shown", "wrong": "the file has to be mended"},
    )
    if told != "right":
        draft.leave_out(OPEN if told is None else "its dates are wrong in the file")


def _settle_form(draft: ColumnDraft, column: Column, forms: DateForms, answers: Answers) -> None:
    choices = {form or "ISO": f"dates are {form or 'ISO 8601'}" for form in forms.forms}
    form: str | None = next(iter(choices))
    if len(choices) > 1:
        form = answers.ask(
            f"{column.name}.format",
            column.name,
            "No value tells which part is the day.",
            choices,
            forms.deciding,
        )
    if form is None:
        draft.leave_out(OPEN)
    elif form != "ISO":
        draft.settings["format"] = form


def _settle_slot(
    draft: ColumnDraft,
    column: Column,
    forms: DateForms,
    words: set[str],
    day: _Candidate,
    texts: Sequence[str],
    answers: Answers,
) -> None:
    """Zone and label of a slot, as the heading says; else they are asked."""
    if not forms.has_offset:
        zone: str | None = None
        if words & _UTC and not words & _LONDON:
            zone = "UTC"
        elif words & _LONDON and not words & _UTC:
            zone = "Europe/London"
        else:
            zone = answers.ask(
                f"{column.name}.zone",
                column.name,
                "Its times have no offset. In summer the two differ by an hour.",
                {"Europe/London": "times as clocks show them", "UTC": "times in UTC"},
                texts,
            )
        if zone is None:
            draft.leave_out(OPEN)
        else:
            draft.settings["zone"] = zone
    label = _label_of(draft, words, forms)
    if label is None:
        label = answers.ask(
            f"{column.name}.labelled_by",
            column.name,
            f"'{day.heading.heading}' does not say whether it is a slot's start or its end.",
            {"start": "08:00 is 08:00 to 08:15", "end": "08:15 is 08:00 to 08:15"},
        )
    if label is None:
        draft.leave_out(OPEN)
    elif label == "end":
        draft.settings["labelled_by"] = "end"
    if draft.is_written and draft.settings.get("zone") == "Europe/London":
        _tell_repeated(draft, texts)


def _tell_repeated(draft: ColumnDraft, texts: Sequence[str]) -> None:
    """Times in the hour that clocks repeat are told: they are refused, never guessed."""
    own = read_texts("slot", "", 15, ColumnMap(**draft.settings).reading, MISSING)
    repeated = [text for text in dict.fromkeys(texts) if own[text] is None and text in own.wrong]
    repeated = [text for text in repeated if own.wrong[text] == _REPEATED]
    if repeated:
        draft.remark = (
            f"{len(repeated)} times such as '{repeated[0]}' stand in the hour that the clocks "
            "repeat or leave out; they are refused. Ask for times with an offset or in UTC"
        )


def _label_of(draft: ColumnDraft, words: set[str], forms: DateForms) -> str | None:
    if draft.likeness is not None and draft.likeness.score == 1.0:
        return "start"
    if "start" in words and "end" not in words:
        return None if forms.ends_at_24 else "start"
    if forms.ends_at_24 or ("end" in words and "start" not in words):
        return "end"
    return None


def days_of(draft: FeedDraft) -> list[date]:
    """The days of the sample's rows, as the column of the key is read; none where it is open."""
    time = draft.columns[draft.contract.time_column]
    if time.heading is None or not time.is_written or "time_headings" in time.settings:
        return []
    kind = draft.contract.column(time.column).type
    read = read_texts(kind, "", 15, ColumnMap(**time.settings).reading, MISSING)
    found = [read[text] for text in draft.table.texts(time.heading.at)]
    return [one.date() if isinstance(one, datetime) else one for one in found if one is not None]
