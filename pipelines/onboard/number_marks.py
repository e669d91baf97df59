"""Which sign stands before the decimals, and which columns cannot be read until it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.base.number_text import NumberText
from pipelines.conform.numbers import read_number, style_of
from pipelines.conform.readings import Limits, has_whole_numbers, reader, value_in
from pipelines.onboard.column_draft import ColumnDraft, FeedDraft
from pipelines.onboard.open_questions import Answers
from pipelines.onboard.table_choice import ChosenTable
from pipelines.onboard.time_readings import OPEN
from pipelines.registry.contract import Collection
from pipelines.registry.feed import MISSING
from pipelines.registry.format import DecimalMark
from pipelines.registry.table_map import ColumnMap

_MOST_WRONG = 0.2
"""Share of cells that cannot be read beyond which the reading is taken for a wrong one."""


@dataclass
class MarkSettled:
    """The decimal mark, and the columns that wait for it."""

    mark: DecimalMark = "auto"
    waiting: dict[str, str] = field(default_factory=dict)
    """Column → why it cannot be read."""

    def apply_to(self, draft: FeedDraft) -> None:
        """The draft has the mark, and is without the columns that wait."""
        draft.decimal_mark = self.mark
        for name, why in self.waiting.items():
            draft.columns[name].leave_out(why)


def settle_mark(draft: FeedDraft, answers: Answers) -> MarkSettled:
    """The mark that all numbers of the table show; asked where they can be read in two ways."""
    columns, contract, table = draft.columns, draft.contract, draft.table
    shown: set[DecimalMark] = set()
    differing: dict[str, list[str]] = {}
    for name, text, is_whole in _numbers(columns, contract, table):
        if read_number(text, "point", is_whole) == read_number(text, "comma", is_whole):
            continue
        shown.add(style_of(text, is_whole))
        differing.setdefault(name, []).append(text)
    settled = MarkSettled()
    shown.discard("auto")
    if len(shown) == 1:
        settled.mark = shown.pop()
    elif differing:
        texts = [text for own in differing.values() for text in own]
        text = "No number of the file tells its decimal mark."
        if shown:
            text = "Some numbers have a point before their decimals, and some a comma."
        told = answers.ask(
            "decimal_mark",
            "table",
            text,
            {
                "point": "1,250 is 1250 and 1.250 is 1.25",
                "comma": "1,250 is 1.25 and 1.250 is 1250",
            },
            sorted(set(texts)),
        )
        if told is None:
            settled.waiting = dict.fromkeys(differing, OPEN)
        settled.mark = "comma" if told == "comma" else "point" if told else "auto"
    _look_through(draft, settled)
    return settled


def _numbers(
    columns: Mapping[str, ColumnDraft], contract: Collection, table: ChosenTable
) -> Iterator[tuple[str, str, bool]]:
    """Each text of a number whose mark may matter: its column, the text, whether it is whole."""
    for name, draft in columns.items():
        column = contract.column(name)
        if not column.is_number or draft.heading is None or not draft.is_written:
            continue
        reading = ColumnMap(headings=(draft.heading.heading,), **draft.settings).reading
        bare, is_whole = value_in(reading), has_whole_numbers(column.type, reading)
        for text in dict.fromkeys(table.texts(draft.heading.at)):
            plain = bare(text.strip())
            if type(text) is not NumberText and ":" not in plain:
                yield name, plain, is_whole


def _look_through(of: FeedDraft, settled: MarkSettled) -> None:
    """Columns of which many cells would be refused wait: their reading is a wrong one."""
    contract, table = of.contract, of.table
    missing = (*MISSING, *of.missing)
    for name, draft in of.columns.items():
        column = contract.column(name)
        if not column.is_number or draft.heading is None or not draft.is_written:
            continue
        settings: dict[str, Any] = dict(draft.settings)
        reading = ColumnMap(headings=(draft.heading.heading,), **settings).reading
        marked = {
            mark: reader(
                column.type,
                column.unit,
                contract.cadence.slot_minutes,
                replace(reading, decimal_mark=mark),
                missing,
                Limits(column.most),
            )
            for mark in ("point", settled.mark)
        }
        texts = table.texts(draft.heading.at)
        wrong = [
            text
            for text in texts
            if marked["point" if type(text) is NumberText else settled.mark](text)[1]
        ]
        if len(wrong) > _MOST_WRONG * len(texts):
            shown = ", ".join(f"'{text}'" for text in dict.fromkeys(wrong[:3]))
            settled.waiting.setdefault(name, f"its cells are no {column.unit}, such as {shown}")
