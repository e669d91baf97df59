"""Compares names of sheets and headings that are spelt a little differently each winter."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from pipelines.base.clean_code import FOOTNOTE_SIGNS

_FOOTNOTE = re.compile(r"(?:(?:^| )note)?(?: ?(?<![0-9])[0-9]{1,2})$")
_LONGEST_HEADING = 500
"""Signs of a heading; what is longer is no name of anything."""


def sheet_key(name: str) -> str:
    """The name without case, spaces and signs: 'A&E Closures ' gives 'aeclosures'."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


class HeadingNames:
    """Finds what a heading stands for among configured names."""

    def __init__(self, names: Mapping[str, Iterable[str]], synonyms: Mapping[str, Iterable[str]]):
        """`names` gives the headings of each target; `synonyms` the words that are alike."""
        # Longer phrases first, so that 'critical care' is seen before 'care' could be.
        self._synonyms = sorted(
            (
                (f" {plain_name(alike)} ", f" {word} ")
                for word, all_ in synonyms.items()
                for alike in all_
            ),
            key=lambda pair: -len(pair[0]),
        )
        self._targets = {
            self._normal(heading): target
            for target, headings in names.items()
            for heading in headings
        }

    def find(self, heading: str) -> str | None:
        """The target of that heading; footnote numbers glued to it are tried without."""
        if len(heading) > _LONGEST_HEADING:
            return None
        name = self._normal(heading)
        while name:
            if name in self._targets:
                return self._targets[name]
            shorter = _FOOTNOTE.sub("", name).strip()
            if shorter == name:
                return None
            name = shorter
        return None

    def _normal(self, heading: str) -> str:
        text = f" {plain_name(heading)} "
        for alike, word in self._synonyms:
            text = text.replace(alike, word)
        return text.strip()


def plain_name(heading: str) -> str:
    """Lower-case words and numbers with one space between; '>', '+' and '%' stand alone."""
    text = unicodedata.normalize("NFKC", heading.translate(FOOTNOTE_SIGNS)).casefold()
    text = text.replace("'", "").replace("\u2019", "").replace("&", " and ")
    text = re.sub(r"([>+≥=%])", r" \1 ", text)
    return " ".join(re.sub(r"[^a-z0-9>+≥=%]+", " ", text).split())
