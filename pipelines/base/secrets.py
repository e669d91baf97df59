"""Secrets that this process has read: each is masked wherever a text goes out.

Whoever reads a secret remembers it here. What is said, logged, answered or kept in the ledger goes
through `masked` on the way, so that an error of a library that quotes one does not carry it out.
"""

import re
from collections.abc import Callable

MASK = "***"
_LEAST_CHARACTERS = 5
"""A shorter text stands in too many words to be masked; no service gives such a secret."""

_PASSWORD = re.compile(r"://[^:/@]*:(?P<url>[^@/]+)@|\bpassword\s*=\s*(?P<word>'[^']*'|\S+)")
_known: set[str] = set()
_listeners: list[Callable[[str], None]] = []


def remember(secret: str) -> None:
    """The secret, and how it looks in an address, is masked from now on."""
    # Every command imports this module, and few of them read a secret.
    from urllib.parse import quote

    from pipelines.base.masked_log import mask_logs

    for written in {secret, quote(secret, safe=""), *secret.splitlines()}:
        if len(written) >= _LEAST_CHARACTERS and written not in _known:
            _known.add(written)
            for listener in _listeners:
                listener(written)
            mask_logs(masked)


def remember_password_in(address: str) -> None:
    """The password of an address of a database is masked from now on, in either form of it."""
    from urllib.parse import unquote

    for found in _PASSWORD.finditer(address):
        remember(unquote(found["url"]) if found["url"] else found["word"].strip("'"))


def tell_of_secrets(listener: Callable[[str], None]) -> None:
    """The listener is told of each secret that is known, and of those to come."""
    if listener not in _listeners:
        _listeners.append(listener)
        for written in sorted(_known):
            listener(written)


def masked(text: str) -> str:
    """The text with `***` in place of each secret."""
    if not _known:
        return text
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, MASK)
    return text
