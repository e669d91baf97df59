"""A process that was forked from one with a DuckDB of its own gives up its own only."""

import os
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.base.settings import settings
from tests.support.children import FORK, LONGEST_SECONDS
from warehouse.store.connection import attached_warehouse, open_warehouse


def lose_the_warehouse(home: Path) -> None:
    """As after a fault of the disk: what is attached cannot be detached."""
    with pytest.raises(duckdb.Error), attached_warehouse(home) as connection:
        connection.execute("USE memory")
        connection.execute("DETACH warehouse")
    with open_warehouse(home) as connection:
        assert connection.execute("FROM warehouse.ops.submission").fetchall() == []


def fork_with_a_warehouse(home: Path) -> None:
    """Its own DuckDB has threads, which the child has not."""
    os.environ["SITREP_DUCKDB_THREADS"] = "4"
    settings.cache_clear()
    with open_warehouse(home):
        pass
    child = FORK.Process(target=lose_the_warehouse, args=(home,))
    child.start()
    child.join(LONGEST_SECONDS)
    child.kill()
    child.join()
    sys.exit(child.exitcode)


def test_a_forked_process_that_loses_its_warehouse_goes_on(home: Path) -> None:
    parent = FORK.Process(target=fork_with_a_warehouse, args=(home,))
    parent.start()
    parent.join()
    assert parent.exitcode == 0
