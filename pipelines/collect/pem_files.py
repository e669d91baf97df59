"""Certificates and keys of a connection as files, which is how TLS libraries take them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.base.connections import Connection, variable
from pipelines.base.errors import ConfigurationError

_BEGIN = "-----BEGIN "


@contextmanager
def pem_file(connection: Connection, word: str) -> Iterator[str]:
    """The path of a file with what `extra` has under the word: PEM, or the path of a file of it.

    Empty where it has nothing. PEM text is in memory only where the system can do that, and else
    in a file of its owner's that is gone afterwards. Raises `ConfigurationError` where there is no
    such file.
    """
    told = connection.text(word)
    if not told:
        yield ""
    elif _BEGIN in told:
        yield from _held(told)
    elif Path(told).is_file():
        yield told
    else:
        raise ConfigurationError(
            f"'{word}' of the connection '{connection.name}' ({variable(connection.name)}) is no "
            "PEM text and no path of a file that is there."
        )


def _held(pem: str) -> Iterator[str]:
    content = pem.replace("\\n", "\n").encode() + b"\n"
    if not hasattr(os, "memfd_create"):
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(content)
            file.flush()
            yield file.name
        return
    descriptor = os.memfd_create("pem")
    try:
        os.write(descriptor, content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
