"""Finds NHS numbers in text, in whatever way people and programs write them.

Ten digits alone do not make an NHS number: counts and times in seconds have them too. The check
digit must be right, and the number must be in the range of NHS numbers (Northern Ireland from 320…,
England, Wales and the Isle of Man from 400…, tests at 999…) or be grouped 3-3-4, unlike a count.
Scotland's lower range is left out: any count that a contract can hold is below 2,147,483,648.

Groups belong together only inside one cell. So whoever calls says which signs end a cell.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from pipelines.base.plain_digits import has_other_signs, in_plain_signs, make_plain

MASK = "(withheld)"
"""What stands in place of an NHS number in the name of a file."""
_FIRST_NUMBER = 3_200_001_000
_LEAST = str(_FIRST_NUMBER)
_DIGITS = 10
_HEXADECIMAL = frozenset("abcdefABCDEF")
_PATTERNS = (
    b"0000000000",
    b"000 000 0000",
    b"0 000 000 000",
    b"0000 000 000",
    b"000 0000000",
    b"000000 0000",
    b"00000 00000",
    b"0 0 0 0 0 0 0 0 0 0",
    b"0e0",
    b"0e 0",
)
"""Digits as 0, signs between them as one space: without any of these there is no NHS number."""
_RUN = b"0" * (_DIGITS + 1)
"""The shortest grouped number, every sign in it as 0."""


def mask_nhs_numbers(text: str) -> str:
    """The text with valid NHS numbers made unreadable."""
    if len(text) < _DIGITS:
        return text
    plain, places = in_plain_signs(text) if has_other_signs(text) else (text, None)
    if not may_have_some(plain) and (places is None or not may_have_some(text)):
        return text
    spans = list(_spans(plain, ""))
    if places is not None:
        spans = [(places[start][0], places[stop - 1][1]) for start, stop in spans]
        # An escape may stand there by chance, and its digits belong to a number.
        spans = sorted({*spans, *_spans(text, "")})
    kept, end = [], 0
    for start, stop in spans:
        if start >= end:
            kept += [text[end:start], MASK]
        end = max(end, stop)
    return "".join(kept) + text[end:]


def count_nhs_numbers(text: str, ends: str = "") -> int:
    """How many valid NHS numbers stand in the text; a sign of `ends` ends a cell."""
    found = _count(text, ends)
    if has_other_signs(text):
        found = max(found, _count(make_plain(text), ends))
    return found


def may_have_some(text: str, ends: str = "") -> bool:
    """Whether an NHS number could stand in the text, which has plain signs only. It is fast."""
    return may_be_among(text.encode("ascii", "replace"), ends)


def may_be_among(signs: bytes, ends: str = "") -> bool:
    """Whether an NHS number could stand among the signs of ASCII."""
    shape = signs.translate(_shapes(ends))
    # Most files end here: no ten digits, no more than a date without a letter or an end between.
    if _PATTERNS[0] not in shape and _RUN not in signs.translate(_runs(ends)):
        return False
    if b"  " in shape:
        shape = shape.replace(b"  ", b" ").replace(b"  ", b" ")
    return any(pattern in shape for pattern in _PATTERNS)


def is_number_of_patients(number: float) -> bool:
    """Whether a cell's number is an NHS number."""
    if not _FIRST_NUMBER <= number < 10**_DIGITS or number != int(number):
        return False
    return _is_valid(str(int(number)))


def _count(text: str, ends: str) -> int:
    if not may_have_some(text, ends):
        return 0
    if ends:
        text = ends[0].join(_long_cells(ends).findall(text))
        if not may_have_some(text, ends):
            return 0
    return sum(1 for _ in _spans(text, ends))


@lru_cache(maxsize=64)
def _shapes(ends: str) -> bytes:
    """For each byte its kind: digit, the letter e, another letter, end of a cell, other sign."""
    shape = bytearray(b" " * 256)
    for sign in range(128):
        if chr(sign).isdigit():
            shape[sign] = ord("0")
        elif chr(sign) in "eE":
            shape[sign] = ord("e")
        elif chr(sign).isalpha():
            shape[sign] = ord("a")
        elif chr(sign) in ends:
            shape[sign] = ord("\n")
    return bytes(shape)


