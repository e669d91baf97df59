"""The same bytes again are a duplicate, whenever, however often and under whichever name they come.

Landing tells the ledger when bytes came first, so that it need not look through years; what is told
wrongly must not let a file count twice.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import queue, reprocess, settle, steps
from pipelines.base.durable import write_all_durably
from pipelines.base.settings import settings
from pipelines.landing import object_folder
from pipelines.landing.landing import Delivery, Landing
from tests.support.ledger_questions import (
    Record,
    ask_ledger,
    assert_answered_once,
    assert_rows_add_up,
)
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, SITES, SLOTS, write_slots
from warehouse.store import connection

ROWS = len(SITES) * len(SLOTS)


class Sender:
    """Sends the same file, an hour after one another."""

    def __init__(self, home: Path, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.home = home
        self._patch = patch
        self._hour = 11
        self.content = write_slots(folder / FIRST_FILE).read_bytes()

    def send(self, *names: str) -> None:
        """Lands the file under these names in one call."""
        self._hour += 1
        self._patch.setenv("SITREP_NOW", f"2019-03-08T{self._hour}:00:00Z")
        names = names or (FIRST_FILE,)
        deliveries = [Delivery(self.content, name, FEED, name) for name in names]
        Landing(self.home).land_all(deliveries)

    def submissions(self) -> list[Record]:
        """The ledger's submissions, which is sound: one of them counts, and each is answered."""
        rows = ask_ledger(self.home, "FROM ops.submission ORDER BY received_at, delivery_id")
        assert_answered_once(self.home)
        assert_rows_add_up(self.home)
        held = ask_ledger(self.home, "FROM history.acute_realtime")
        assert len(held) == ROWS, "a repetition is no revision"
        slots = ask_ledger(self.home, "SELECT DISTINCT submission_id FROM ops.submission_slot")
        counting = [row["submission_id"] for row in rows if row["status"] != "duplicate"]
        assert [row["submission_id"] for row in slots] == counting
        return rows


@pytest.fixture
def sender(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sender:
    return Sender(home, tmp_path, monkeypatch)


def statuses(rows: list[Record]) -> list[str]:
    return [row["status"] for row in rows]


def test_each_repetition_has_an_id_of_its_own_and_names_the_original(sender: Sender) -> None:
    for _ in range(3):
        sender.send()
        steps.drain()
    first, *again = sender.submissions()
    assert first["status"] == "accepted"
    assert statuses(again) == ["duplicate", "duplicate"]
    assert {row["duplicate_of"] for row in again} == {first["submission_id"]}
    pattern = re.escape(first["submission_id"]) + r"\.20190308T1[34]0{10}-0{6}[0-9a-f]{8}"
    assert all(re.fullmatch(pattern, row["submission_id"]) for row in again)
    assert [row["rows_accepted"] for row in again] == [0, 0]


@pytest.mark.parametrize("at_once", [1, 10_000])
def test_two_names_for_the_same_bytes_at_once_are_one_file_and_a_duplicate(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Also where one batch ends between them."""
    monkeypatch.setattr(queue, "AT_ONCE", at_once)
    sender.send(FIRST_FILE, SECOND_FILE)
    steps.drain()
    assert statuses(sender.submissions()) == ["accepted", "duplicate"]


def test_what_duckdb_keeps_of_a_part_is_given_back_before_the_next(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps what temporary tables took, and ten days in parts took 140 MB more for it."""
    monkeypatch.setattr(queue, "AT_ONCE", 1)
    monkeypatch.setattr(settle, "_BACKLOG", 1)
    made: list[duckdb.DuckDBPyConnection] = []
    really = connection._new_duckdb

    def make() -> duckdb.DuckDBPyConnection:
        made.append(really())
        return made[-1]

    monkeypatch.setattr(connection, "_new_duckdb", make)
    sender.send(FIRST_FILE, SECOND_FILE)
    connection.close_duckdb()
    steps.drain()
    assert len(made) == 2


def test_a_second_name_before_the_first_was_loaded_is_a_duplicate(sender: Sender) -> None:
    sender.send(FIRST_FILE)
    sender.send(SECOND_FILE)
    steps.drain()
    assert statuses(sender.submissions()) == ["accepted", "duplicate"]


def test_a_repetition_of_what_was_read_again_is_a_duplicate_still(sender: Sender) -> None:
    sender.send()
    steps.drain()
    reprocess.reprocess(reprocess.Chosen(FEED), lambda _: None)
    sender.send()
    steps.drain()
    assert statuses(sender.submissions()) == ["accepted", "duplicate"]


def test_bytes_whose_first_landing_died_are_new_and_then_known(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stand there, older than their first entry in the ledger."""
    really = os.replace

    def die_at_the_manifest(source: object, target: object) -> None:
        if "inbox" in str(target):
            raise KeyboardInterrupt
        really(source, target)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die_at_the_manifest)
        with pytest.raises(KeyboardInterrupt):
            sender.send()
    for _ in range(2):
        sender.send()
        steps.drain()
    assert statuses(sender.submissions()) == ["accepted", "duplicate"]


def test_a_second_sender_who_was_quicker_makes_the_first_a_duplicate(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked for the bytes before either had written them."""
    calls = [0]

    def write_after_another(*arguments: Any) -> None:
        calls[0] += 1
        if calls[0] == 1:
            sender.send()
            steps.drain()
        write_all_durably(*arguments)

    monkeypatch.setattr(object_folder, "write_all_durably", write_after_another)
    sender.send()
    steps.drain()
    assert sorted(statuses(sender.submissions())) == ["accepted", "duplicate"]


@pytest.mark.parametrize("moved_to", [datetime(2019, 3, 1, tzinfo=UTC), datetime(2026, 1, 1)])
def test_bytes_whose_file_has_another_time_are_known_all_the_same(
    sender: Sender, moved_to: datetime
) -> None:
    """A home that was copied or restored has files of another age."""
    sender.send()
    steps.drain()
    (path,) = (path for path in (sender.home / "landing" / "objects").rglob("*") if path.is_file())
    os.utime(path, (moved_to.timestamp(), moved_to.timestamp()))
    sender.send()
    steps.drain()
    assert statuses(sender.submissions()) == ["accepted", "duplicate"]


def test_a_clock_that_was_set_back_makes_no_difference(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.send()
    steps.drain()
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T11:50:00Z")
    Landing(sender.home).land_all([Delivery(sender.content, FIRST_FILE, FEED, FIRST_FILE)])
    steps.drain()
    rows = ask_ledger(sender.home, "FROM ops.submission ORDER BY settled_at")
    assert statuses(rows) == ["accepted", "duplicate"]


def test_the_same_bytes_for_another_feed_count_there(
    sender: Sender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.send()
    steps.drain()
    Landing(sender.home).land_all(
        [Delivery(sender.content, "x.csv", "acute_realtime.rwa", "x.csv")]
    )
    settings.cache_clear()
    steps.drain()
    rows = ask_ledger(sender.home, "SELECT feed_id, status FROM ops.submission ORDER BY ALL")
    assert [tuple(row.values()) for row in rows] == [
        (FEED, "accepted"),
        ("acute_realtime.rwa", "rejected"),
    ]
    codes = ask_ledger(sender.home, "SELECT DISTINCT code FROM ops.issue")
    assert {"code": "ROW-002"} in codes, "another trust's rows"
