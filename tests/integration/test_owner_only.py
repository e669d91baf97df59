"""What the pipeline keeps can be read by its owner only, whatever the umask; readers can read."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines import steps
from pipelines.landing.crash_guard import CrashGuard
from tests.support.small_slots import FEED, FIRST_FILE, write_slots

SHARED = ("incoming", "publications")
"""Providers put files into the one, readers open the other."""


@pytest.fixture(params=[0o000, 0o022])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_only_publications_are_for_others(home: Path, tmp_path: Path, umask: int) -> None:
    file = write_slots(tmp_path / FIRST_FILE, {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": -1}})
    steps.land_files([file], [FEED])
    steps.drain()
    (home / "warehouse.duckdb").chmod(0o644)
    CrashGuard(home, "acute_realtime").begin("one")
    steps.publish()
    kept = [path for path in home.rglob("*") if not path.is_symlink()]
    tops = {path.relative_to(home).parts[0] for path in kept}
    assert {"answers", "landing", "publications", "reading", "warehouse.duckdb"} <= tops
    own = [
        path
        for path in kept
        if path.relative_to(home).parts[0] not in SHARED and path.suffix != ".lock"
    ]
    open_to_others = [str(path) for path in own if path.stat().st_mode & 0o077]
    assert open_to_others == []
    for path in (home / "publications").rglob("*"):
        wanted = (0o777 if path.is_dir() else 0o666) & ~umask
        assert path.stat().st_mode & 0o777 == wanted, path
    assert home.stat().st_mode & 0o777 == 0o777 & ~umask


def test_the_log_of_the_warehouse_is_its_owners_too(home: Path, umask: int) -> None:
    from warehouse.store.connection import open_warehouse

    with open_warehouse(home) as connection:
        connection.execute("CREATE TABLE warehouse.ops.probe AS SELECT 1 AS a")
        files = list(home.glob("warehouse.duckdb*"))
        assert any(path.suffix == ".wal" for path in files)
        assert [path.name for path in files if path.stat().st_mode & 0o077] == []
    assert duckdb.connect(str(home / "warehouse.duckdb")).execute("SELECT 1").fetchall() == [(1,)]
