"""Text in plain signs: other digits, spaces, dashes and escapes become those of ASCII.

So that a number is seen whether it stands there as full-width digits, with no-break spaces between,
as `&#57;` of HTML, `%39` of an address or `\\u0039` of JSON.
"""

import re
import unicodedata
from functools import lru_cache

_ESCAPES = (
    ("&", re.compile(r"&(?:\#[0-9]{1,7};?|\#[xX][0-9a-fA-F]{1,6};?|[A-Za-z]{2,10};)")),
    ("%", re.compile(r"%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2}){0,11}")),
    ("\\", re.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[tnrfbv/])")),
)
_OTHER = re.compile("|".join([*(escape.pattern for _, escape in _ESCAPES), r"[^\x00-\x7f]"]))
_SEEN_AS_SPACE = frozenset("\u00c2\u00e2\u3164\u115f\u1160\uffa0")
"""What is left of a no-break space or dash that was read in a wrong encoding, and blank letters."""
_TAG, _LAST_TAG = 0xE0020, 0xE007E

Places = list[tuple[int, int]]
"""For each plain sign from where to where its original stands."""


def has_other_signs(text: str) -> bool:
    """Whether the text has anything but plain signs, escapes among them."""
    return not text.isascii() or any(
        sign in text and escape.search(text) for sign, escape in _ESCAPES
    )


def in_plain_signs(text: str) -> tuple[str, Places]:
    """The text in ASCII, and where each of its signs stands in the original."""
    plain: list[str] = []
    places: Places = []
    end = 0
    for found in _OTHER.finditer(text):
        start, stop = found.span()
        plain.append(text[end:start])
        places += [(at, at + 1) for at in range(end, start)]
        signs = _plain(found.group())
        plain.append(signs)
        places += [(start, stop)] * len(signs)
        end = stop
    plain.append(text[end:])
    places += [(at, at + 1) for at in range(end, len(text))]
    return "".join(plain), places


def make_plain(text: str) -> str:
    """The text in ASCII."""
    for sign, escape in _ESCAPES:
        if sign in text:
            text = escape.sub(lambda found: _plain(found.group()), text)
    return text if text.isascii() else text.translate(_PLAIN)


@lru_cache(maxsize=8192)
def _plain(other: str) -> str:
    """What an escape or a sign that is not of ASCII stands for."""
    if len(other) == 1:
        return _plain_sign(other)
    if other[0] == "&":
        import html

        meant = html.unescape(other)
        return other if meant == other else "".join(map(_plain_sign, meant))
    if other[0] == "%":
        meant = bytes.fromhex(other.replace("%", "")).decode("utf-8", "replace")
        return "".join(map(_plain_sign, meant))
    if other[1] in "ux":
        return _plain_sign(chr(int(other[2:], 16)))
    return "/" if other[1] == "/" else " "


def _plain_sign(sign: str) -> str:
    """The sign of ASCII that people would take it for; nothing for one that is not seen."""
    if sign.isascii():
        return sign
    if sign in _SEEN_AS_SPACE:
        return " "
    if _TAG <= ord(sign) <= _LAST_TAG:
        return chr(ord(sign) - 0xE0000)
    value = unicodedata.numeric(sign, -1)
    if 0 <= value <= 9 and value == int(value):
        return str(int(value))
    kind = unicodedata.category(sign)
    if kind in ("Cf", "Mn", "Me"):
        return ""
    if kind[0] in "LN":
        alike = unicodedata.normalize("NFKC", sign)
        return alike if alike.isascii() else "x"
    return "-" if kind == "Pd" else " "


class _PlainSigns(dict[int, str]):
    """The plain sign for each sign, found out when it is asked for."""

    def __missing__(self, sign: int) -> str:
        self[sign] = plain = _plain_sign(chr(sign))
        return plain


_PLAIN = _PlainSigns()
