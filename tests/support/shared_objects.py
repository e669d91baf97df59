"""An object store that the tests of one process share, and a prefix of it for each test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.local_servers.s3_server import LocalS3, is_installed, running_s3

OBJECTS = ("folder", "bucket")
"""Where the bytes of a home can be."""


@contextmanager
def objects_of_tests(folder: Path) -> Iterator[LocalS3]:
    """The server; tests are skipped where it is not installed."""
    if not is_installed():
        pytest.skip("make servers was not run")
    with running_s3(folder) as server:
        yield server


@contextmanager
def objects_at(server: LocalS3, home: Path) -> Iterator[str]:
    """The home is the configured one, and its bytes stand under a new prefix; its address."""
    address = f"s3://{server.bucket}/{secrets.token_hex(4)}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        patch.setenv("SITREP_HOME", str(home))
        patch.setenv("SITREP_OBJECTS", address)
        settings.cache_clear()
        yield address
    settings.cache_clear()
