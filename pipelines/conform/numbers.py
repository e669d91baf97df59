"""What the text of a number means: its decimal mark, its thousands, and durations on a clock.

'1,250' is 1250 where a point is the decimal mark, and 1.25 where a comma is. A file has one style;
which one is told by the feed, or by the other numbers of the file (`number_style`).
"""

import re
from datetime import datetime, timedelta
from math import isfinite

from pipelines.registry.format import Clock, DecimalMark
from pipelines.registry.units import clock_seconds, day_fraction_seconds

NOT_SETTLED = "CELL-012"
"""Code of a number that means one thing by a point as decimal mark and another by a comma."""
_NO_NUMBER = "CELL-001"
_TWO_PARTS = "CELL-013"
_MEANT_AS_MISSING = "CELL-014"
# fmt: off
_NOTHING = frozenset((
    "na", "n/a", "n.a.", "nan", "none", "nil", "null", "(null)", "<null>", "missing",
    "not available", "not applicable", "no data", "-", "--", "---", "–", "—", ".", "..", "…",
    "*", "[z]", "[x]", "[c]", "#n/a", "#null!", "#num!", "#name?", "#div/0!", "#ref!", "#value!",
))
# fmt: on
"""What programs and people write where there is no figure, beside what a feed lists itself."""

_SPACES = " \u00a0\u2007\u2009\u202f"
_SPACED = re.compile(rf"[+-]?[0-9]{{1,3}}([{_SPACES}])[0-9]{{3}}(\1[0-9]{{3}})*([.,][0-9]*)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_TRIPLE = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_SURELY_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(,[0-9]{3}|\.[0-9]+)")
_FRACTION = re.compile(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?")
_SWAPPED = str.maketrans(",.", ".,")
_EXCEL_DAY = re.compile(r"(1899|1900|1904)-[0-9]{2}-[0-9]{2}[T ].*")
_EXCEL_LEAP = datetime(1900, 3, 1)
"""Excel counts a 29 February 1900 that never was; no wait is as long."""

Number = tuple[float | None, str]
"""A number, or None and the code of what is wrong with its text."""


def join_thousands(text: str) -> str:
    """The text without the spaces between its thousands, where it is such a number."""
    if text.isdigit() or not _SPACED.fullmatch(text):
        return text
    return text.translate(dict.fromkeys(map(ord, _SPACES)))


def style_of(text: str, is_whole: bool) -> DecimalMark:
    """The decimal mark that the text shows; 'auto' where it may be either.

    Of a column of whole numbers '1,250' can be no 1.25, so that it shows a point. '1.250' shows
    no comma there: it may as well be a figure that is not whole.
    """
    plain = join_thousands(text)
    if plain.isdigit():
        return "auto"
    if _shows_comma(plain):
        return "comma"
    is_grouped = is_whole and _TRIPLE.fullmatch(plain) and not plain.endswith(",000")
    return "point" if is_grouped or _shows_comma(plain.translate(_SWAPPED)) else "auto"


def _shows_comma(text: str) -> bool:
    """Whether in that text a comma is surely the decimal mark, or a point between thousands."""
    if _FRACTION.fullmatch(text):
        return not _TRIPLE.fullmatch(text)
    return bool(_SURELY_GROUPED.fullmatch(text.translate(_SWAPPED)))


def read_number(text: str, mark: DecimalMark, is_whole: bool) -> Number:
    """The number by that decimal mark; with 'auto' what it is where a point is the usual one.

    'auto' leaves open what shows a comma, and what may be either: of a decimal column '1,250',
    of a column of whole numbers '1.250'.
    """
    # Nearly every text is one: looked at first.
    if text.isascii() and text.isdigit():
        return _plain_number(text)
    text = join_thousands(text)
    if mark == "comma":
        text = text.translate(_SWAPPED)
    elif mark == "auto":
        swapped = text.translate(_SWAPPED) if is_whole else text
        is_open = _TRIPLE.fullmatch(swapped) and not (is_whole and swapped.endswith(",000"))
        if is_open or _shows_comma(text):
            return None, NOT_SETTLED
    return _plain_number(text)


def _plain_number(text: str) -> Number:
    """The number, with a point and with commas only between thousands."""
    if text.casefold() in _NOTHING:
        return None, _MEANT_AS_MISSING
    # Python reads digits of every script, Excel and databases read these only.
    if not text.isascii() or "_" in text or ("," in text and not _THOUSANDS.fullmatch(text)):
        return None, _NO_NUMBER
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None, _NO_NUMBER
    return (value, "") if isfinite(value) else (None, _NO_NUMBER)


def read_clock(text: str, mark: DecimalMark, clock: Clock | None) -> Number:
    """The seconds of a duration on a clock, or of a fraction of a day, as Excel stores it.

    Raises nothing: '17:30' without a stated `clock`, and a number that may be minutes, are told.
    """
    if ":" not in text:
        value, code = read_number(text, mark, is_whole=False)
        if value is None:
            return None, code
        seconds = day_fraction_seconds(value, len(text.replace(",", ".").partition(".")[2]))
        return (None, _NO_NUMBER) if seconds is None else (seconds, "")
    if _EXCEL_DAY.fullmatch(text):
        return _since_epoch(text)
    parts = text.count(":") + 1
    seconds = clock_seconds(text.replace(",", "."), clock)
    if seconds is None:
        is_open = parts == 2 and clock is None and clock_seconds(text, "mm:ss") is not None
        return None, _TWO_PARTS if is_open else _NO_NUMBER
    return seconds, ""


def _since_epoch(text: str) -> Number:
    """A duration of a day and more, to which a sheet gave the format of a date."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None, _NO_NUMBER
    first = datetime(1904, 1, 1) if moment.year == 1904 else datetime(1899, 12, 31)
    if moment.tzinfo is not None or moment < first:
        return None, _NO_NUMBER
    if moment.year == 1900 and moment >= _EXCEL_LEAP:
        return None, _NO_NUMBER
    return (moment - first) / timedelta(seconds=1), ""
