"""Landing: bytes and manifest are kept once and whole, and the inbox is the queue."""

import ctypes
import errno
import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.base import durable
from pipelines.base.disk_faults import disk_faults_told
from pipelines.base.errors import DiskFault
from pipelines.landing.landing import Delivery, Landing, Manifest
from tests.support.landed_files import inbox_of, object_path, objects_folder, settled_of

FEED, OTHER = "acute_sitrep.winter_timeseries", "ambulance_handover.winter_timeseries"
NAME = "file.xlsx"
SHA256 = hashlib.sha256(b"bytes").hexdigest()
EIGHT = datetime(2026, 11, 17, 8, tzinfo=UTC)


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:00:00Z")
    return Landing(tmp_path)


def land(
    landing: Landing, content: bytes = b"bytes", feed: str = FEED, name: str = NAME
) -> Manifest:
    (landed,) = landing.land_all([Delivery(content, name, feed, f"incoming/{name}")])
    return landed


def deliveries(*contents: bytes, feed: str = FEED) -> list[Delivery]:
    return [Delivery(content, f"{n}.xlsx", feed, "incoming") for n, content in enumerate(contents)]


def files_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def told_in(folder: Path) -> list[str]:
    """The deliveries that the manifest files of a folder tell of."""
    lines = [
        json.loads(line)["delivery_id"]
        for path in folder.rglob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    return sorted(lines)


def test_the_bytes_stand_under_their_hash_and_the_manifest_tells_of_them(landing: Landing) -> None:
    manifest = land(landing)
    assert manifest.sha256 == SHA256
    path = object_path(landing.home, FEED, SHA256)
    assert path == objects_folder(landing.home) / FEED / SHA256[:2] / SHA256
    assert landing.content(manifest) == b"bytes"
    assert (manifest.size_bytes, manifest.received_at) == (5, EIGHT)
    assert manifest.first_seen_at is None
    assert landing.waiting() == [manifest]
    stored = json.loads((inbox_of(landing) / f"{manifest.delivery_id}.jsonl").read_text("utf-8"))
    assert datetime.fromisoformat(stored["received_at"]) == EIGHT
    assert stored["file_name"] == NAME


def test_a_delivery_can_have_come_at_another_time(landing: Landing) -> None:
    moment = datetime(2026, 11, 1, 12, tzinfo=UTC)
    (manifest,) = landing.land_all(deliveries(b"bytes"), moment)
    assert manifest.received_at == moment
    assert landing.waiting() == [manifest]


# The same again


def test_the_same_file_that_waits_is_the_same_delivery(landing: Landing) -> None:
    assert land(landing) == land(landing)
    assert land(Landing(landing.home)) == land(landing), "whichever process lands it"
    assert len(landing.waiting()) == 1


def test_the_same_file_twice_in_one_call_is_the_same_delivery(landing: Landing) -> None:
    first, second = landing.land_all(deliveries(b"bytes") * 2)
    assert first == second
    assert landing.waiting() == [first]


@pytest.mark.parametrize("is_together", [False, True])
def test_the_same_bytes_under_another_name_are_another_delivery_of_one_object(
    landing: Landing, is_together: bool
) -> None:
    both = deliveries(b"bytes", b"bytes")
    for call in [both] if is_together else [both[:1], both[1:]]:
        landing.land_all(call)
    assert sorted(one.file_name for one in landing.waiting()) == ["0.xlsx", "1.xlsx"]
    assert files_under(objects_folder(landing.home)) == [f"{FEED}/{SHA256[:2]}/{SHA256}"]


def test_the_same_bytes_for_another_feed_are_another_delivery(landing: Landing) -> None:
    first, second = land(landing), land(landing, feed=OTHER)
    assert first.delivery_id != second.delivery_id
    assert second.first_seen_at is None, "they are new to that feed"
    assert landing.content(first) == landing.content(second) == b"bytes"


def test_the_same_bytes_after_they_were_settled_are_another_delivery(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = land(landing)
    landing.settle([first])
    monkeypatch.setenv("SITREP_NOW", "2026-11-18T09:30:00Z")
    second = land(landing)
    assert second.delivery_id != first.delivery_id
    assert landing.waiting() == [second]
    assert len(files_under(objects_folder(landing.home))) == 1
    assert second.first_seen_at == EIGHT, "when they came first is how the ledger finds them"


def test_an_object_that_is_there_is_not_written_again(landing: Landing) -> None:
    first = land(landing)
    landing.settle([first])
    before = object_path(landing.home, FEED, SHA256).stat()
    land(landing)
    after = object_path(landing.home, FEED, SHA256).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


# Order and queue


def test_deliveries_wait_in_the_order_in_which_they_came(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = []
    for second in range(12):
        monkeypatch.setenv("SITREP_NOW", f"2026-11-17T08:00:{second:02d}Z")
        contents.append(land(landing, f"{second}".encode()).sha256)
    assert [one.sha256 for one in landing.waiting()] == contents


def test_deliveries_of_one_call_share_a_file_and_wait_in_the_order_of_the_call(
    landing: Landing,
) -> None:
    landed = landing.land_all(deliveries(*(f"{n}".encode() for n in range(40))))
    assert landing.waiting() == landed
    assert len(files_under(inbox_of(landing))) == 1
    assert [one.delivery_id for one in landed] == sorted(one.delivery_id for one in landed)


def test_deliveries_of_several_calls_at_one_moment_wait_in_the_order_of_the_calls(
    landing: Landing,
) -> None:
    landed = [
        one
        for first in range(0, 60, 20)
        for one in landing.land_all(
            deliveries(*(f"{n}".encode() for n in range(first, first + 20)))
        )
    ]
    assert landing.waiting() == landed


def test_nothing_waits_before_anything_has_landed(landing: Landing) -> None:
    assert landing.waiting() == []
    assert landing.land_all([]) == []
    assert not inbox_of(landing).exists()


def test_an_empty_file_lands_too(landing: Landing) -> None:
    manifest = land(landing, b"")
    assert manifest.size_bytes == 0
    assert landing.content(manifest) == b""


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b'c\".xlsx", "naïve – £.xlsx", "", "x\ny"])
def test_a_strange_file_name_is_only_told_and_never_a_path(landing: Landing, name: str) -> None:
    manifest = land(landing, name=name)
    assert landing.waiting()[0].file_name == name
    assert files_under(inbox_of(landing)) == [f"{manifest.delivery_id}.jsonl"]


def test_a_name_that_is_no_unicode_is_told_with_marks(landing: Landing) -> None:
    name = os.fsdecode(b"\xff\xfe.xlsx")
    manifest = land(landing, name=name)
    assert landing.waiting() == [manifest]
    assert manifest.file_name.endswith(".xlsx")
    manifest.file_name.encode("utf-8")


def test_a_number_of_a_patient_in_a_name_is_never_stored(landing: Landing) -> None:
    land(landing, name="list 999 123 4578.csv")
    (path,) = inbox_of(landing).iterdir()
    assert "4578" not in path.read_text("utf-8") + str(path)


def test_bytes_that_never_landed_are_an_error(landing: Landing, tmp_path: Path) -> None:
    manifest = land(Landing(tmp_path / "elsewhere"))
    with pytest.raises(FileNotFoundError):
        landing.content(manifest)


def test_half_written_and_hidden_files_do_not_wait(landing: Landing) -> None:
    manifest = land(landing)
    (inbox_of(landing) / f".{manifest.delivery_id}.jsonl.0a1b2c3d.tmp").write_bytes(b"{")
    assert landing.waiting() == [manifest]


# Settling


def test_settling_moves_the_manifest_by_its_day(landing: Landing) -> None:
    manifest = land(landing)
    landing.settle([manifest])
    assert landing.waiting() == []
    assert files_under(settled_of(landing)) == [f"2026-11-17/{manifest.delivery_id}.jsonl"]
    assert landing.content(manifest) == b"bytes"


def test_settling_again_changes_nothing(landing: Landing) -> None:
    first, second = land(landing), land(landing, b"other")
    landing.settle([first])
    before = files_under(settled_of(landing))
    landing.settle([first, first])
    landing.settle([])
    assert files_under(settled_of(landing)) == before
    assert landing.waiting() == [second]


def test_of_deliveries_that_share_a_file_some_can_be_settled(landing: Landing) -> None:
    landed = landing.land_all(deliveries(b"0", b"1", b"2", b"3"))
    ids = [one.delivery_id for one in landed]
    for done in ([1], [3], [0, 2]):
        landing.settle(landed[number] for number in done)
        left = sorted(set(told_in(inbox_of(landing))))
        assert sorted([*left, *told_in(settled_of(landing))]) == ids, "each stands once"
        assert [one.delivery_id for one in landing.waiting()] == left
    assert files_under(inbox_of(landing)) == []


@pytest.mark.parametrize("number", [1, 2])
def test_settling_some_that_died_in_between_loses_none_and_is_made_good(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    landed = landing.land_all(deliveries(b"0", b"1", b"2"))
    replace, calls = os.replace, [0]

    def die(source: Any, target: Any) -> None:
        calls[0] += 1
        if calls[0] == number:
            raise KeyboardInterrupt
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            landing.settle(landed[:2])
    assert Landing(landing.home).waiting() == landed
    again = Landing(landing.home)
    again.settle(landed[:2])
    assert again.waiting() == landed[2:]
    assert told_in(settled_of(landing)) == [one.delivery_id for one in landed[:2]]


def test_another_process_may_have_settled_them_already(landing: Landing) -> None:
    landed = landing.land_all(deliveries(b"0", b"1"))
    Landing(landing.home).settle(landed[:1])
    landing.settle(landed)
    assert landing.waiting() == []
    assert told_in(settled_of(landing)) == [one.delivery_id for one in landed]


def test_a_manifest_that_is_settled_while_the_inbox_is_read_is_left_out(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = land(landing), land(landing, b"other")
    scan = os.scandir

    def scan_then_settle(folder: Any) -> Any:
        entries = list(scan(folder))
        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", scan)
            Landing(landing.home).settle([first])
        return entries

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scan_then_settle)
        assert landing.waiting() == [second]


# What must not be kept


def test_bytes_that_are_withheld_are_gone_and_the_reason_stays(landing: Landing) -> None:
    manifest = land(landing)
    assert landing.why_withheld(manifest) is None
    landing.withhold(manifest, "a reason")
    assert landing.why_withheld(manifest) == Landing(landing.home).why_withheld(manifest)
    assert landing.why_withheld(manifest) == "a reason"
    with pytest.raises(FileNotFoundError):
        landing.content(manifest)
    assert b"bytes" not in b"".join(
        path.read_bytes() for path in objects_folder(landing.home).rglob("*") if path.is_file()
    )


def test_bytes_that_are_withheld_are_not_written_when_they_come_again(landing: Landing) -> None:
    first = land(landing)
    landing.withhold(first, "a reason")
    landing.settle([first])
    again = land(landing, name="other.csv")
    assert again.first_seen_at is not None, "the ledger knows them"
    assert not object_path(landing.home, FEED, SHA256).exists()
    assert landing.why_withheld(again) == "a reason"


def test_when_withheld_bytes_came_first_is_when_they_were_received(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger looks for their first submission from then on, however late they were read."""
    first = land(landing)
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T09:00:00Z")
    landing.withhold(first, "a reason")
    landing.settle([first])
    again = land(landing)
    assert again.first_seen_at == EIGHT


# On the disk


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
    assert files_under(objects_folder(landing.home)) == []
    assert landing.waiting() == []
    assert land(landing).size_bytes == 5


def test_of_many_of_which_one_cannot_be_written_none_is_told_of(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, calls = os.replace, [0]

    def fail_at_the_third(source: Any, target: Any) -> None:
        calls[0] += 1
        if calls[0] == 3:
            raise OSError(28, "No space left on device")
        replace(source, target)

    many = deliveries(*(f"{n}".encode() for n in range(5)))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at_the_third)
        with pytest.raises(OSError, match="No space left"):
            landing.land_all(many)
    assert landing.waiting() == []
    assert not [name for name in files_under(objects_folder(landing.home)) if name.endswith(".tmp")]
    landed = landing.land_all(many)
    assert [landing.content(one) for one in landed] == [one.content for one in many]


@pytest.mark.parametrize("number", [1, 3, 40])
def test_the_bytes_are_on_the_disk_before_the_manifest_tells_of_them(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Few files are synced one by one, many together with all that the disk has to do."""
    done: list[str] = []
    fsync, sync_all, replace = os.fsync, durable.sync_many, os.replace

    def note_sync(descriptor: int) -> None:
        done.append("sync")
        fsync(descriptor)

    def note_sync_of_all(paths: Any) -> None:
        done.append("sync")
        sync_all(paths)

    def note_rename(source: Any, target: Any) -> None:
        replace(source, target)
        done.append("object" if "objects" in str(target) else "manifest")

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(durable, "sync_many", note_sync_of_all)
    monkeypatch.setattr(os, "replace", note_rename)
    landing.land_all(deliveries(*(f"{n}".encode() for n in range(number))))
    # Files, names, folders: for the bytes and then for the manifest.
    order = [step for at, step in enumerate(done) if at == 0 or done[at - 1] != step]
    assert order == ["sync", "object", "sync", "manifest", "sync"]
    assert done.count("object") == number


def test_a_sync_that_fails_is_not_passed_over(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Library:
        @staticmethod
        def syncfs(descriptor: int) -> int:
            ctypes.set_errno(errno.EIO)
            return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Library)
    with pytest.raises(DiskFault, match="input/output error"), disk_faults_told():
        landing.land_all(deliveries(*(f"{n}".encode() for n in range(40))))
    assert landing.waiting() == []


def test_writing_durably_replaces_the_old_content_at_once(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "file"
    durable.write_durably(target, b"one")
    durable.write_durably(target, b"two")
    durable.write_all_durably({target: b"three"})
    assert target.read_bytes() == b"three"
    assert files_under(tmp_path) == ["folder/file"]


def test_what_is_appended_begins_a_line_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "file"
    durable.append_all_durably({target: b"one\ntwo"})
    with target.open("ab") as stream:
        stream.write(b"a part")  # of a line, as a process leaves it that dies
    durable.append_all_durably({target: b"three"})
    assert target.read_bytes() == b"one\ntwo\na part\nthree\n"


def test_a_new_file_that_is_appended_to_would_be_found_after_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder has to be synced too, or the file has no name there."""
    synced = note_synced_folders(monkeypatch)
    durable.append_all_durably({tmp_path / "folder" / "file": b"one"})
    assert tmp_path / "folder" in synced


def test_bytes_that_are_withheld_do_not_come_back_after_a_power_cut(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = land(landing)
    path = object_path(landing.home, FEED, SHA256)
    synced = note_synced_folders(monkeypatch, lambda: not path.exists())
    landing.withhold(manifest, "a reason")
    assert path.parent in synced, "after they were taken away"


def note_synced_folders(
    monkeypatch: pytest.MonkeyPatch, counts: Callable[[], bool] = lambda: True
) -> set[Path]:
    """The folders that are synced from now on, while `counts` is true."""
    synced: set[Path] = set()
    fsync = os.fsync

    def note(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir() and counts():
            synced.add(path)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    return synced
