"""Names that somebody may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches

_LEAST_ALIKE = 0.55
"""Below it names are rather different than mistyped."""


def likely(name: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The known names that are most like this one, the best first; none where none is like it."""
    by_plain = {_plain(one): one for one in known}
    found = get_close_matches(_plain(name), by_plain, n=most, cutoff=_LEAST_ALIKE)
    return [by_plain[one] for one in found]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence with the likeliest names, with a space before it; empty where none is likely."""
    found = likely(name, known, most=3)
    return f" Did you mean {' or '.join(repr(one) for one in found)}?" if found else ""


def _plain(name: str) -> str:
    """Letters and numbers in lower case, with one space between words."""
    return " ".join("".join(sign if sign.isalnum() else " " for sign in name.casefold()).split())
