"""What a heading says: its words, its numbers with their sense, and its unit.

Numbers and units are no words: "over 4 hours" is never like "over 12 hours", "C1" never like "C2",
"30-60" never like "over 60", and the mean never like a centile.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.parse.files.names import plain_name
from pipelines.registry.format import Clock

_UNIT = (
    r"(?:seconds?|secs?|s|minutes?|mins?|min|m|hours?|hrs?|hr|h|days?|d|weeks?|milliseconds?|ms)"
)
_UNIT_OF = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_IN_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
_NUMBER = r"(\d+(?:\.\d+)?)"
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "seven": 7, "twelve": 12, "fourteen": 14,
    "fifteen": 15, "twenty one": 21, "thirty": 30, "forty five": 45, "sixty": 60,
}  # fmt: skip
_OVER = (
    r"(?<![a-z])(?:over|more than|greater than|longer than|exceeding|exceeds|above|beyond|at least"
    r"|gte?|>=?|≥)"
)
_WITHIN = r"(?<![a-z])(?:within|under|less than|below|up to|lte?|<=?|≤)"
_MORE = r"(?:\+|plus\b|or more|and more|and over|or over|or longer|and above)"
_CLOCKS = re.compile(r"\[?\b(h+\]?:mm:ss|h+\]?:mm(?!:)|mm?:ss)\b", re.IGNORECASE)
_BRACKETED = re.compile(rf"[(\[]\s*(?:in\s+)?({_UNIT})\s*[)\]]", re.IGNORECASE)
_BARE_UNITS = {
    "second": "seconds", "seconds": "seconds", "sec": "seconds", "secs": "seconds",
    "minute": "minutes", "minutes": "minutes", "min": "minutes", "mins": "minutes",
    "hour": "hours", "hours": "hours", "hr": "hours", "hrs": "hours",
    "days": "days", "ms": "milliseconds", "msec": "milliseconds", "milliseconds": "milliseconds",
}  # fmt: skip


_ORDINARY = frozenset({"min", "second"})
"""Words that are no unit where they stand first: the least, and the one after the first."""
_NAMES = frozenset({"999", "111"})
"""Numbers that are the names of services."""
_OF_THE_DAY = "of the day"


class Mark(NamedTuple):
    """A number of a heading and its sense: ("over", 15, "minutes"), ("category", "1", None)."""

    sense: str
    number: str
    unit: str | None = None

    def is_like(self, other: "Mark") -> bool:
        """Whether both say the same; a number without a unit is like that number of any unit."""
        if self.sense != other.sense:
            return False
        if self.unit is None or other.unit is None:
            return self.number == other.number
        return self._seconds == other._seconds

    @property
    def _seconds(self) -> tuple[float, ...]:
        scale = _IN_SECONDS.get(self.unit or "", 0)
        return tuple(float(one) * scale for one in self.number.split("-"))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a heading says."""

    words: frozenset[str]
    marks: tuple[Mark, ...]
    unit: str | None = None
    """seconds, minutes, hours, days, milliseconds, or clock."""
    clock: Clock | None = None
    """How a clock of two parts is to be read, where the heading says so."""
    has_open_unit: bool = False
    """Whether it may have a unit of which nobody knows what it is, as '(m)'."""

    def has_marks_of(self, other: "Meaning") -> bool:
        """Whether both have the same numbers in the same sense."""
        left = list(other.marks)
        for mark in self.marks:
            match = next((one for one in left if mark.is_like(one)), None)
            if match is None:
                return False
            left.remove(match)
        return not left


class MeaningReader:
    """Reads headings by a list of words."""

    def __init__(
        self, words: Mapping[str, Sequence[str]], empty: Sequence[str], slot_minutes: int
    ) -> None:
        writings = ((plain_name(one), word) for word, all_ in words.items() for one in all_)
        own = ((word.replace("_", " "), word) for word in words)
        self._writings = sorted({*writings, *own}, key=lambda pair: (-len(pair[0]), pair))
        self._empty = frozenset(map(plain_name, empty))
        self._single: dict[str, set[str]] = {}
        for writing, word in self._writings:
            if " " not in writing:
                self._single.setdefault(word, {word}).add(writing)
        self._slot_seconds = slot_minutes * 60

    def read(self, heading: str) -> Meaning:
        """What the heading says."""
        text, unit, clock, is_open = _take_unit(parted(heading))
        marks: list[Mark] = []
        for pattern, mark in _PATTERNS:
            text = pattern.sub(_taker(marks, mark), text)
        marks = [one for one in marks if not self._is_of_the_slot(one)]
        text = f" {plain_name(text)} "
        for writing, word in self._writings:
            text = text.replace(f" {writing} ", f" {word} ")
        words = text.split()
        own: list[str] = []
        for at, word in enumerate(words):
            if word in _BARE_UNITS and unit is None and (at or word not in _ORDINARY):
                unit = _BARE_UNITS[word]
            elif word in ("s", "h") and at == len(words) - 1 and at and unit is None:
                unit = _UNIT_OF[word]
            elif word == "m" and at == len(words) - 1 and at and unit is None:
                is_open = True
            elif re.fullmatch(r"[a-z]\d{1,3}", word):
                marks.append(Mark("item", word))
            elif word.isdigit() and word not in _NAMES:
                marks.append(Mark("digits", word))
            elif word in _BARE_UNITS:
                own += [word] if _BARE_UNITS[word] != unit else []
            elif word not in self._empty:
                own.append(word)
        return Meaning(frozenset(own), tuple(marks), unit, clock, is_open)

    def writings_of(self, word: str) -> frozenset[str]:
        """The single words that are written for that word, itself among them."""
        return frozenset(self._single.get(word, {word}))

    def _is_of_the_slot(self, mark: Mark) -> bool:
        """Whether it says what all figures of a slot have: 'last 15 min' of quarters of an hour."""
        if mark.sense == _OF_THE_DAY:
            return True
        if mark.sense not in ("last", "span"):
            return False
        if mark.unit is None:
            return mark.sense == "last" and float(mark.number) * 60 == self._slot_seconds
        return float(mark.number) * _IN_SECONDS.get(mark.unit, 0) == self._slot_seconds


