"""England's bank holidays, on which services have the rhythm of a Sunday.

They follow from the Banking and Financial Dealings Act 1971 and yearly custom. A holiday that is
proclaimed for one year (a coronation) is not known here and counts as an ordinary day.
"""

from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)
_SATURDAY, _MONDAY = 5, 0


def is_bank_holiday(day: date) -> bool:
    """Whether the day is one, or the Christmas or New Year's Day that another stands in for."""
    return day in _of_year(day.year)


@lru_cache(maxsize=16)
def _of_year(year: int) -> frozenset[date]:
    easter = _easter(year)
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    moving = [
        easter - 2 * _DAY,
        easter + _DAY,
        _first_monday(date(year, 5, 1)),
        _first_monday(date(year, 5, 25)),
        _first_monday(date(year, 8, 25)),
    ]
    days = {*fixed, *moving}
    for one in fixed:
        if one.weekday() >= _SATURDAY:
            substitute = one
            while substitute.weekday() >= _SATURDAY or substitute in days:
                substitute += _DAY
            days.add(substitute)
    return frozenset(days)


def _first_monday(day: date) -> date:
    """The first Monday on that day or after it."""
    return day + ((_MONDAY - day.weekday()) % 7) * _DAY


def _easter(year: int) -> date:
    """Easter Sunday, by the anonymous Gregorian computus (Meeus, Astronomical Algorithms)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap, rest = divmod(century, 4)
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - shift + 15) % 30
    quarter, left = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * quarter - epact - left) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
