"""A damaged file of state is set aside and told, and the rest goes on.

Each kind of state is damaged in each way; what the pipeline does afterwards is what it does always.
"""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from pipelines import steps
from pipelines.answer.answer import answer_files, day_file
from pipelines.base.errors import WarehouseBusy
from pipelines.base.locks import held_lock
from pipelines.base.state_files import damaged_files
from pipelines.collect.addresses.missing_slots import AskingProgress, read_progress, write_progress
from pipelines.collect.sources.directory import DirectorySource
from pipelines.landing.crash_guard import CrashGuard
from pipelines.landing.landing import Delivery, Landing
from pipelines.landing.left_at_source import LeftAtSource, left_at, left_thing, remember_left
from pipelines.landing.withheld_notes import findings_in
from pipelines.simulate.record import last_delivery
from pipelines.watch.monitors.damaged import DAMAGED_STATE
from pipelines.watch.task_failed import tell_task_failed
from tests.support.landed_files import inbox_of, object_path
from tests.support.ledger_questions import ask_ledger, assert_answered_once
from tests.support.small_slots import ENDPOINT, FEED, FIRST_FILE, SECOND_FILE, write_slots
from warehouse.ledger.load_journal import LoadJournal
from warehouse.publish.publications import read_description

BINARY = bytes(range(256)) * 3
Damage = Callable[[Path], None]


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").write_bytes(b"")


def as_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def holding(content: bytes) -> Damage:
    def damage(path: Path) -> None:
        path.write_bytes(content)

    return damage


WAYS: dict[str, Damage] = {
    "empty": holding(b""),
    "cut": cut,
    "binary": holding(BINARY),
    "a number": holding(b"7"),
    "a list": holding(b"[[]]"),
    "another object": holding(b'{"a": {"b": null}}'),
    "deep": holding(b"[" * 100_000),
    "a folder": as_folder,
    "a link to itself": as_link,
    "a pipe": as_pipe,
}


def deaths(home: Path) -> Path:
    guard = CrashGuard(home, "acute_realtime")
    guard.begin("one")
    CrashGuard(home, "acute_realtime")
    return home / "reading" / "acute_realtime" / ".deaths.json"


def reading(home: Path) -> Path:
    CrashGuard(home, "acute_realtime").begin("one")
    return home / "reading" / "acute_realtime" / ".reading"


def asking(home: Path) -> Path:
    write_progress(home, FEED, AskingProgress(since=datetime(2026, 11, 1, tzinfo=UTC)))
    return home / "asking" / f"{FEED}.json"


def described(home: Path) -> Path:
    path = home / "publications" / "current.json"
    path.parent.mkdir(parents=True)
    told = {"publication": "uec-1", "file": "uec-1.duckdb", "made_at": "2026-11-17T08:00:00Z"}
    path.write_bytes(msgspec.json.encode({**told, "rows": {}, "data_as_of": {}}))
    return path


def alerted(home: Path) -> Path:
    tell_task_failed("watch", "look", "run", None, "nothing")
    return home / "alerts" / "watch.look.txt"


def left_over(home: Path) -> Path:
    remember_left(home, LeftAtSource(ENDPOINT), [left_thing("name", "is a link", "1")])
    return next((home / "left").iterdir())


def taken_by(home: Path) -> Path:
    note = home / ENDPOINT / "held" / "0123" / "taken-by.json"
    write_slots(note.with_name(FIRST_FILE))
    note.write_bytes(msgspec.json.encode([FEED]))
    return note


def listed(home: Path) -> object:
    source = DirectorySource(kind="directory", endpoint=ENDPOINT, pattern="*")
    return [(one.name, one.taken_by) for one in source.list(home)]


KINDS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object], object]] = {
    "deaths": (deaths, lambda home: CrashGuard(home, "acute_realtime").is_deadly("one"), False),
    "asking": (asking, lambda home: read_progress(home, FEED), AskingProgress()),
    "current.json": (described, read_description, None),
    "alerts": (
        alerted,
        lambda home: tell_task_failed("watch", "look", "run", None, "nothing"),
        True,
    ),
    "left": (left_over, lambda home: left_at(home, ENDPOINT).things, ()),
    "taken-by": (taken_by, listed, [(FIRST_FILE, ())]),
    "simulation": (
        lambda home: simulated(home),
        last_delivery,
        None,
    ),
}


def simulated(home: Path) -> Path:
    path = home / "simulation" / "20261117T080000.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"event":"run"')
    return path


@pytest.fixture(autouse=True)
def _told_by_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_state_is_set_aside_and_told(
    home: Path, caplog: pytest.LogCaptureFixture, kind: str, way: str
) -> None:
    make, use, wanted = KINDS[kind]
    path = make(home)
    WAYS[way](path)
    assert use(home) == wanted
    (aside,) = damaged_files(home)
    assert aside.was == "__".join(path.relative_to(home).parts)
    assert str(path) in caplog.text
    assert str(aside.path) in caplog.text
    assert use(home) in (wanted, False), "it is as if it had never been there"


