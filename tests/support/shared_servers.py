"""A Postgres that the tests of one process share, and a schema of it for each test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.local_servers.cluster_servers import with_schema
from pipelines.local_servers.postgres_server import (
    LocalPostgres,
    postgres_programs,
    running_postgres,
)
from tests.support.warehouse import lay_empty_warehouse, use_engine

NO_POSTGRES = "Postgres is not installed: apt-get install postgresql"
STATES = ("folder", "postgres")
"""Where the state of a home can be."""


@contextmanager
def postgres_of_tests() -> Iterator[LocalPostgres]:
    """The server; nothing of it outlives the tests. They are skipped where it is not installed."""
    if postgres_programs() is None:
        pytest.skip(NO_POSTGRES)
    with running_postgres(is_synced=False) as server:
        yield server


def fresh_state(server: LocalPostgres) -> str:
    """Address of a state that nobody has used."""
    return with_schema(server.address(), f"state_{secrets.token_hex(4)}")


@contextmanager
def lake_home(home: Path) -> Iterator[Path]:
    """The configured home, with an empty lake of this machine."""
    with use_engine("ducklake"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(home))
        settings.cache_clear()
        yield lay_empty_warehouse(home)


@contextmanager
def state_at(address: str) -> Iterator[str]:
    """The configured home has its state there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_STATE", address)
        settings.cache_clear()
        yield address
    settings.cache_clear()
