"""How the numbers of a column are written: units, clocks, words around them, missing values."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.onboard.field_words import field_words
from pipelines.onboard.heading_match import HeadingRead
from pipelines.onboard.open_questions import Answers
from pipelines.registry.column import Column
from pipelines.registry.feed import MISSING
from pipelines.registry.units import FACTORS

_AROUND = re.compile(
    r"(?P<before>[^\d+\-.,]*)(?P<number>[+-]?[.,]?\d[\d.,\s]*(?<!\s))(?P<after>\D*)"
)
_CLOCK = re.compile(r"-?\d+:\d{2}(:\d{2}([.,]\d+)?)?|(1899|1900|1904)-\d{2}-\d{2}[T ].*")
_FRACTION = re.compile(r"0?[.,]\d{4,}([eE]-\d+)?|0|\d[.,]?\d*[eE]-\d+")
_BOUNDS = re.compile("[<>≤≥~]")
"""Signs of a figure that is withheld or rounded: '<5'."""
_UNITS = {
    "s": "seconds", "sec": "seconds", "secs": "seconds", "second": "seconds", "seconds": "seconds",
    "m": "minutes", "min": "minutes", "mins": "minutes", "minute": "minutes", "minutes": "minutes",
    "h": "hours", "hr": "hours", "hrs": "hours", "hour": "hours", "hours": "hours",
}  # fmt: skip
_ZERO_OR_NOTHING = frozenset({"nil", "none", "no", "zero"})
_STAND_INS = frozenset({"-1", "-9", "-99", "-999", "-9999"})
_LARGE_STAND_INS = frozenset({"999", "9999", "99999", "999999"})
_TIMES_LARGER = 3
_MOST_ODD = 0.2
"""Share of other texts beyond which a column is no column of such numbers."""


@dataclass
class NumbersRead:
    """How the texts of a column are to be read."""

    settings: dict[str, Any] = field(default_factory=dict)
    """What the feed file says of the column beside its headings."""
    missing: set[str] = field(default_factory=set)
    """Texts that stand for no value."""
    trouble: str | None = None
    """Why the column cannot be read as it stands; None where it can, or a question is open."""
    is_open: bool = False
    """Whether a question has to be answered first."""


def read_numbers(
    column: Column, heading: HeadingRead, texts: Sequence[str], answers: Answers
) -> NumbersRead:
    """How the texts under that heading are written, as figures of that column."""
    read = NumbersRead()
    counted = Counter(text.replace("\u00a0", " ").strip() for text in texts)
    values = [text for text in counted if not _is_missing(text, read)]
    values = [text for text in values if not _stands_in(column, text, values, answers, read)]
    if not values:
        _read_empty(column, heading, answers, read)
        return read
    clocks = [text for text in values if _CLOCK.fullmatch(text)]
    if clocks and ("clock", column.unit) not in FACTORS:
        read.trouble = f"'{clocks[0]}' is a time on a clock, and the column has {column.unit}"
        return read
    if clocks:
        others = [text for text in values if text not in clocks and not _FRACTION.fullmatch(text)]
        _sort_out(others, counted, len(values), answers, read)
        _read_clocks(column, heading, clocks, answers, read)
        return read
    around = {text: _AROUND.fullmatch(text) for text in values}
    odd = [
        text for text, found in around.items() if found is None or _BOUNDS.search(found["before"])
    ]
    _sort_out(odd, counted, len(values), answers, read)
    parts = [found for text, found in around.items() if found is not None and text not in odd]
    if read.trouble is None:
        _read_words(column, heading, parts, answers, read)
    return read


def _read_empty(column: Column, heading: HeadingRead, answers: Answers, read: NumbersRead) -> None:
    """A column without a value tells its unit by its heading alone."""
    if ("seconds", column.unit) in FACTORS:
        _settle_unit(column, heading, None, [], answers, read)


def _is_missing(text: str, read: NumbersRead) -> bool:
    plain = text.casefold()
    if not plain or plain in {one.casefold() for one in MISSING}:
        return True
    if plain in field_words().missing_texts:
        read.missing.add(text)
        return True
    return False


def _stands_in(
    column: Column, text: str, values: Sequence[str], answers: Answers, read: NumbersRead
) -> bool:
    """Whether the text stands for no value, as somebody answered; the column is open without."""
    plain = text.casefold()
    is_number = text in _STAND_INS or _is_far_larger(text, values)
    if plain not in _ZERO_OR_NOTHING and not is_number:
        return False
    other = "a figure as it stands" if is_number else "zero; the sender has to write 0 then"
    told = answers.ask(
        f"missing.{text}",
        column.name,
        f"'{text}' stands for no value, or is {'a figure' if is_number else 'zero'}.",
        {"missing": "no value", "figure": other},
        [text],
    )
    if told == "missing":
        read.missing.add(text)
        return True
    read.is_open |= told is None
    if told == "figure" and not is_number:
        read.trouble = f"'{text}' cannot be read as zero; the sender has to write 0"
    return told is None


def _is_far_larger(text: str, values: Sequence[str]) -> bool:
    if text not in _LARGE_STAND_INS:
        return False
    others = [float(one) for one in values if one != text and one.isdigit()]
    return float(text) > _TIMES_LARGER * max(others, default=0.0)


def _sort_out(
    odd: Sequence[str], counted: Counter[str], length: int, answers: Answers, read: NumbersRead
) -> None:
    """Texts that are no numbers: those that repeat are asked about, many are a trouble."""
    asked: set[str] = set()
    for text in odd:
        if counted[text] > 1 and len(odd) < length:
            asked.add(text)
            told = answers.ask(
                f"missing.{text}",
                "file",
                f"'{text}' stands among numbers.",
                {"missing": "no value", "error": "a mistake: its row is kept out and told"},
                [text],
            )
            if told == "missing":
                read.missing.add(text)
            read.is_open |= told is None
    left = [text for text in odd if text not in asked]
    if len(left) > _MOST_ODD * length and length > 1:
        read.trouble = f"it holds other texts than numbers, such as {_told(left)}"


def _read_clocks(
    column: Column, heading: HeadingRead, clocks: Sequence[str], answers: Answers, read: NumbersRead
) -> None:
    """Durations on a clock; whether 17:30 is hours or minutes is told by the heading or asked."""
    said = heading.meaning.clock
    has_two = any(text.count(":") == 1 for text in clocks)
    read.settings["given_in"] = "clock"
    if has_two:
        clock = said or _ask_clock(column, heading, clocks, answers)
        read.is_open |= clock is None
        if clock is not None:
            read.settings["clock"] = clock
        return
    whole = [text for text in clocks if re.search(r":00(\.0+)?$", text)]
    hours = [text for text in clocks if not re.match(r"-?0+:", text)]
    if len(whole) < len(clocks) or not hours or heading.meaning.unit == "clock":
        return
    if column.unit == "hours":
        return
    told = answers.ask(
        f"{column.name}.clock_shown",
        column.name,
        f"Every time under '{heading.heading}' ends in :00. A spreadsheet makes that of minutes "
        "and seconds, too.",
        {"hh:mm:ss": "hours, minutes and seconds", "mm:ss": "minutes and seconds, not readable"},
        clocks,
        shared="clock_shown",
    )
    read.is_open |= told is None
    if told == "mm:ss":
        read.trouble = "minutes and seconds were stored as hours and minutes; send them as text"


def _ask_clock(
    column: Column, heading: HeadingRead, clocks: Sequence[str], answers: Answers
) -> str | None:
    return answers.ask(
        f"{column.name}.clock",
        column.name,
        f"A clock of two parts under '{heading.heading}'.",
        {"hh:mm": "hours and minutes", "mm:ss": "minutes and seconds"},
        [text for text in clocks if text.count(":") == 1],
        shared="clock",
    )


def _read_words(
    column: Column,
    heading: HeadingRead,
    parts: Sequence[re.Match[str]],
    answers: Answers,
    read: NumbersRead,
) -> None:
    """The words before and after the numbers."""
    before = {found["before"].strip() for found in parts} - {""}
    after = {found["after"].strip() for found in parts} - {""}
    words = field_words()
    if before:
        known = {word for word in before if word.casefold().strip(" -:.") in words.level_words}
        if column.type != "level" or known != before:
            read.trouble = f"'{min(before - known or before)}' stands before its numbers"
            return
        read.settings["prefixes"] = sorted(before, key=lambda word: (-len(word), word))
    is_duration = ("seconds", column.unit) in FACTORS
    units = {_UNITS.get(word.casefold().rstrip("."), "") for word in after}
    if after and is_duration and "" not in units:
        _read_unit_words(column, heading, parts, units, answers, read)
    elif after:
        own = {word for word in after if word.casefold() in words.count_words}
        if own != after or column.type != "count":
            read.trouble = f"'{min(after - own or after)}' stands after its numbers"
            return
    elif is_duration:
        numbers = [found["number"] for found in parts]
        _settle_unit(column, heading, None, numbers, answers, read)
    if after:
        read.settings["suffixes"] = sorted(after, key=lambda word: (-len(word), word))


def _read_unit_words(
    column: Column,
    heading: HeadingRead,
    parts: Sequence[re.Match[str]],
    units: set[str],
    answers: Answers,
    read: NumbersRead,
) -> None:
    bare = [found["number"] for found in parts if not found["after"].strip()]
    if len(units) > 1:
        read.trouble = f"its numbers have different units: {', '.join(sorted(units))}"
        return
    (unit,) = units
    said = heading.meaning.unit
    if bare and said != unit:
        read.trouble = f"'{unit}' stands after some of its numbers and not after others"
        return
    _settle_unit(column, heading, unit, [found.group() for found in parts], answers, read)


def _settle_unit(
    column: Column,
    heading: HeadingRead,
    of_cells: str | None,
    numbers: Sequence[str],
    answers: Answers,
    read: NumbersRead,
) -> None:
    """`given_in`, where cells or heading say it and agree; else it is asked."""
    said = heading.meaning.unit
    is_fraction = (
        of_cells is None
        and bool(numbers)
        and any(number.strip("0.,") for number in numbers)
        and all(_FRACTION.fullmatch(number) for number in numbers)
    )
    unit = of_cells or said
    is_sure = unit is not None and (of_cells is None or said in (None, of_cells))
    if said == "clock":
        unit, is_sure = ("clock", True) if is_fraction or not numbers else (None, False)
    if is_fraction and said != "clock":
        is_sure = False
    if not is_sure:
        choices = {one: f"the figures are {one}" for one in ("seconds", "minutes", "hours")}
        if is_fraction:
            choices["clock"] = "fractions of a day, as a spreadsheet stores times"
        unit = answers.ask(
            f"{column.name}.unit",
            column.name,
            f"The unit of '{heading.heading}' is not told; the column has {column.unit}.",
            choices,
            numbers,
            shared="unit",
        )
        read.is_open |= unit is None
    if unit is not None and unit != column.unit:
        read.settings["given_in"] = unit


def _told(texts: Sequence[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts[:3])
