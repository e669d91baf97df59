"""Reads the text of one cell as its column's type; each distinct text is read once.

The same few thousand texts fill millions of cells, so what a text means is remembered for each
way of writing (`Reading`), over all feeds that write in that way.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from pipelines.base.clean_code import INVISIBLE_SIGNS, clean_code, code_beside_name
from pipelines.base.clock import LONDON, london_date
from pipelines.conform.numbers import Number, read_clock, read_number
from pipelines.conform.written_months import month_with_edges, read_month
from pipelines.conform.written_times import read_midnight, without_seconds
from pipelines.registry.column import ColumnType
from pipelines.registry.format import Reading
from pipelines.registry.slots import day_start
from pipelines.registry.units import factor
from pipelines.registry.written_forms import EPOCHS, EXCEL_DAYS, read_epoch, read_excel_days

_MOST_TEXTS = 100_000
"""Texts remembered for one reading beside those of a file, so that memory stays bounded."""
_MOST_SIGNS = 10_000_000
"""Likewise their signs in all."""

Outcome = tuple[Any, str | None]
"""A value, or None and the code of what is wrong."""


class Limits(NamedTuple):
    """What a column takes: numbers of at most that size, and times from that London day on."""

    most: float = 2**31 - 1
    earliest: date = date.min


WITHOUT_LIMITS = Limits()


class ReadTexts(dict[str | None, Any]):
    """Text → value; None where it is missing or wrong. `wrong` has the code of each wrong text."""

    def __init__(self, read: Callable[[str], Outcome]) -> None:
        super().__init__({None: None})
        self._read = read
        self.wrong: dict[str | None, str] = {}

        self._signs = 0

    def __missing__(self, text: str) -> Any:
        value, code = self._read(text)
        if code:
            self.wrong[text] = code
        self[text] = value
        self._signs += len(text)
        return value

    def make_room(self) -> None:
        """Forgets all texts where they have become many; not while a file's are looked up."""
        if len(self) > _MOST_TEXTS or self._signs > _MOST_SIGNS:
            self.clear()
            self.wrong.clear()
            self[None] = None
            self._signs = 0


@lru_cache(maxsize=4096)
def read_texts(
    kind: ColumnType,
    unit: str,
    slot_minutes: int,
    reading: Reading,
    missing: tuple[str, ...],
    limits: Limits = WITHOUT_LIMITS,
) -> ReadTexts:
    """What the texts of a column mean; equal arguments share what is remembered."""
    return ReadTexts(reader(kind, unit, slot_minutes, reading, missing, limits))


def reader(
    kind: ColumnType,
    unit: str,
    slot_minutes: int,
    reading: Reading,
    missing: tuple[str, ...],
    limits: Limits = WITHOUT_LIMITS,
) -> Callable[[str], Outcome]:
    """The function that reads a text of such a column: its value, or the code of what is wrong."""
    typed = _typed(kind, unit, slot_minutes, reading, limits)
    nothing = {text.casefold() for text in missing} | {""}
    bare = value_in(reading)

    def read(text: str) -> Outcome:
        plain = text.replace("\u00a0", " ").strip()
        if not plain.isascii():
            plain = plain.translate(INVISIBLE_SIGNS).strip()
        return (None, None) if plain.casefold() in nothing else typed(bare(plain))

    return read


def value_in(reading: Reading) -> Callable[[str], str]:
    """The function that takes the words before and after a value away."""
    before = tuple(word.casefold() for word in reading.prefixes)
    after = tuple(word.casefold() for word in reading.suffixes)

    def bare(plain: str) -> str:
        for word in before:
            if plain.casefold().startswith(word):
                plain = plain[len(word) :].strip()
        for word in after:
            if plain.casefold().endswith(word):
                plain = plain[: -len(word)].strip()
        return plain

    return bare


def has_whole_numbers(kind: str, reading: Reading) -> bool:
    """Whether only whole numbers may stand in the cells of such a column."""
    return kind in ("count", "level") and reading.given_in is None


