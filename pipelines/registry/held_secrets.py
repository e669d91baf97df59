"""Finds what looks like a secret in the source of a feed's file, which may hold none.

Feed files are read by many, and kept for ever in a repository. Secrets belong into connections.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

Place = tuple[str | int, ...]

INSTEAD = "put it into AIRFLOW_CONN_<NAME>, or Airflow's connections, and name the connection"

_KEY = re.compile(
    r"(^|_)(password|passwd|passphrase|pwd|secret|token|private_key|secret_key|access_key"
    r"|account_key|shared_key|api_key|credentials?|authorization|sas|pem)$",
    re.IGNORECASE,
)
_QUERY_WORD = re.compile(
    r"(^|[_-])(token|secret|password|signature|sig)$|^((api|access|subscription)[_-]?)?key$",
    re.IGNORECASE,
)
_QUERY_NAME = re.compile(r"[?&;]([^=&#?;\s]+)(=?)")
_SIGNED_IN = re.compile(r"(^|//|[\s\"'(,=])[^\s/:@]+:[^\s/@]+@")
_IN_TEXT = (
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----"), "a key or a certificate (PEM)"),
    (re.compile(r"(?<![A-Za-z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"), "an AWS access key"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w+/=.~-]{8,}", re.IGNORECASE), "a header that signs in"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\."), "a token (JWT)"),
)


def secrets_in(content: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Each place of the content with a secret, and what it looks like; never the secret itself."""
    if isinstance(content, dict):
        for key, value in content.items():
            if _KEY.search(str(key).replace("-", "_")) and value not in (None, "", True, False):
                yield (*place, key), "a value of that name"
            elif (told := secret_in(str(key))) is not None:
                yield place, told
            else:
                yield from secrets_in(value, (*place, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from secrets_in(value, (*place, number))
    elif isinstance(content, str) and (told := secret_in(content)) is not None:
        yield place, told


def secret_in(text: str) -> str | None:
    """What of the text looks like a secret, or None."""
    if _SIGNED_IN.search(text):
        return "a user and a password before an @"
    is_address = "://" in text
    for name, has_value in _QUERY_NAME.findall(text):
        if (is_address or has_value) and _QUERY_WORD.search(unquote(name)):
            return "a secret word in the query of an address"
    return next((told for pattern, told in _IN_TEXT if pattern.search(text)), None)
