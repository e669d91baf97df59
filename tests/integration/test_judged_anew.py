"""Bytes refused for what time or we ourselves caused are judged anew when they come again."""

from pathlib import Path

import pytest

from pipelines import reprocess, steps
from pipelines.cli.app import _run
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Delivery, Landing
from pipelines.parse.formats.csv_table import CsvTable
from tests.support.ledger_questions import (
    ask_ledger,
    assert_answered_once,
    assert_rows_add_up,
)
from tests.support.small_slots import FEED, FIRST_FILE, write_slots
from tests.support.warehouse import warehouse_file
from tests.support.whole_home import whole_warehouse


def send(home: Path, patch: pytest.MonkeyPatch, content: bytes, time: str) -> None:
    patch.setenv("SITREP_NOW", f"2019-03-08T{time}:00Z")
    Landing(home).land_all([Delivery(content, FIRST_FILE, FEED, "here")])
    steps.drain()


def statuses(home: Path) -> list[str]:
    assert_answered_once(home)
    assert_rows_add_up(home)
    rows = ask_ledger(home, "SELECT status FROM ops.submission ORDER BY delivery_id")
    return [row["status"] for row in rows]


def values_held(home: Path) -> int:
    return len(ask_ledger(home, "FROM history.acute_realtime WHERE superseded_at IS NULL"))


def test_a_slot_that_was_in_the_future_is_taken_when_it_is_past(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = write_slots(tmp_path / FIRST_FILE).read_bytes()
    send(home, monkeypatch, content, "10:00")
    send(home, monkeypatch, content, "10:30")
    assert statuses(home) == ["rejected", "rejected"], "each for what is true when it came"
    send(home, monkeypatch, content, "12:00")
    send(home, monkeypatch, content, "12:30")
    assert statuses(home) == ["rejected", "rejected", "accepted", "duplicate"]
    assert values_held(home) == 4
    reprocess.reprocess(reprocess.Chosen(FEED), lambda _: None)
    assert statuses(home) == ["rejected", "rejected", "accepted", "duplicate"]
    assert values_held(home) == 4


def test_rows_that_were_in_the_future_are_taken_when_they_are_past(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = write_slots(tmp_path / FIRST_FILE).read_bytes()
    send(home, monkeypatch, content, "11:16")
    send(home, monkeypatch, content, "12:00")
    assert statuses(home) == ["accepted_with_rejections", "accepted"]
    assert values_held(home) == 4


def test_a_file_on_which_our_reader_failed_is_read_again(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    content = write_slots(tmp_path / FIRST_FILE).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(CsvTable, "read", fail)
        send(home, monkeypatch, content, "12:00")
    send(home, monkeypatch, content, "12:15")
    send(home, monkeypatch, content, "12:30")
    assert statuses(home) == ["rejected", "accepted", "duplicate"]


def test_a_file_that_is_wrong_at_any_time_stays_a_duplicate(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": -1}}
    content = write_slots(tmp_path / FIRST_FILE, changes).read_bytes()
    send(home, monkeypatch, content, "12:00")
    send(home, monkeypatch, content, "12:15")
    assert statuses(home) == ["accepted_with_rejections", "duplicate"]


def test_what_was_judged_anew_and_read_again_is_rebuilt_equal(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = write_slots(tmp_path / FIRST_FILE).read_bytes()
    for time in ("10:00", "12:00", "12:30"):
        send(home, monkeypatch, content, time)
    reprocess.reprocess(reprocess.Chosen(FEED), lambda _: None)
    steps.publish()
    before = whole_warehouse(home)
    assert max(row["attempt"] for row in ask_ledger(home, "FROM ops.submission")) == 2
    warehouse_file(home).unlink()
    assert _run(["rebuild"]) == 0
    after = whole_warehouse(home)
    for table in before.keys() - {"ops.watch", "ops.publication"}:
        assert after[table] == before[table], table


def test_a_copy_beside_one_that_a_dead_run_entered_names_what_it_repeats(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = write_slots(tmp_path / FIRST_FILE).read_bytes()
    with monkeypatch.context() as patch:
        # It dies before the inbox is cleared.
        patch.setattr(Landing, "settle", lambda *_: None)
        send(home, monkeypatch, content, "10:00")
    monkeypatch.setattr("pipelines.duplicates._FEW_REPEATED", 1.0)
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T10:15:00Z")
    Landing(home).land_all([Delivery(content, f"again_{FIRST_FILE}", FEED, "here")])
    steps.drain()
    assert statuses(home) == ["rejected", "duplicate"]
    first, second = ask_ledger(home, "FROM ops.submission ORDER BY delivery_id")
    assert second["duplicate_of"] == first["submission_id"]


@pytest.mark.long
def test_a_rebuild_that_was_killed_keeps_the_order_of_copies(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of two copies came first stays, though a process died twice over that one."""
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    content = write_slots(tmp_path / FIRST_FILE).read_bytes()
    files = (FIRST_FILE, f"again_{FIRST_FILE}")
    first, _ = Landing(home).land_all([Delivery(content, name, FEED, "here") for name in files])
    steps.drain()
    reprocess.reprocess(reprocess.Chosen(FEED), lambda _: None)
    steps.publish()
    names = "submission_id, delivery_id, status, duplicate_of, attempt"
    told = f"SELECT {names} FROM ops.submission ORDER BY delivery_id"
    before = ask_ledger(home, told)
    for _ in range(2):
        CrashGuard(home, "acute_realtime").begin_together([first])
    warehouse_file(home).unlink()
    assert _run(["rebuild"]) == 0
    assert ask_ledger(home, told) == before
    assert values_held(home) == 4
