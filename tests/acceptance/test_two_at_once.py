"""Two processes at once in one home: every delivery is settled once, and a busy one loses nothing.

The processes are forked from one that has imported Great Expectations, and begin together.
"""

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.errors import WarehouseBusy
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from pipelines.queue import waiting_in_parts
from pipelines.reading_locks import collection_lock
from pipelines.registry.registry import load_registry
from pipelines.settle import Faults, settle
from tests.support.landed_files import settled_of
from tests.support.ledger_questions import Record, ask_ledger, assert_answered_once
from tests.support.small_workbook import CLOSURES, DAYS, FILE_NAME, GA_BEDS, write_workbook

PROJECT = Path(__file__).resolve().parents[2]
FORK = multiprocessing.get_context("fork")
LONGEST_SECONDS = 120
ROUNDS = 4
"""Each round is another chance for the two to meet at an awkward moment."""

HOLDER = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""
"""A process that holds the warehouse until its input is closed."""


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """Great Expectations is imported once, before any child is forked."""
    import expectations.custom  # noqa: F401


def test_the_same_file_at_once_is_loaded_once(home: Path, tmp_path: Path) -> None:
    file = write_workbook(tmp_path / FILE_NAME)
    assert run_together(home, [file], [file]) == [0, 0]
    settled = read_submissions(home)
    for feed in ("acute_sitrep.winter_timeseries", "ambulance_handover.winter_timeseries"):
        statuses = [one["status"] for one in settled if one["feed_id"] == feed]
        # The second is the same delivery while the first waits, and a duplicate afterwards.
        assert statuses in (["accepted"], ["accepted", "duplicate"])
    assert_all_settled_and_answered(home)
    assert held(home, "acute_sitrep", "ga_beds_open") == 9


def test_different_files_at_once_are_both_loaded(home: Path, tmp_path: Path) -> None:
    files = [
        write_workbook(tmp_path / day.isoformat() / FILE_NAME, days=[day])
        for day in (*DAYS, DAYS[0].replace(day=6))
    ]
    assert run_together(home, files[:2], files[2:]) == [0, 0]
    assert {one["status"] for one in read_submissions(home)} == {"accepted"}
    assert len(read_submissions(home)) == 2 * len(files)
    assert_all_settled_and_answered(home)
    assert held(home, "acute_sitrep", "ga_beds_open") == 3 * len(files)
    assert held(home, "ambulance_handover", "ambulance_arrivals") == 3 * len(files)


def test_many_at_once_leave_every_delivery_in_one_final_state(home: Path, tmp_path: Path) -> None:
    for number in range(ROUNDS):
        changes = {(CLOSURES, "RF4", "Closures", DAYS[0]): number}
        shared = write_workbook(tmp_path / f"shared{number}" / FILE_NAME, changes)
        own = write_workbook(
            tmp_path / f"own{number}" / FILE_NAME,
            {(GA_BEDS, "RQM", "Total beds occ'd", DAYS[2]): 600 + number},
        )
        codes = run_together(home, [shared], [shared, own])
        assert set(codes) <= {0, 1}, "no race ends a command with an error"
    assert_all_settled_and_answered(home)
    assert {one["status"] for one in read_submissions(home)} <= {"accepted", "duplicate"}


