"""Which column of the contract each heading means: surely, nearly, or not to be told.

A heading is taken for a column where its words are those of a name that the column is known by,
with the same numbers and categories. A word may be mistyped; then the score says how near it is.
Where two columns are as near, or two headings mean one column, nothing is taken.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from pipelines.onboard.field_words import CollectionWords, field_words
from pipelines.onboard.heading_meaning import Meaning, MeaningReader, parted
from pipelines.parse.files.names import HeadingNames
from pipelines.registry.contract import Collection
from pipelines.registry.feed import Feed
from pipelines.registry.table_map import TableMap

TAKEN_FROM = 0.9
"""Least score that is taken: every word is there, one of them mistyped by a letter or two."""
_ASKED_FROM = 0.5
"""Least score of which a person is asked: half of the words are there."""
_NUMBERS_ONLY = 0.55
"""Score of a heading that has the column's numbers and not one of its words, as 'Cat 1' has."""
_MISTYPED_FROM = 0.8
_SHORTEST_MISTYPED = 5
"""Shorter words differ by a letter where they are others: 'over' and 'ever'."""
_KNOWN = 0.98
_FIGURE = re.compile(r"[+-]?[\d.,:/ ]+%?|\d{4}-\d{2}-\d{2}.*")
"""A cell that is a figure or a time and no heading."""
_COST_OF_A_FILLER = 0.001
_OWN_NAME = 1.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near a heading is to a column, from 0 to 1."""

    column: str
    score: float
    form: str
    """The name of the column that it is near to."""


@dataclass(frozen=True, slots=True)
class HeadingRead:
    """One heading of the sample: where it stands, what it says, and the columns it is near to."""

    at: int
    heading: str
    meaning: Meaning
    likely: tuple[Likeness, ...]
    """The nearest first."""

    @property
    def taken(self) -> Likeness | None:
        """The column that it surely means; None where none or more than one is as near."""
        sure = [one for one in self.likely if one.score >= TAKEN_FROM]
        if not sure or (len(sure) > 1 and sure[1].score == sure[0].score):
            return None
        return sure[0]


@dataclass(frozen=True, slots=True)
class _Form:
    column: str
    text: str
    meaning: Meaning
    may: frozenset[str]


class HeadingMatcher:
    """Compares headings with the columns of one collection."""

    def __init__(self, contract: Collection, feeds: Iterable[Feed] = ()) -> None:
        """`feeds` are those of the collection: what others head a column with is known too."""
        words = field_words()
        own = words.of(contract.collection)
        minutes = contract.cadence.slot_minutes
        self._reader = MeaningReader(words.words | own.words, words.empty_words, minutes)
        self._fillers = self._words_in((*words.fillers, *own.fillers))
        self._titles = self._words_in(words.group_titles)
        names = {column.name: (column.name, *column.was) for column in contract.columns}
        self._names = HeadingNames(names, {})
        self._ignored = HeadingNames({"": words.ignored}, {})
        self._items = {
            column.name: column.source_item.split()[-1].casefold()
            for column in contract.columns
            if column.source_item
        }
        self._key = frozenset(contract.key)
        self._kinds = {column.name: column.type for column in contract.columns}
        self._read: dict[tuple[str, bool], HeadingRead] = {}
        self._forms = self._list_forms(contract, own, feeds)

    def read(self, at: int, heading: str, is_joined: bool = False) -> HeadingRead:
        """What the heading says, and what it may mean; `is_joined`: of two, one over the
        other or one inside of the other.

        Words over a group of columns may be a title that says nothing else.
        """
        known = self._read.get((heading, is_joined))
        if known is None:
            known = self._read[heading, is_joined] = self._read_new(heading, is_joined)
        return replace(known, at=at)

    def _read_new(self, heading: str, is_joined: bool) -> HeadingRead:
        """What a heading says that was not read before; it stands nowhere yet."""
        if _FIGURE.fullmatch(heading):
            return HeadingRead(0, heading, Meaning(frozenset(), ()), ())
        at = 0
        has_title = is_joined and (": " in heading or "." in heading)
        titles = self._titles if has_title else frozenset()
        meaning = self._reader.read(heading)
        best: dict[str, Likeness] = {}
        own = self._names.find(heading)
        if own is not None and self._is_own_name(own, heading, meaning):
            return HeadingRead(at, heading, meaning, (Likeness(own, _OWN_NAME, own),))
        for form in self._forms:
            score = self._score(meaning, form, titles)
            if score > best.get(form.column, Likeness("", _ASKED_FROM, "")).score:
                best[form.column] = Likeness(form.column, round(score, 3), form.text)
        likely = sorted(best.values(), key=lambda one: (-one.score, one.column))
        found = HeadingRead(at, heading, meaning, tuple(likely))
        group, sign, name = heading.partition(": ")
        if is_joined and sign and found.taken is None:
            # A title over a day or a code says nothing of it.
            below = self.read(at, name)
            if below.taken is not None and below.taken.column in self._key:
                meaning = self._reader.read(f"{group} {name}")
                return HeadingRead(at, heading, meaning, (replace(below.taken, score=_KNOWN),))
        return found

    def _is_own_name(self, column: str, heading: str, meaning: Meaning) -> bool:
        """Whether the heading says no more than the name, as '% calls answered' does."""
        named = [one.meaning for one in self._forms if one.column == column]
        return (
            _has_same_digits(column, heading)
            and any(meaning.has_marks_of(one) for one in named)
            and self._fits_unit(meaning, column)
        )

    def is_ignored(self, heading: str) -> bool:
        """Whether such headings stand for no column of any collection."""
        return any(self._ignored.find(one) is not None for one in (heading, parted(heading)))

    def _words_in(self, words: Iterable[str]) -> frozenset[str]:
        return frozenset(one for word in words for one in (word, *self._reader.read(word).words))

    def _list_forms(
        self, contract: Collection, own: CollectionWords, feeds: Iterable[Feed]
    ) -> tuple[_Form, ...]:
        seen = _headings_of(feeds)
        forms = []
        for column in contract.columns:
            known = own.columns.get(column.name)
            may = self._words_in(known.may if known else ())
            texts = [column.name, *column.was, *(known.known if known else ())]
            texts += [text for text, columns in seen.items() if columns == {column.name}]
            for text in dict.fromkeys(texts):
                meaning = self._without_item(self._reader.read(text), column.name)
                forms.append(_Form(column.name, text, meaning, may))
        return tuple(forms)

    def _score(self, meaning: Meaning, form: _Form, titles: frozenset[str]) -> float:
        meaning = self._without_item(meaning, form.column)
        if not meaning.has_marks_of(form.meaning):
            return 0.0
        if not self._fits_unit(meaning, form.column):
            return 0.0
        wanted, words = form.meaning.words, meaning.words
        if not wanted and not form.meaning.marks:
            return 0.0
        harmless = (
            self._fillers
            | form.may
            | (titles if wanted or len(form.meaning.marks) > 1 else frozenset())
        )
        lacking, extra = wanted - words, words - wanted
        strange = extra - harmless
        if not lacking and not strange:
            return _KNOWN - _COST_OF_A_FILLER * len(extra)
        likeness = self._pair_mistyped(lacking, strange)
        if likeness is not None:
            return likeness * _KNOWN - _COST_OF_A_FILLER * len(extra - strange)
        if not words - titles and meaning.marks and _has_same_digits(form.column, form.text):
            return _NUMBERS_ONLY
        alike = len(wanted & words)
        whole = len(wanted) + len(words - (harmless - wanted))
        return min(2 * alike / whole, TAKEN_FROM - 0.05) if whole else 0.0

    def _fits_unit(self, meaning: Meaning, column: str) -> bool:
        """Whether what the heading is a unit of can be in the column: no count has minutes."""
        kind = self._kinds[column]
        if kind not in ("count", "level"):
            return kind != "decimal" or meaning.unit not in ("days", "milliseconds")
        return meaning.unit is None and not meaning.has_open_unit

    def _pair_mistyped(self, lacking: Iterable[str], strange: Iterable[str]) -> float | None:
        """How alike the words are that differ; None where one has no other that it may be."""
        left, total = sorted(strange), []
        for word in sorted(lacking):
            writings = self._reader.writings_of(word)
            alike = [(max(_alike(own, one) for own in writings), one) for one in left]
            best = max(alike, default=(0.0, ""))
            if best[0] < _MISTYPED_FROM:
                return None
            left.remove(best[1])
            total.append(best[0])
        # A letter of a word says little against all the words that are right.
        return None if left or not total else 1 - (1 - min(total)) / 3

    def _without_item(self, meaning: Meaning, column: str) -> Meaning:
        """The meaning without the item code of that column, as in 'Calls answered (A1)'."""
        code = self._items.get(column)
        left = tuple(one for one in meaning.marks if (one.sense, one.number) != ("item", code))
        if code is None or len(left) == len(meaning.marks):
            return meaning
        return Meaning(meaning.words, left, meaning.unit, meaning.clock, meaning.has_open_unit)


def _headings_of(feeds: Iterable[Feed]) -> Mapping[str, set[str]]:
    """The headings that feeds have for columns; one that has several is of no use."""
    seen: dict[str, set[str]] = {}
    for feed in feeds:
        if isinstance(feed.format, TableMap):
            for column, mapped in feed.format.columns.items():
                for heading in mapped.headings:
                    seen.setdefault(heading, set()).add(column)
    return seen


def _alike(one: str, other: str) -> float:
    if min(len(one), len(other)) < _SHORTEST_MISTYPED or one[0] != other[0]:
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _has_same_digits(name: str, heading: str) -> bool:
    """Whether the heading has no other numbers than the name: 'arrivals 2' is no 'arrivals'."""
    return _digits(name) == _digits(heading)


def _digits(text: str) -> Sequence[str]:
    return "".join(sign if sign.isdigit() else " " for sign in text).split()