def _typed(
    kind: ColumnType, unit: str, slot_minutes: int, reading: Reading, limits: Limits
) -> Callable[[str], Outcome]:
    if kind in ("count", "level", "decimal"):
        scale = factor(reading.given_in, unit)
        is_whole = has_whole_numbers(kind, reading)

        def number(text: str) -> Number:
            if reading.given_in == "clock":
                return read_clock(text, reading.decimal_mark, reading.clock)
            return read_number(text, reading.decimal_mark, is_whole)

        if kind == "decimal":
            return lambda text: _decimal(*number(text), scale, limits.most)
        return lambda text: _count(*number(text), scale, not is_whole, limits.most)
    if kind == "date":
        return lambda text: _day(text, reading, limits.earliest)
    if kind == "month":
        return lambda text: _month(text, reading, limits.earliest)
    if kind == "slot":
        length = timedelta(minutes=slot_minutes)
        first = datetime.combine(limits.earliest, time())
        if limits.earliest > date.min:
            first = day_start(limits.earliest).replace(tzinfo=None)
        return lambda text: _slot(text, reading, length, first)
    if kind != "code":
        return _text
    stands_at = reading.code_at
    return _code if stands_at is None else lambda text: (code_beside_name(text, stands_at), None)


def _count(
    number: float | None, code: str, scale: float, is_converted: bool, most: float
) -> Outcome:
    if number is None:
        return None, code
    value = round(number * scale) if is_converted else number
    if value != int(value):
        return None, "CELL-002"
    if abs(value) > most:
        return None, "CELL-005"
    return int(value), None


def _decimal(number: float | None, code: str, scale: float, most: float) -> Outcome:
    if number is None:
        return None, code
    value = number * scale
    return (None, "CELL-005") if abs(value) > most else (value, None)


def _day(text: str, reading: Reading, earliest: date) -> Outcome:
    # A workbook or a database often gives midnight with its days.
    plain = re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", text)
    stated = _stated(plain, reading.format) if reading.format else None
    try:
        if stated and reading.format in EPOCHS:
            day = london_date(stated)
        else:
            day = stated.date() if stated else date.fromisoformat(plain)
    except ValueError:
        return None, "CELL-004"
    return (None, "SLOT-002") if day < earliest else (day, None)


def _month(text: str, reading: Reading, earliest: date) -> Outcome:
    """The first day of the month."""
    stated = _stated(text, reading.format) if reading.format else None
    day, code = month_with_edges(stated.date()) if stated else read_month(text)
    if day is None:
        return None, code
    return (None, "SLOT-002") if day < earliest else (day, None)


def _slot(text: str, reading: Reading, length: timedelta, first: datetime) -> Outcome:
    """The slot's start in UTC without a zone, as the warehouse stores it."""
    stated = _stated_slot(text, reading.format)
    if stated is None:
        midnight = read_midnight(text, lambda plain: _stated_slot(plain, reading.format))
        if midnight is None:
            return None, "CELL-007"
        if reading.labelled_by == "start":
            return None, "CELL-015"
        stated = midnight
    if stated.tzinfo is None and reading.zone == "offset":
        return None, "CELL-009"
    try:
        if stated.tzinfo is not None or reading.zone == "UTC":
            instant = stated.astimezone(UTC) if stated.tzinfo else stated.replace(tzinfo=UTC)
        else:
            earlier = stated.replace(tzinfo=LONDON, fold=0)
            if earlier.utcoffset() != stated.replace(tzinfo=LONDON, fold=1).utcoffset():
                return None, "CELL-008"
            instant = earlier.astimezone(UTC)
        start = instant - length if reading.labelled_by == "end" else instant
    except (OverflowError, ValueError):
        # The first or the last day of the calendar, moved beyond it.
        return None, "CELL-007"
    slot = start.replace(tzinfo=None)
    return (None, "SLOT-002") if slot < first else (slot, None)


def _stated_slot(text: str, form: str | None) -> datetime | None:
    """The time in the form of the feed, seconds of 00 added or not, or in ISO 8601."""
    stated = (form and _stated(text, form)) or _stated(text, None)
    if stated is None and form and (plain := without_seconds(text)) != text:
        return _stated(plain, form)
    return stated or None


def _stated(text: str, form: str | None) -> datetime | None:
    """The time that the text has in that form (None: ISO 8601), or None.

    Digits of other scripts are no time: strptime reads some of them, and fails at others.

    A true date cell of a workbook comes as ISO 8601, whatever form the feed has for texts.
    """
    if not text.isascii():
        return None
    if form is not None and form in EPOCHS:
        return read_epoch(text, form)
    if form == EXCEL_DAYS and (counted := read_excel_days(text)):
        return counted
    if form == EXCEL_DAYS:
        form = None
    try:
        return datetime.strptime(text, form) if form else datetime.fromisoformat(text)
    except ValueError:
        return None


def _code(text: str) -> Outcome:
    return clean_code(text) or None, None


def _text(text: str) -> Outcome:
    return text, None
