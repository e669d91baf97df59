"""The working warehouse as tests look at it, whichever engine holds it."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import pytest

from pipelines.base.settings import settings
from pipelines.registry.registry import load_registry
from warehouse.store.connection import attached_warehouse, open_warehouse
from warehouse.store.engines import DuckDBFile, DuckLake, chosen_engine
from warehouse.store.histories import ensure_history

ENGINES = {"duckdb": "", "ducklake": "ducklake:catalogue.ducklake"}
"""What SITREP_WAREHOUSE says for each engine that tests run on."""


@contextmanager
def use_engine(name: str) -> Iterator[str]:
    """Warehouses are held by that engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_WAREHOUSE", ENGINES[name])
        settings.cache_clear()
        yield name
    settings.cache_clear()


@contextmanager
def look_into(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads the home's warehouse, which nothing else uses now."""
    with attached_warehouse(home, read_only=True) as connection:
        yield connection


@contextmanager
def tamper_with(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that changes the home's warehouse as it is, past the pipeline."""
    with attached_warehouse(home) as connection:
        yield connection


def lay_empty_warehouse(home: Path) -> Path:
    """The home has a warehouse without rows, copied: a lake takes three seconds to make."""
    model = _empty_home(settings().warehouse.get_secret_value())
    return Path(shutil.copytree(model, home, dirs_exist_ok=True))


@cache
def _empty_home(_engine: str) -> Path:
    home = Path(tempfile.mkdtemp(prefix="sitrep-empty-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    with open_warehouse(home) as connection:
        for collection in load_registry().collections.values():
            ensure_history(connection, collection)
    return home


def warehouse_file(home: Path) -> Path:
    """The file that holds the home's warehouse, or the catalogue of its lake."""
    engine = chosen_engine(home)
    if isinstance(engine, DuckLake):
        return Path(engine.catalogue)
    assert isinstance(engine, DuckDBFile)
    return engine.path
