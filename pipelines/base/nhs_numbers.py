"""Finds NHS numbers in text.

Ten digits alone do not make an NHS number: counts and times in seconds have them too. The check
digit must be right, and the number must be in the range of NHS numbers (Northern Ireland from 320…,
England, Wales and the Isle of Man from 400…, tests at 999…) or be grouped 3-3-4, unlike a count.
Scotland's lower range is left out: any count that a contract can hold is below 2,147,483,648.
"""

import re

# Not part of a longer number, a word or a decimal.
_CANDIDATE = re.compile(r"(?<![A-Za-z0-9.])\d{3}([ -]?)\d{3}\1\d{4}(?![A-Za-z0-9]|\.\d*[1-9])")
MASK = "(withheld)"
"""What stands in place of an NHS number in the name of a file."""
_FIRST_NUMBER = 3_200_001_000


def mask_nhs_numbers(text: str) -> str:
    """The text with valid NHS numbers made unreadable."""
    return _CANDIDATE.sub(
        lambda found: MASK if count_nhs_numbers(found.group()) else found[0], text
    )


def count_nhs_numbers(text: str) -> int:
    """How many valid NHS numbers stand in the text."""
    candidates = [match.group() for match in _CANDIDATE.finditer(text)]
    if not candidates:
        return 0
    from nhs_number.validate import is_valid

    return len([one for one in candidates if _may_be_one(one) and is_valid(one)])


def _may_be_one(candidate: str) -> bool:
    """Whether it is grouped, or too large for a count."""
    return not candidate.isdigit() or int(candidate) >= _FIRST_NUMBER
