"""Machines that share a state: folders of scratch, with Postgres, an object store and a lake."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipelines.base.settings import settings
from pipelines.local_servers.cluster_servers import RunningServers, with_schema
from pipelines.local_servers.postgres_server import LocalPostgres
from pipelines.local_servers.s3_server import LocalS3
from warehouse.store.connection import close_duckdb

_EXTENSIONS = ("ducklake", "postgres_scanner", "httpfs")


@dataclass(frozen=True)
class SharedPlace:
    """A state that several machines share, of which nobody has used anything yet."""

    folder: Path
    environment: Mapping[str, str]

    def machine(self, name: str) -> Path:
        """The scratch of a machine; its sources are the same folder everywhere."""
        home, incoming = self.folder / name, self.folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        home.mkdir(exist_ok=True)
        if not (home / "incoming").exists():
            (home / "incoming").symlink_to(incoming)
        return home


@contextmanager
def shared_place(
    postgres: LocalPostgres, objects: LocalS3, folder: Path, name: str
) -> Iterator[SharedPlace]:
    """This process and its children share a state under that name; the lake is there, empty."""
    missing = [one for one in _EXTENSIONS if find_spec(f"duckdb_extension_{one}") is None]
    if missing:
        pytest.skip(f"not installed: DuckDB's extensions {', '.join(missing)}")
    environment = {
        **objects.environment,
        "SITREP_STATE": with_schema(postgres.make_database(f"state_{name}"), "state"),
        "SITREP_OBJECTS": f"s3://{objects.bucket}/{name}/home",
        "SITREP_WAREHOUSE": f"ducklake:postgres:{postgres.make_database(f'lake_{name}')}",
        "SITREP_WAREHOUSE_DATA": f"s3://{objects.bucket}/{name}/lake",
        "SITREP_QUIET_SECONDS": "0",
    }
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        settings.cache_clear()
        try:
            yield SharedPlace(folder, environment)
        finally:
            # Its lake stays attached else.
            close_duckdb()
            shutil.rmtree(folder, ignore_errors=True)
    settings.cache_clear()


__all__ = ["RunningServers", "SharedPlace", "shared_place"]
