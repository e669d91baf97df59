"""Landing: bytes and manifest are kept once and whole, and the inbox is the queue."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import durable
from pipelines.landing import Landing, Manifest

FEED, OTHER = "acute_sitrep.winter_timeseries", "ambulance_handover.winter_timeseries"


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:00:00Z")
    return Landing(tmp_path)


def land(landing: Landing, content: bytes = b"bytes", feed: str = FEED) -> Manifest:
    return landing.land(content, "file.xlsx", feed, "incoming/file.xlsx")


def files_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_bytes_stand_under_their_hash_and_the_manifest_tells_of_them(landing: Landing) -> None:
    manifest = land(landing)
    sha256 = hashlib.sha256(b"bytes").hexdigest()
    assert manifest.sha256 == sha256
    assert landing.object_path(sha256) == landing.objects / sha256[:2] / sha256
    assert landing.content(sha256) == b"bytes"
    assert manifest.size_bytes == 5
    assert manifest.received_at == datetime(2026, 11, 17, 8, tzinfo=UTC)
    assert landing.waiting() == [manifest]
    stored = json.loads((landing.inbox / f"{manifest.delivery_id}.json").read_text("utf-8"))
    assert stored["received_at"] == "2026-11-17T08:00:00+00:00"
    assert stored["file_name"] == "file.xlsx"


def test_the_same_bytes_that_wait_are_the_same_delivery(landing: Landing) -> None:
    assert land(landing) == land(landing)
    assert len(landing.waiting()) == 1


def test_the_same_bytes_for_another_feed_are_another_delivery_of_one_object(
    landing: Landing,
) -> None:
    first, second = land(landing), land(landing, feed=OTHER)
    assert first.delivery_id != second.delivery_id
    assert len(files_under(landing.objects)) == 1


def test_the_same_bytes_after_they_were_settled_are_another_delivery(landing: Landing) -> None:
    first = land(landing)
    landing.settle([first])
    second = land(landing)
    assert second.delivery_id != first.delivery_id
    assert landing.waiting() == [second]
    assert len(files_under(landing.objects)) == 1


def test_deliveries_wait_in_the_order_in_which_they_came(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = []
    for second in range(12):
        monkeypatch.setenv("SITREP_NOW", f"2026-11-17T08:00:{second:02d}Z")
        contents.append(land(landing, f"{second}".encode()).sha256)
    assert [one.sha256 for one in landing.waiting()] == contents


def test_an_empty_file_lands_too(landing: Landing) -> None:
    manifest = land(landing, b"")
    assert manifest.size_bytes == 0
    assert landing.content(manifest.sha256) == b""


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b'c\".xlsx", "naïve – £.xlsx", "", "x\ny"])
def test_a_strange_file_name_is_only_told_and_never_a_path(landing: Landing, name: str) -> None:
    manifest = landing.land(b"bytes", name, FEED, name)
    assert landing.waiting()[0].file_name == name
    assert files_under(landing.inbox) == [f"{manifest.delivery_id}.json"]


def test_settling_moves_the_manifest_by_its_day(landing: Landing) -> None:
    manifest = land(landing)
    landing.settle([manifest])
    assert landing.waiting() == []
    assert files_under(landing.settled) == [f"2026-11-17/{manifest.delivery_id}.json"]
    assert landing.content(manifest.sha256) == b"bytes"


def test_settling_again_changes_nothing(landing: Landing) -> None:
    first, second = land(landing), land(landing, b"other")
    landing.settle([first])
    before = files_under(landing.settled)
    landing.settle([first, first])
    assert files_under(landing.settled) == before
    assert landing.waiting() == [second]


def test_nothing_waits_before_anything_has_landed(landing: Landing) -> None:
    assert landing.waiting() == []


def test_bytes_that_never_landed_are_an_error(landing: Landing) -> None:
    with pytest.raises(FileNotFoundError):
        landing.content("0" * 64)


def test_half_written_and_hidden_files_do_not_wait(landing: Landing) -> None:
    manifest = land(landing)
    (landing.inbox / f".{manifest.delivery_id}.json.0a1b2c3d.tmp").write_bytes(b"{")
    assert landing.waiting() == [manifest]


def test_a_manifest_that_is_settled_while_the_inbox_is_read_is_left_out(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = land(landing), land(landing, b"other")
    scan = os.scandir

    def scan_then_settle(folder: Any) -> Any:
        entries = list(scan(folder))
        landing.settle([first])
        return entries

    monkeypatch.setattr(os, "scandir", scan_then_settle)
    assert landing.waiting() == [second]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_what_could_not_be_written_whole_is_not_there_at_all(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, fail)
        with pytest.raises(OSError, match="No space left"):
            land(landing)
    assert files_under(landing.objects) == []
    assert landing.waiting() == []
    assert land(landing).size_bytes == 5


def test_the_bytes_are_on_the_disk_before_the_manifest_tells_of_them(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_sync(descriptor: int) -> None:
        done.append("sync")
        fsync(descriptor)

    def note_rename(source: Any, target: Any) -> None:
        replace(source, target)
        done.append("object" if "objects" in str(target) else "manifest")

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_rename)
    land(landing)
    # File, name, folder: for the bytes and then for the manifest.
    assert done == ["sync", "object", "sync", "sync", "manifest", "sync"]


def test_an_object_that_is_there_is_not_written_again(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = land(landing)
    landing.settle([first])
    before = landing.object_path(first.sha256).stat().st_mtime_ns
    land(landing)
    assert landing.object_path(first.sha256).stat().st_mtime_ns == before


def test_writing_durably_replaces_the_old_content_at_once(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "file"
    durable.write_durably(target, b"one")
    durable.write_durably(target, b"two")
    assert target.read_bytes() == b"two"
    assert files_under(tmp_path) == ["folder/file"]
