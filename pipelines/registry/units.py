"""Units of durations in files, their factors to the units of a contract, and plausible sizes."""

import re
from collections.abc import Mapping

_DIGITS = re.compile("[0-9]{1,9}")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]*)?")
_DECIMALS_OF_A_FRACTION = 4
"""A minute is 0.000694 of a day."""
_SECONDS_OF_A_DAY = 86_400

FACTORS: Mapping[tuple[str, str], float] = {
    ("seconds", "seconds"): 1,
    ("minutes", "seconds"): 60,
    ("hours", "seconds"): 3600,
    ("clock", "seconds"): 1,
    ("seconds", "minutes"): 1 / 60,
    ("minutes", "minutes"): 1,
    ("hours", "minutes"): 60,
    ("clock", "minutes"): 1 / 60,
    ("seconds", "hours"): 1 / 3600,
    ("minutes", "hours"): 1 / 60,
    ("hours", "hours"): 1,
    ("clock", "hours"): 1 / 3600,
}
"""(unit in the file, unit of the column) → what a value is multiplied by; a clock gives seconds."""


MOST_PLAUSIBLE: Mapping[str, int] = {"seconds": 31_536_000, "minutes": 525_600, "hours": 8_760}
"""First word of a unit → its largest value: a wait of a year."""

MOST_COUNTED = 100_000
"""England has about as many general and acute beds: no organisation has more of anything."""


def most_plausible(unit: str) -> int:
    """The largest value that one organisation can have in that unit, unless its column says more.

    It tells a number that cannot be from one that is unusual, which rules warn of.
    """
    return MOST_PLAUSIBLE.get(unit.partition(" ")[0], MOST_COUNTED)


def factor(given_in: str | None, unit: str) -> float:
    """What a value given in that unit is multiplied by; 1 where the file has the column's own."""
    return 1 if given_in is None else FACTORS[given_in, unit]


def clock_seconds(text: str, clock: str | None = None) -> float | None:
    """The seconds of '0:19:21.187' or '00:59:35'; None for other texts.

    '19:21' is hours and minutes where `clock` is 'hh:mm', minutes and seconds where it is 'mm:ss'.
    """
    parts = text.split(":")
    if len(parts) == 2 and clock == "hh:mm" and _DIGITS.fullmatch(parts[1]):
        parts.append("00")
    elif len(parts) == 2 and clock != "mm:ss":
        return None
    if len(parts) not in (2, 3):
        return None
    *whole, seconds = parts
    if not all(map(_DIGITS.fullmatch, whole)) or not _SECONDS.fullmatch(seconds):
        return None
    total = float(seconds)
    if not 0 <= total < 60 or (len(parts) == 3 and int(whole[1]) >= 60):
        return None
    for place, part in enumerate(reversed(whole), start=1):
        total += int(part) * 60**place
    return total


def day_fraction_seconds(days: float, decimals: int) -> float | None:
    """The seconds of a fraction of a day, as Excel stores a duration; None where it may be none.

    A number of one and more is taken where it has so many decimals that nobody wrote it: 1.5 on a
    clock may be an hour and a half, or a minute and a half.
    """
    if not 0 <= days < 1 and (days < 0 or decimals < _DECIMALS_OF_A_FRACTION):
        return None
    return round(days * _SECONDS_OF_A_DAY, 3)