@pytest.mark.parametrize("way", [one for one in WAYS if one not in ("empty", "cut", "a number")])
def test_a_damaged_note_of_a_death_counts_for_nobody(home: Path, way: str) -> None:
    path = reading(home)
    WAYS[way](path)
    assert not CrashGuard(home, "acute_realtime").is_deadly("one")
    assert not path.exists()


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_manifest_file_costs_its_own_deliveries_only(
    home: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path, way: str
) -> None:
    content = write_slots(tmp_path / FIRST_FILE).read_bytes()
    Landing(home).land_all([Delivery(content, FIRST_FILE, FEED, "here")])
    (path,) = (home / "landing" / "inbox").iterdir()
    kept = Landing(home).land_all([Delivery(b"org_code\n", SECOND_FILE, FEED, "here")])[0]
    WAYS[way](path)
    assert Landing(home).waiting() == [kept]
    assert "sitrep ingest" in caplog.text
    assert len(damaged_files(home)) == 1


def test_a_delivery_that_was_lost_is_brought_back_as_the_message_says(
    home: Path, tmp_path: Path
) -> None:
    content = write_slots(tmp_path / FIRST_FILE).read_bytes()
    lost = Landing(home).land_all([Delivery(content, FIRST_FILE, FEED, "here")])[0]
    (path,) = (home / "landing" / "inbox").iterdir()
    path.write_bytes(BINARY)
    assert steps.drain() == 0
    again = Landing(home).land_all([Delivery(content, FIRST_FILE, FEED, "here")])[0]
    assert again.sha256 == lost.sha256
    assert steps.drain() == 1
    rows = ask_ledger(home, "SELECT status FROM ops.submission WHERE file_name = ?", FIRST_FILE)
    assert [row["status"] for row in rows] == ["accepted"]


@pytest.mark.parametrize(
    "bad",
    [b"", b"{", BINARY.replace(b"\n", b""), b"[]", b'{"delivery_id": "x"}', b"../..", b"null"],
)
def test_a_damaged_line_costs_no_other_line(home: Path, bad: bytes) -> None:
    landing = Landing(home)
    both = landing.land_all([Delivery(b"a", "a", FEED, "here"), Delivery(b"b", "b", FEED, "here")])
    (path,) = inbox_of(landing).iterdir()
    first, second = path.read_bytes().split(b"\n")
    path.write_bytes(first + b"\n" + bad + b"\n" + second)
    assert Landing(home).waiting() == both
    assert [one.path.read_bytes() for one in damaged_files(home)] == ([bad] if bad else [])
    assert Landing(home).waiting() == both
    Landing(home).settle(both)
    assert Landing(home).waiting() == []


def test_a_line_that_would_lead_out_of_landing_is_damaged(home: Path) -> None:
    landing = Landing(home)
    landing.land_all([Delivery(b"a", "a", FEED, "here")])
    (path,) = inbox_of(landing).iterdir()
    path.write_bytes(path.read_bytes().replace(FEED.encode(), b"../../../etc"))
    assert Landing(home).waiting() == []


@pytest.mark.parametrize("way", WAYS)
def test_bytes_whose_note_is_damaged_stay_withheld(home: Path, way: str) -> None:
    landing = Landing(home)
    (one,) = landing.land_all([Delivery(b"a", "a", FEED, "here")])
    landing.withhold(one, '{"code": "DATA-002", "message": "m", "value": null}')
    WAYS[way](object_path(home, FEED, one.sha256).with_name(f"{one.sha256}.withheld"))
    landing.land_all([Delivery(b"a", "other", FEED, "here")])
    assert not object_path(home, FEED, one.sha256).exists()
    why = landing.why_withheld(one)
    assert why is not None
    assert [told.code for told in findings_in(why)] == ["DATA-001"]


def test_a_folder_in_place_of_a_lock_is_set_aside(home: Path) -> None:
    (home / "warehouse.lock").mkdir(parents=True)
    with held_lock(home, "warehouse", WarehouseBusy, "The warehouse"):
        assert [one.was for one in damaged_files(home)] == ["warehouse.lock"]


def test_what_was_set_aside_is_told_by_the_watch(home: Path) -> None:
    WAYS["binary"](asking(home))
    read_progress(home, FEED)
    steps.drain()
    from pipelines.watch.look import look_now

    (told,) = [one for one in look_now().open if one.finding.kind == DAMAGED_STATE]
    assert f"asking/{FEED}.json could not be used" in told.finding.message


@pytest.mark.parametrize("way", ["a folder", "a link to itself", "a pipe"])
@pytest.mark.parametrize("number", range(4), ids=["day", "JSON", "page", "journal of loads"])
def test_what_stands_in_the_way_of_a_file_is_set_aside(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, number: int
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
    content = write_slots(tmp_path / FIRST_FILE).read_bytes().replace(b"arrivals", b"arrivels")
    (one,) = Landing(home).land_all([Delivery(content, FIRST_FILE, FEED, "here")])
    name = f"{FEED}@{one.sha256[:16]}"
    journal = home / "landing" / "loads" / "2019-03-08.jsonl"
    path = (day_file(home, FEED, "2019-03-08"), *answer_files(home, FEED, name), journal)[number]
    path.parent.mkdir(parents=True)
    path.touch()
    WAYS[way](path)
    steps.drain()
    assert path.is_file() and not path.is_symlink() and path.stat().st_size
    assert len(damaged_files(home)) == 1
    assert_answered_once(home)
    assert len(list(LoadJournal(home).read())) == 1
