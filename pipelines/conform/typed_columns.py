"""The text cells of submissions as typed values, column by column, in plain Python.

What holds the values, an Arrow table or lists, is made of them elsewhere.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from pipelines.base.number_text import NumberText
from pipelines.conform.number_style import decimal_mark_of, has_open_numbers, stated_mark
from pipelines.conform.readings import Limits, ReadTexts, read_texts
from pipelines.parse.rows import ParsedRows, RowProblem
from pipelines.registry.carried_words import WORD_BITS, word_name, words_for
from pipelines.registry.column import Column
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.format import DecimalMark

CARRIED = "carried"
"""Column of bits: bit k is set where the file has a cell, even an empty one, for measure k.

Of more than 63 measures the further ones have columns of their own (`carried_columns`)."""

_MANY_TEXTS = 1000
"""Of so many rows in one file there may be too many texts to remember."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one submission and the feed whose mapping they were read with."""

    number: int
    parsed: ParsedRows
    feed: Feed


Problems = dict[int, list[RowProblem]]
"""By submission number, with rows counted within the submission."""


class _Conformed(Protocol):
    @property
    def problems(self) -> Problems: ...


ConformedKind = TypeVar("ConformedKind", bound=_Conformed)


def conform_by_marks(
    parts: Sequence[Part],
    collection: Collection,
    conform: Callable[[Mapping[int, DecimalMark]], ConformedKind],
) -> ConformedKind:
    """What `conform` makes of the parts, numbers by the decimal mark that each part shows."""
    marks: dict[int, DecimalMark] = {
        part.number: "comma" for part in parts if stated_mark(part.feed) == "comma"
    }
    conformed = conform(marks)
    # What a comma is has to be known of a file before any of its numbers: rare, so read again.
    found = {
        part.number: decimal_mark_of(part.parsed, part.feed, collection)
        for part in parts
        if has_open_numbers(conformed.problems.get(part.number, ()))
    }
    return conform(marks | found) if found else conformed


def carried_columns(collection: Collection | None) -> tuple[str, ...]:
    """The columns of bits, as many as the measures take."""
    words = words_for(len(collection.measures) if collection else 0)
    return tuple(word_name(CARRIED, word) for word in range(words))


def is_carried(name: str) -> bool:
    """Whether a column of conformed rows holds such bits: no column of a contract has the name."""
    return name == CARRIED or re.fullmatch(f"{CARRIED}_[0-9]+", name) is not None


def conform_column(
    parts: Sequence[Part],
    column: Column,
    collection: Collection,
    problems: dict[int, list[RowProblem]],
    marks: Mapping[int, DecimalMark],
) -> list[Any]:
    """The values of all parts; texts that cannot be read are added to the problems."""
    values: list[Any] = []
    name, nullable = column.name, column.nullable
    by_feed: dict[str, ReadTexts] = {}
    for part in parts:
        texts = part.parsed.texts.get(name)
        if texts is None:
            own: list[Any] = [None] * len(part.parsed)
        elif part.number in marks:
            own, wrong = _read_by_mark(part, column, collection, marks[part.number])
            problems[part.number] += wrong
        else:
            known = by_feed.get(part.feed.feed_id)
            if known is None:
                known = by_feed[part.feed.feed_id] = _known_texts(part.feed, column, collection)
                known.make_room()
            elif len(texts) > _MANY_TEXTS:
                known.make_room()
            own = list(map(known.__getitem__, texts))
            if known.wrong and not known.wrong.keys().isdisjoint(texts):
                problems[part.number] += _wrong_cells(texts, known, name)
        if not nullable and None in own:
            problems[part.number] += _empty_cells(own, problems[part.number], name)
        values += own
    return values


def _known_texts(
    feed: Feed, column: Column, collection: Collection, mark: DecimalMark | None = None
) -> ReadTexts:
    """What is known of the column's texts; with `mark`, where that is the decimal mark."""
    own_texts = _texts_of(feed, collection)
    name = column.name if mark is None else f"{column.name} by {mark}"
    if name not in own_texts:
        reading = feed.format.reading(column.name)
        if mark is not None:
            reading = replace(reading, decimal_mark=mark)
        own_texts[name] = read_texts(
            column.type,
            column.unit,
            collection.cadence.slot_minutes,
            reading,
            feed.missing,
            Limits(column.most, collection.earliest),
        )
    return own_texts[name]


def _read_by_mark(
    part: Part, column: Column, collection: Collection, mark: DecimalMark
) -> tuple[list[Any], list[RowProblem]]:
    """The values of a file with that decimal mark, and its wrong cells.

    True numbers of a workbook or of JSON have a point, whatever the texts beside them have.
    """
    stated = _known_texts(part.feed, column, collection, mark)
    true = _known_texts(part.feed, column, collection, "point")
    stated.make_room()
    own: list[Any] = []
    wrong: dict[str, list[int]] = {}
    for row, text in enumerate(part.parsed.texts[column.name]):
        known = true if type(text) is NumberText else stated
        own.append(known[text])
        if text in known.wrong:
            wrong.setdefault(known.wrong[text], []).append(row)
    return own, [RowProblem(code, rows, column.name) for code, rows in wrong.items()]


_known: dict[str, tuple[Feed, Collection, dict[str, ReadTexts]]] = {}
"""By feed; `read_texts` shares what several feeds write alike."""


def _texts_of(feed: Feed, collection: Collection) -> dict[str, ReadTexts]:
    """What is known of the texts of each column, as long as feed and contract stay the same.

    A tick has a file of each of many feeds: to find it anew each time takes about 2% of the tick.
    """
    known = _known.get(feed.feed_id)
    if known is None or known[0] is not feed or known[1] is not collection:
        known = _known[feed.feed_id] = (feed, collection, {})
    return known[2]


def _wrong_cells(
    texts: Sequence[str | None], known: ReadTexts, column_name: str
) -> list[RowProblem]:
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if text in known.wrong:
            rows.setdefault(known.wrong[text], []).append(row)
    return [RowProblem(code, own, column_name) for code, own in rows.items()]


def _empty_cells(
    values: Sequence[Any], told: Sequence[RowProblem], column_name: str
) -> list[RowProblem]:
    """The empty cells that have no other problem."""
    reported = {row for one in told if one.column_name == column_name for row in one.rows}
    empty = [row for row, value in enumerate(values) if value is None and row not in reported]
    return [RowProblem("CELL-003", empty, column_name)] if empty else []


def check_reporters(
    parts: Sequence[Part], collection: Collection, problems: dict[int, list[RowProblem]]
) -> None:
    """A row of a code that its feed may not report for is a problem."""
    name = collection.organisation_column
    for part in parts:
        allowed = part.feed.may_report
        texts = part.parsed.texts.get(name)
        if allowed is None or texts is None:
            continue
        reading = part.feed.format.reading(name)
        codes = read_texts("code", "", 0, reading, part.feed.missing)
        others = [
            row
            for row, text in enumerate(texts)
            if codes[text] is not None and codes[text] not in allowed
        ]
        if others:
            problems[part.number].append(RowProblem("ROW-002", others, name))


def words_of_measures(collection: Collection) -> Iterator[tuple[str, ...]]:
    """The measures whose bits stand together, word by word."""
    measures = tuple(column.name for column in collection.measures)
    for first in range(0, len(measures), WORD_BITS):
        yield measures[first : first + WORD_BITS]


@lru_cache(maxsize=4096)
def bits_of(columns: tuple[str, ...], measures: tuple[str, ...]) -> int:
    """The bits of the measures among the columns."""
    return sum(1 << bit for bit, name in enumerate(measures) if name in columns)
