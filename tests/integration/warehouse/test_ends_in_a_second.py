"""Several collections end in a second: one publication has them all, and no end is lost."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import duckdb
import pytest

from pipelines import steps
from pipelines.registry.registry import load_registry
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, write_slots
from tests.support.small_workbook import FILE_NAME, write_workbook
from tests.support.warehouse import look_into
from warehouse.publish import publish as publishing
from warehouse.publish import snapshot
from warehouse.publish.publications import current_path
from warehouse.publish.publish import publish, publish_if_changed
from warehouse.store import connection

ENDS = 3
LATER = ("2019-03-08T12:15:00Z", "2019-03-08T12:30:00Z")


@pytest.fixture
def ended(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A publication is current, and three collections have ended since."""
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    steps.land_files([write_slots(tmp_path / FIRST_FILE)])
    steps.drain()
    publish(home, load_registry())
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
    steps.land_files([write_slots(tmp_path / SECOND_FILE, slots=LATER)])
    steps.land_files([write_workbook(tmp_path / FILE_NAME)])
    steps.drain()
    return home


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file and link with its number and the time of its last change."""
    told = {path: path.lstat() for path in folder.rglob("*")}
    return {str(path): (one.st_ino, one.st_mtime_ns) for path, one in told.items()}


def made(home: Path) -> int:
    with look_into(home) as reader:
        rows = reader.execute("SELECT count(*) FROM warehouse.ops.publication").fetchall()
    return int(rows[0][0])


@pytest.mark.long
def test_those_who_were_woken_together_make_one_publication(
    ended: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them have begun before the first of them comes to the warehouse."""
    all_there, really = Barrier(ENDS), connection.open_warehouse

    @contextmanager
    def open_together(home: Path, **given: Any) -> Iterator[Any]:
        all_there.wait(60)
        with really(home, **given) as opened:
            yield opened

    monkeypatch.setattr(publishing, "open_warehouse", open_together)
    registry, before = load_registry(), made(ended)
    with ThreadPoolExecutor(ENDS) as woken:
        names = set(woken.map(lambda _: publish_if_changed(ended, registry), range(ENDS)))
    assert len(names) == 1
    assert made(ended) == before + 1
    path = current_path(ended)
    assert path is not None and path.stem in names
    with duckdb.connect(str(path), read_only=True) as reader:
        told = reader.execute(
            "SELECT (SELECT count(*) FROM acute_realtime), (SELECT count(*) FROM acute_sitrep), "
            "(SELECT count(*) FROM ambulance_handover)"
        ).fetchall()
    assert told == [(8, 9, 9)]


@pytest.mark.long
def test_one_that_finds_nothing_newer_writes_nothing(ended: Path) -> None:
    name = publish_if_changed(ended, load_registry())
    before = state_of(ended / "publications")
    assert publish_if_changed(ended, load_registry()) == name
    assert state_of(ended / "publications") == before


def test_what_ends_while_one_is_made_is_in_the_next(
    ended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load waits for the publication that is being made; its own end wakes another one."""
    waiting: list[Future[int]] = []
    really = snapshot.build_snapshot
    path = tmp_path / "R0A_acute_realtime_20190308T125500.csv"
    steps.land_files([write_slots(path, slots=("2019-03-08T12:45:00Z",))])

    def end_meanwhile(*arguments: Any, **words: Any) -> Any:
        waiting.append(loading.submit(steps.drain))
        return really(*arguments, **words)

    with ThreadPoolExecutor(1) as loading:
        with monkeypatch.context() as patch:
            patch.setattr(publishing, "build_snapshot", end_meanwhile)
            first = publish_if_changed(ended, load_registry())
        assert [one.result(60) for one in waiting] == [1]
    assert rows_of(ended) == 8
    assert publish_if_changed(ended, load_registry()) != first
    assert rows_of(ended) == 10


def rows_of(home: Path) -> int:
    path = current_path(home)
    assert path is not None
    with duckdb.connect(str(path), read_only=True) as reader:
        return int(reader.execute("SELECT count(*) FROM acute_realtime").fetchall()[0][0])