def parted(heading: str) -> str:
    """In small letters with spaces between the words of a name such as callsAnswered."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z]|[A-Z]{2}|[A-Z]?[0-9])", " ", heading.strip())
    text = re.sub(r"(?<=[0-9])(?=[A-Z][a-z]{2})", " ", text)
    text = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z]{2})", " ", text)
    text = re.sub(r"[_./\\\n\r\t]+(?![0-9])|(?<![0-9])[_./\\]+|_", " ", text.casefold())
    text = re.sub(r"[(\[] ?[01] ?[-–] ?[45] ?[)\]]", " ", text.replace("sit rep", "sitrep"))
    text = re.sub(r"\bp\s?(?=\d\d\b)", "p", re.sub(r"\bc\s(?=[1-5]\b)", "c", text))
    text = re.sub(r"(c[1-5])(?=p\d\d)", r"\1 ", text)
    for word, number in sorted(_NUMBER_WORDS.items(), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"\b{word.replace(' ', '[ -]')}\b", str(number), text)
    return re.sub(r"\s+", " ", text)


def _take_unit(text: str) -> tuple[str, str | None, Clock | None, bool]:
    """The text without what says its unit; the unit, and how a clock of two parts is read."""
    if found := _CLOCKS.search(text):
        form = found[1].lower().replace("]", "")
        clock: Clock | None = "hh:mm" if re.fullmatch("h+:mm", form) else None
        clock = "mm:ss" if re.fullmatch("m+:ss", form) else clock
        return text.replace(found[0], " "), "clock", clock, False
    found = _BRACKETED.search(text)
    if found is None:
        return text, None, None, False
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    if found[1] == "m":
        return rest, None, None, True
    return rest, _unit_named(found[1]), None, False


def _unit_named(word: str | None) -> str | None:
    if word is None:
        return None
    return "milliseconds" if word.startswith(("mil", "ms")) else _UNIT_OF[word[0]]


def _taker(marks: list[Mark], make: "_Make") -> Callable[[re.Match[str]], str]:
    def take(found: re.Match[str]) -> str:
        marks.append(make(found))
        return " "

    return take


_Make = Callable[[re.Match[str]], Mark]


def _threshold(sense: str) -> _Make:
    def make(found: re.Match[str]) -> Mark:
        unit = next((one for one in found.groups()[1:] if one), None)
        return Mark(sense, _plain_number(found[1]), _unit_named(unit))

    return make


def _plain_number(text: str) -> str:
    return f"{float(text):g}"


def _band(found: re.Match[str]) -> Mark:
    numbers = f"{_plain_number(found[1])}-{_plain_number(found[3])}"
    return Mark("band", numbers, _unit_named(found[4] or found[2]))


_PATTERNS: tuple[tuple[re.Pattern[str], _Make], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (
            rf"\b(?:in |over )?(?:the )?(?:last|past|previous|prev) {_NUMBER}"
            rf"(?:\s*-?\s*({_UNIT})\b|(?=\s*$))",
            _threshold("last"),
        ),
        (
            r"\bp(\d\d)\b|\b(\d\d) ?(?:th|st|nd|rd)?[ -]?(?:%ile|percentile|centile|per centile"
            r"|pctl|pctile|ile)\b|\b(50|75|90|95|99)(?:th|st|nd|rd)\b",
            lambda found: Mark("centile", found[1] or found[2] or found[3]),
        ),
        (
            rf"\b(?:between )?{_NUMBER}\s*({_UNIT})?\s*(?:-|–|—|to|and)\s*{_NUMBER}\s*-?\s*"
            rf"({_UNIT})?(?![\w.])",
            _band,
        ),
        (rf"{_OVER}\s*{_NUMBER}\s*-?\s*({_UNIT})?(?![\w.])\s*{_MORE}?", _threshold("over")),
        (rf"\b{_NUMBER}\s*-?\s*({_UNIT})?\s*{_MORE}(?:\s*({_UNIT})(?![\w.]))?", _threshold("over")),
        (rf"\bin {_NUMBER}\s*(?:-?\s*({_UNIT})(?![\w.])|$)", _threshold("within")),
        (rf"{_WITHIN}\s*{_NUMBER}\s*-?\s*({_UNIT})?(?![\w.])", _threshold("within")),
        (
            r"\b(?:category|categories|cat|c)[ .-]*([1-5]t?)\b",
            lambda found: Mark("category", found[1]),
        ),
        (r"\b(?:type|t)[ .-]*([1-4])\b", lambda found: Mark("type", found[1])),
        (r"\b0?8[:.]?00\b|\b0?8 ?am\b", lambda _: Mark(_OF_THE_DAY, "8")),
        (
            r"%|\b(?:percent|per cent|pct|proportion|rate|ratio|perc)\b",
            lambda _: Mark("percent", ""),
        ),
        (rf"\b{_NUMBER}\s*-?\s*({_UNIT})(?![\w.])", _threshold("span")),
    )
)
