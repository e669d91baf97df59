"""Tells by its name whether a row is England, a part of England, or a region."""

from functools import cache
from typing import Literal

from pipelines.parse.files.names import plain_name
from pipelines.parse.formats.winter_timeseries.winter_map import WinterMap

TotalRow = Literal["national", "national_part", "other_national", "region"]


class TotalNames:
    """The names of rows that are sums over trusts."""

    def __init__(self, form: WinterMap) -> None:
        """Takes the names as the feed states them."""
        self._national = {_key(name) for name in form.national_names}
        self._parts = {_key(name) for name in form.national_parts}
        # The longest first, so that 'NHS England' comes off before 'NHS' could.
        self._words = sorted((plain_name(word) for word in form.region_words), key=len)[::-1]
        self._regions = {self._region(name) for name in form.region_names} - {""}
        self.tell = cache(self._tell)

    def _tell(self, name: str) -> TotalRow | None:
        """What a row of that name is, None where it is no sum that is known by its name.

        What begins like England's row and is not known counts as `other_national`.
        """
        key = _key(name)
        if not key:
            return None
        if key in self._national:
            return "national"
        if key in self._parts:
            return "national_part"
        if self._region(name) in self._regions:
            return "region"
        words = key.split()
        is_england = any(words[: len(known.split())] == known.split() for known in self._national)
        return "other_national" if is_england else None

    def _region(self, name: str) -> str:
        """The name as regions are compared: without the words that are no part of it."""
        text = f" {_key(name)} "
        for word in self._words:
            shorter = text.removeprefix(f" {word}").removesuffix(f"{word} ")
            if shorter.strip() and (shorter.startswith(" ") and shorter.endswith(" ")):
                text = shorter
        return text.strip()


def _key(name: str) -> str:
    """The name in plain words, without the number of a footnote at its end.

    A number that belongs to the name, as in 'Type 1', stands before other words or in brackets.
    """
    text = plain_name(name)
    if not name.rstrip().endswith((")", "]")):
        text = text.rstrip("0123456789").rstrip()
    return text
