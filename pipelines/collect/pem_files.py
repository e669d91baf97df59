"""Certificates and keys of a connection: PEM text, or the path of a file of it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.base.connections import Connection, variable
from pipelines.base.errors import ConfigurationError

BEGIN = "-----BEGIN "
_MOST_BYTES = 1024 * 1024
"""A bundle of all public authorities has a quarter of it."""


def pem_of(connection: Connection, word: str) -> bytes:
    """What `extra` has under the word, from the file that it names if it is a path.

    Empty where it has nothing. Raises `ConfigurationError` where it is neither.
    """
    told = connection.text(word)
    if not told:
        return b""
    if told.startswith(BEGIN):
        # As a shell or a form leaves a text of many lines.
        return told.replace("\\n", "\n").encode() + b"\n"
    try:
        with Path(told).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no path"
        raise unusable(
            connection, word, f"is neither PEM text nor a file that can be read ({why})"
        ) from None
    if len(content) > _MOST_BYTES:
        raise unusable(connection, word, "names a file that is too large for one")
    return content


@contextmanager
def pem_file(connection: Connection, word: str) -> Iterator[str]:
    """The path of a file with what `pem_of` gives; empty where `extra` has nothing."""
    content = pem_of(connection, word)
    if not content:
        yield ""
        return
    with in_memory(content) as path:
        yield path


@contextmanager
def in_memory(content: bytes) -> Iterator[str]:
    """The path of a file with these bytes, that stands on no disk where the system can do so."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pem", os.MFD_CLOEXEC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{descriptor}"
        return
    # For its owner only, and gone when the block ends.
    with tempfile.NamedTemporaryFile(suffix=".pem") as named:
        named.write(content)
        named.flush()
        yield named.name


def unusable(connection: Connection, word: str, why: str) -> ConfigurationError:
    """The error that says so of a certificate or key of the connection."""
    where = f"the connection '{connection.name}' ({variable(connection.name)})"
    return ConfigurationError(
        f"'{word}' in the extra of {where} {why}. It is PEM text ({BEGIN}…) or the path of a "
        "file that this user can read."
    )