@lru_cache(maxsize=64)
def _runs(ends: str) -> bytes:
    """For each byte whether it can stand in a number (0) or ends it; the letter e can."""
    return bytes(ord("\n") if kind in b"\na" else ord("0") for kind in _shapes(ends))


@lru_cache(maxsize=64)
def _long_cells(ends: str) -> re.Pattern[str]:
    """Cells that are long enough for a number."""
    return re.compile(f"[^{re.escape(ends)}]{{{_DIGITS},}}")


@lru_cache(maxsize=64)
def _candidates(ends: str) -> re.Pattern[str]:
    """What could be an NHS number, by how its digits are grouped.

    Decimals are none, nor is a part of a longer number. Two groups are seen with a space between
    only: points and dashes stand in decimals and ranges.
    """
    sign = f"[^0-9A-Za-z{re.escape(ends)}]"
    thousands = "[" + "".join(sign for sign in ",.' " if sign not in ends) + "]"
    decimals = r"(?![0-9]|\.[0-9]*[1-9])(?:\.0+)?"
    # A set comes first and what stands before is looked at after it: so the search is fast.
    return re.compile(
        "[0-9](?<![0-9][0-9])(?:"
        f"(?P<usual>[0-9]{{2}}{sign}{{1,4}}[0-9]{{3}}{sign}{{1,4}}[0-9]{{4}}{decimals})"
        f"|(?P<bare>(?<![0-9]\\.[0-9])[0-9]{{9}}{decimals}(?![eE][+-]?[0-9]))"
        "|(?P<scientific>(?<![A-Za-z.][0-9])"
        r"[0-9]*(?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}(?![0-9A-Za-z]))"
        f"|(?P<other>(?<![0-9]{sign}[0-9])(?:"
        f"(?P<a>{thousands})[0-9]{{3}}(?P=a)[0-9]{{3}}(?P=a)[0-9]{{3}}"
        f"|[0-9]{{3}}(?P<b>{sign})[0-9]{{3}}(?P=b)[0-9]{{3}}"
        "|[0-9]{2} [0-9]{7}|[0-9]{5} [0-9]{4}|[0-9]{4} [0-9]{5}"
        f"|(?P<c>{sign})(?:[0-9](?P=c)){{8}}[0-9]"
        f")(?!{sign}?[0-9])))"
    )


def _spans(text: str, ends: str) -> Iterator[tuple[int, int]]:
    """Where valid NHS numbers stand in a text of plain signs."""
    for found in _candidates(ends).finditer(text):
        if found["bare"] and found.group() < _LEAST:
            continue
        digits = re.sub("[^0-9]", "", found.group())[:_DIGITS]
        if found["scientific"]:
            digits = _written_out(found.group())
        elif found["bare"] and _is_in_a_hash(text, found.start(), found.end()):
            continue
        if not found["usual"] and (not digits or int(digits) < _FIRST_NUMBER):
            continue
        if _is_valid(digits):
            yield found.span()


def _written_out(number: str) -> str:
    """The ten digits that a number like 9.434765919E9 has when written out; '' for any other."""
    mantissa, _, exponent = number.replace(",", ".").lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    shift = int(exponent) - len(decimals.rstrip("0"))
    digits = (whole + decimals.rstrip("0")).lstrip("0")
    if shift < 0:
        digits, rest = digits[:shift], digits[shift:]
        if rest.strip("0"):
            return ""
    # Few digits before a power of ten are no number of a patient that somebody wrote so.
    if len(digits.rstrip("0")) < _DIGITS // 2 or len(digits) + max(shift, 0) != _DIGITS:
        return ""
    return digits + "0" * max(shift, 0)


def _is_in_a_hash(text: str, start: int, end: int) -> bool:
    """Whether the digits are part of a word of hexadecimal signs, as hashes and UUIDs have."""
    first, last = start, end
    while first and _is_plain_letter(text[first - 1]):
        first -= 1
    while last < len(text) and _is_plain_letter(text[last]):
        last += 1
    letters = {sign for sign in text[first:start] + text[end:last] if not sign.isdigit()}
    return bool(letters) and letters <= _HEXADECIMAL and last - first > _DIGITS + 1


def _is_plain_letter(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _is_valid(digits: str) -> bool:
    from nhs_number.validate import is_valid

    return bool(is_valid(digits))
