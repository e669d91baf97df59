"""What was taken is remembered by key and version, pruned to the listing, and survives damage."""

import os
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.base.state_files import damaged_files
from pipelines.collect.listed_files import Listed
from pipelines.collect.taken import FolderTakenMemory, taken_memory
from pipelines.collect.taken_files import SeenFile, TakenFile, TakenMemory

pytestmark = pytest.mark.usefixtures("each_state")
ENDPOINT = "sftp://north/outgoing"
ODD = os.fsdecode(b"caf\xe9.csv")
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def file(key: str, version: str = "1") -> Listed:
    return Listed(key, key, 1, version=version)


@pytest.fixture
def memory(tmp_path: Path) -> TakenMemory:
    return taken_memory(tmp_path, ENDPOINT)


def the_file(home: Path) -> Path:
    (found,) = (home / "taken").glob("*.sqlite")
    return found


@pytest.mark.in_folder
def test_nothing_was_taken_at_first_and_to_ask_makes_no_file(
    memory: TakenMemory, tmp_path: Path
) -> None:
    assert (memory.taken(), memory.seen()) == ({}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_known_by_key_and_version_in_another_process_too(
    memory: TakenMemory, tmp_path: Path
) -> None:
    memory.note([file("a"), file(ODD, "2"), file("x" * 4000)], is_done=True)
    memory.note([file("held")], is_done=False, taken_by=["one.feed", "other.feed"])
    again = taken_memory(tmp_path, ENDPOINT).taken()
    assert again == {
        "a": TakenFile("1", True, ()),
        ODD: TakenFile("2", True, ()),
        "x" * 4000: TakenFile("1", True, ()),
        "held": TakenFile("1", False, ("one.feed", "other.feed")),
    }
    memory.note([file("held", "2")], is_done=True)
    assert memory.taken()["held"] == TakenFile("2", True, ())


def test_endpoints_share_nothing(memory: TakenMemory, tmp_path: Path) -> None:
    memory.note([file("a")], is_done=True)
    assert taken_memory(tmp_path, "sftp://south/outgoing").taken() == {}


def test_what_is_not_listed_any_more_is_forgotten(memory: TakenMemory) -> None:
    memory.note([file("a"), file("b"), file(ODD)], is_done=True)
    memory.remember_listing(["b", ODD, "never seen"], {})
    assert set(memory.taken()) == {"b", ODD}
    memory.forget([ODD, "never seen"])
    assert set(memory.taken()) == {"b"}


def test_files_that_are_not_whole_are_those_of_the_last_listing(memory: TakenMemory) -> None:
    seen = {"a": SeenFile("1", NOON), ODD: SeenFile("2", NOON)}
    memory.remember_listing(["a", ODD], seen)
    assert memory.seen() == seen
    memory.remember_listing(["a"], {"a": seen["a"]})
    assert memory.seen() == {"a": seen["a"]}
    memory.remember_listing(["a"], {})
    assert memory.seen() == {}


@pytest.mark.in_folder
@pytest.mark.parametrize(
    "content", [b"no database at all" * 99, b"SQLite format 3\0" + b"\xff" * 99]
)
def test_a_damaged_memory_is_set_aside_and_told(
    memory: TakenMemory, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    memory.note([file("a")], is_done=True)
    the_file(tmp_path).write_bytes(content)
    assert memory.taken() == {}
    (damaged,) = damaged_files(tmp_path)
    assert damaged.path.read_bytes() == content
    assert "is landed again, and is answered as a duplicate" in caplog.text
    memory.note([file("b")], is_done=True)
    assert set(memory.taken()) == {"b"}


@pytest.mark.in_folder
def test_a_memory_that_is_damaged_when_it_is_written_to_is_begun_anew(
    memory: TakenMemory, tmp_path: Path
) -> None:
    memory.note([file("a")], is_done=True)
    the_file(tmp_path).write_bytes(b"x" * 5000)
    memory.note([file("b")], is_done=True)
    assert set(memory.taken()) == {"b"}
    assert len(damaged_files(tmp_path)) == 1


@pytest.mark.in_folder
def test_a_memory_of_another_form_is_damage(memory: TakenMemory, tmp_path: Path) -> None:
    memory.note([file("a")], is_done=True)
    with sqlite3.connect(the_file(tmp_path)) as other:
        other.executescript("DROP TABLE taken; CREATE TABLE taken (name TEXT)")
    assert memory.taken() == {}
    assert len(damaged_files(tmp_path)) == 1


@pytest.mark.in_folder
def test_a_disk_that_takes_no_more_is_no_damage(
    memory: TakenMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.note([file("a")], is_done=True)

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(FolderTakenMemory, "_open", full)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            memory.note([file("b")], is_done=True)
    assert set(memory.taken()) == {"a"}
    assert damaged_files(tmp_path) == []


@pytest.mark.in_folder
def test_only_its_owner_reads_it(memory: TakenMemory, tmp_path: Path) -> None:
    memory.note([file("a")], is_done=True)
    assert stat.S_IMODE(the_file(tmp_path).stat().st_mode) == 0o600