def test_a_collection_that_another_process_is_at_is_waited_for(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the other is at it this one waits; afterwards it finds nothing left to do."""
    steps.land_files([write_workbook(tmp_path / FILE_NAME)])
    monkeypatch.setenv("SITREP_LOCK_WAIT_SECONDS", "0.1")
    settings.cache_clear()
    with collection_lock(home, "acute_sitrep"), pytest.raises(WarehouseBusy):
        steps.bring_in("acute_sitrep", endpoints=())
    assert steps.bring_in("acute_sitrep", endpoints=()).settled == 1
    assert steps.bring_in("acute_sitrep", endpoints=()).settled == 0


def test_a_delivery_that_two_processes_found_waiting_is_loaded_once(
    home: Path, tmp_path: Path
) -> None:
    """Both saw it in the inbox before either was at it."""
    steps.land_files([write_workbook(tmp_path / FILE_NAME)])
    landing, registry = Landing(home), load_registry()
    (waiting,) = waiting_in_parts(landing, registry, ["acute_sitrep"])
    faults: Faults = {}
    assert settle(landing, registry, waiting, faults) == 1
    assert settle(landing, registry, waiting, faults) == 0
    assert not faults
    settled = [one for one in read_submissions(home) if one["collection"] == "acute_sitrep"]
    assert [one["status"] for one in settled] == ["accepted"]
    assert held(home, "acute_sitrep", "ga_beds_open") == 9


def test_a_busy_warehouse_ends_a_command_with_3_and_loses_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_workbook(tmp_path / FILE_NAME)
    monkeypatch.setenv("SITREP_LOCK_WAIT_SECONDS", "0.2")
    settings.cache_clear()
    with held_by_another_process(home):
        assert _run(["ingest", str(file)]) == 3
        told = capsys.readouterr().err
        assert "in use by another process" in told
        assert "SITREP_LOCK_WAIT_SECONDS" in told
        assert "Traceback" not in told
        for command in (["drain"], ["publish"], ["status"], ["submissions"]):
            assert _run(command) == 3, command
        with pytest.raises(WarehouseBusy):
            steps.bring_in("acute_sitrep", endpoints=())
    assert len(Landing(home).waiting()) == 2
    assert _run(["drain"]) == 0
    assert {one["status"] for one in read_submissions(home)} == {"accepted"}
    assert_all_settled_and_answered(home)


def test_a_query_does_not_wait_for_the_warehouse(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(["ingest", str(write_workbook(tmp_path / FILE_NAME))]) == 0
    assert _run(["publish"]) == 0
    monkeypatch.setenv("SITREP_LOCK_WAIT_SECONDS", "0")
    settings.cache_clear()
    with held_by_another_process(home):
        assert _run(["query", "SELECT count(*) FROM acute_sitrep"]) == 0


def test_the_lock_of_a_process_that_died_is_free(home: Path, tmp_path: Path) -> None:
    with held_by_another_process(home) as holder:
        holder.kill()
        holder.wait(LONGEST_SECONDS)
        assert _run(["ingest", str(write_workbook(tmp_path / FILE_NAME))]) == 0


@contextmanager
def held_by_another_process(home: Path) -> Iterator["subprocess.Popen[str]"]:
    home.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home / "warehouse.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.stdin.close()


def run_together(home: Path, *calls: list[Path]) -> list[int]:
    """The exit codes of one `sitrep ingest` for each list of files, all begun together."""
    barrier = FORK.Barrier(len(calls))
    children = [FORK.Process(target=_ingest, args=(home, files, barrier)) for files in calls]
    for child in children:
        child.start()
    return [_finish(child) for child in children]


def _ingest(home: Path, files: list[Path], barrier: Barrier) -> None:
    os.environ["SITREP_HOME"] = str(home)
    settings.cache_clear()
    barrier.wait(LONGEST_SECONDS)
    sys.exit(_run(["ingest", *map(str, files)]))


def _finish(child: BaseProcess) -> int:
    child.join(LONGEST_SECONDS)
    if child.exitcode is None:
        child.kill()
        child.join()
        pytest.fail(f"{child.name} hung for {LONGEST_SECONDS} seconds")
    return child.exitcode


def assert_all_settled_and_answered(home: Path) -> None:
    landing = Landing(home)
    assert landing.waiting() == []
    assert not list((home / "reading").glob("*/*"))
    landed = {
        json.loads(line)["delivery_id"]
        for path in settled_of(landing).glob("*/*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    }
    settled = [one["delivery_id"] for one in read_submissions(home)]
    assert sorted(settled) == sorted(landed), "each is settled once"
    assert_answered_once(home)


def held(home: Path, collection: str, measure: str) -> int:
    """How many keys have a value of the measure; each key is held once."""
    rows = ask_ledger(
        home,
        "SELECT count(*) AS held, count(DISTINCT (org_code, report_date)) AS keys "
        f"FROM history.{collection} WHERE superseded_at IS NULL AND {measure} IS NOT NULL",
    )
    assert rows[0]["held"] == rows[0]["keys"]
    return int(rows[0]["held"])


def read_submissions(home: Path) -> list[Record]:
    return ask_ledger(home, "FROM ops.submission ORDER BY submission_id")
