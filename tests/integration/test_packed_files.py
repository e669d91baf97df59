"""Many files that come together go the whole road from a pack, whoever dies or fails meanwhile."""

import multiprocessing
import os
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.landing.landed_objects import LEAST_PACKED
from pipelines.landing.landing import Landing
from tests.support.children import KILLED, end_at, run, steps_of
from tests.support.full_disk import end_when_full
from tests.support.landed_files import index_file, packs_of, writing_folder
from tests.support.ledger_questions import ask_ledger, assert_answered_once, assert_rows_add_up
from tests.support.packed_files import damaged, deliveries
from tests.support.small_slots import ENDPOINT, write_slots

FORK = multiprocessing.get_context("fork")
NUMBER = LEAST_PACKED + 6


def name_of(number: int) -> str:
    return f"R0A_acute_realtime_20190308T12{number // 60:02d}{number % 60:02d}.csv"


def put_files(home: Path) -> None:
    """Many files stand in the provider's folder, each with a figure of its own."""
    for number in range(NUMBER):
        changes = {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": number + 2}}
        path = write_slots(home / ENDPOINT / name_of(number), changes)
        os.utime(path, (1_552_000_000 + number, 1_552_000_000 + number))


def collect() -> int:
    """As the command and the DAGs do; 3 where the disk is full."""
    from pipelines.base.errors import DiskFault

    try:
        steps.collect(ENDPOINT)
    except DiskFault:
        return 3
    return 0


def assert_all_landed_once(home: Path) -> None:
    landing = Landing(home)
    waiting = landing.waiting()
    assert [one.file_name for one in waiting] == [name_of(number) for number in range(NUMBER)]
    assert damaged(landing, waiting) == []
    left = [path.name for path in (home / ENDPOINT).iterdir() if path.is_file()]
    assert left == []
    assert not [*writing_folder(home).glob("*")]


def test_they_are_landed_read_and_answered(home: Path) -> None:
    put_files(home)
    assert steps.collect(ENDPOINT) == NUMBER
    assert len(packs_of(home)) == 1
    assert_all_landed_once(home)
    assert steps.drain() == NUMBER
    rows = ask_ledger(home, "SELECT DISTINCT status FROM ops.submission")
    assert rows == [{"status": "accepted"}]
    held = (
        "SELECT arrivals FROM history.acute_realtime WHERE superseded_at IS NULL AND site_code = "
    )
    assert ask_ledger(home, f"{held} 'R0A02' AND slot_start = '2019-03-08 11:15'") == [
        {"arrivals": NUMBER + 1}
    ]
    assert_answered_once(home)
    assert_rows_add_up(home)


def test_of_a_damaged_pack_the_whole_files_are_loaded_and_the_others_wait(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put_files(home)
    steps.collect(ENDPOINT)
    (pack,) = packs_of(home)
    pack.write_bytes(pack.read_bytes()[:-400])
    hit = {one.file_name for one in damaged(Landing(home), Landing(home).waiting())}
    assert 0 < len(hit) < 4
    assert steps.drain() == NUMBER - len(hit)
    assert f"{pack}, from byte " in caplog.text
    assert {one.file_name for one in Landing(home).waiting()} == hit
    put_files(home)
    steps.collect(ENDPOINT)
    steps.drain()
    assert Landing(home).waiting() == []
    assert ask_ledger(
        home,
        "SELECT count(*) AS n FROM ops.submission WHERE status = 'accepted'",
    ) == [{"n": NUMBER}]


@pytest.mark.parametrize("step", [*steps_of("pack", "landing"), "collect: landed"])
def test_a_collector_that_dies_loses_none_and_lands_none_twice(home: Path, step: str) -> None:
    put_files(home)
    assert end_at(home, collect, step) == KILLED
    assert damaged(Landing(home), Landing(home).waiting()) == []
    assert run(home, collect) == 0
    Landing(home).objects.drop_abandoned(2e12)
    assert_all_landed_once(home)


@pytest.mark.parametrize("step", [None, *steps_of("pack", "landing")])
def test_on_a_full_disk_the_source_keeps_them(home: Path, step: str | None) -> None:
    put_files(home)
    code, said = end_when_full(home, collect, step)
    assert code in (0, 3), said
    assert code == 3 or step == "landing: manifest written"
    assert not [*writing_folder(home).glob("*")], "a part of a pack may be of patients"
    assert damaged(Landing(home), Landing(home).waiting()) == []
    assert run(home, collect) == 0
    assert_all_landed_once(home)


def _land(home: Path, start: int, barrier: Barrier) -> None:
    bodies = [b"a file %d\n" % number for number in range(start, start + 3 * LEAST_PACKED)]
    landing = Landing(home)
    for part in range(3):
        barrier.wait(30)
        landing.land_all(deliveries(bodies[part * LEAST_PACKED : (part + 1) * LEAST_PACKED], 1))


def test_two_that_land_at_once_lose_nothing(home: Path) -> None:
    """Half of the files are the same; one of them finds a damaged index, too."""
    _land(home, 1000, FORK.Barrier(1))
    index_file(home).write_bytes(b"garbage")
    barrier = FORK.Barrier(2)
    children = [
        FORK.Process(target=_land, args=(home, start * LEAST_PACKED // 2, barrier))
        for start in (0, 3)
    ]
    for one in children:
        one.start()
    for one in children:
        one.join(60)
    assert [one.exitcode for one in children] == [0, 0]
    landing = Landing(home)
    waiting = landing.waiting()
    assert len({one.sha256 for one in waiting}) >= 3 * LEAST_PACKED * 2 + LEAST_PACKED // 2
    assert damaged(landing, waiting) == []
    index_file(home).unlink()
    assert damaged(Landing(home), waiting) == []
