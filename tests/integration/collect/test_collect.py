"""Collecting from a folder: what is taken, what is left alone, and that nothing is lost."""

import json
import os
import shutil
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.errors import DiskFault, SourceUnavailable
from pipelines.base.settings import PROJECT, settings
from pipelines.collect.collect import collect_endpoint
from pipelines.collect.file_store import Listed
from pipelines.collect.sources.directory import DirectorySource
from pipelines.landing.landing import Landing
from pipelines.registry.registry import load_registry

NAME = "Winter-data-timeseries-20190307.xlsx"
FEEDS = ["acute_sitrep.winter_timeseries", "ambulance_handover.winter_timeseries"]


@pytest.fixture
def incoming(home: Path) -> Path:
    folder = home / "incoming"
    folder.mkdir(parents=True)
    return folder


def collect(home: Path) -> int:
    return collect_endpoint(home, "incoming", load_registry())


def landed(home: Path) -> list[tuple[str, str]]:
    return sorted((one.feed_id, one.file_name) for one in Landing(home).waiting())


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_is_landed_for_every_feed_that_expects_it_and_moved(
    home: Path, incoming: Path
) -> None:
    (incoming / NAME).write_bytes(b"content")
    assert collect(home) == 2
    assert landed(home) == [(feed, NAME) for feed in FEEDS]
    assert {one.source for one in Landing(home).waiting()} == {f"incoming/{NAME}"}
    assert names(incoming) == [f"collected/{NAME}"]


def test_nothing_new_is_nothing_to_do(home: Path, incoming: Path) -> None:
    assert collect(home) == 0
    (incoming / NAME).write_bytes(b"content")
    collect(home)
    assert collect(home) == 0


def test_the_folder_is_made_where_it_is_missing(home: Path) -> None:
    assert collect(home) == 0
    assert (home / "incoming").is_dir()


def test_a_file_that_no_feed_expects_is_landed_to_be_answered(home: Path, incoming: Path) -> None:
    (incoming / "holiday.jpg").write_bytes(b"content")
    assert collect(home) == 1
    assert landed(home) == [("unmatched", "holiday.jpg")]
    assert names(incoming) == ["collected/holiday.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        f".{NAME}",
        f"~${NAME}",
        f"{NAME}.tmp",
        f"{NAME}.part",
        f"{NAME}.PARTIAL",
        f"{NAME}.filepart",
        f"{NAME}.crdownload",
    ],
)
def test_what_a_transfer_is_still_writing_is_left_alone(
    home: Path, incoming: Path, name: str
) -> None:
    (incoming / name).write_bytes(b"half")
    assert collect(home) == 0
    assert names(incoming) == [name]


def test_a_folder_is_no_file(home: Path, incoming: Path) -> None:
    (incoming / NAME).mkdir()
    assert collect(home) == 0


def test_a_file_is_left_alone_until_it_lies_still(
    home: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_QUIET_SECONDS", "3600")
    settings.cache_clear()
    file = incoming / NAME
    file.write_bytes(b"content")
    assert collect(home) == 0
    long_ago = file.stat().st_mtime - 3601
    os.utime(file, (long_ago, long_ago))
    assert collect(home) == 2


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_time(
    home: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = incoming / NAME
    file.write_bytes(b"half")
    os.utime(file, (1, 1))
    really = os.read

    def read_while_it_grows(descriptor: int, size: int) -> bytes:
        content = really(descriptor, size)
        file.write_bytes(b"half and the rest")
        return content

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", read_while_it_grows)
        assert collect(home) == 0
    assert collect(home) == 2
    (manifest, _) = Landing(home).waiting()
    assert Landing(home).content(manifest) == b"half and the rest"


def test_files_are_taken_in_the_order_of_their_time(home: Path, incoming: Path) -> None:
    for time, letter in ((300, "a"), (100, "b"), (200, "c"), (200, "A")):
        file = incoming / f"Winter-data-timeseries-{letter}.xlsx"
        file.write_bytes(letter.encode())
        os.utime(file, (time, time))
    collect(home)
    order = [one.file_name[-6] for one in Landing(home).waiting() if one.feed_id == FEEDS[0]]
    assert order == ["b", "A", "c", "a"]


def test_a_second_file_of_the_same_name_replaces_the_collected_one_and_both_are_kept(
    home: Path, incoming: Path
) -> None:
    for content in (b"one", b"two"):
        (incoming / NAME).write_bytes(content)
        assert collect(home) == 2
    assert (incoming / "collected" / NAME).read_bytes() == b"two"
    landing = Landing(home)
    assert {landing.content(one) for one in landing.waiting()} == {b"one", b"two"}


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_file_is_moved_only_after_it_has_landed_for_all(
    home: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """The disk is full at the first feed's bytes, at the second's, or at the manifests."""
    (incoming / NAME).write_bytes(b"content")
    really, calls = os.replace, [0]

    def fail_at_last(source: Any, target: Any) -> None:
        calls[0] += 1
        if calls[0] > written:
            raise OSError(28, "No space left on device")
        really(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at_last)
        with pytest.raises(DiskFault, match="is full"):
            collect(home)
    assert names(incoming) == [NAME]
    assert landed(home) == []
    collect(home)
    assert landed(home) == [(feed, NAME) for feed in FEEDS]


def test_a_file_of_a_usable_and_a_broken_feed_reaches_both_in_the_end(
    home: Path, incoming: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one feed's file is broken, its share must wait and not be passed over."""
    feeds = tmp_path / "feeds"
    shutil.copytree(PROJECT / "pipelines" / "feeds", feeds)
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    broken = feeds / "ambulance_handover" / "winter_timeseries.yaml"
    text = broken.read_text("utf-8")
    broken.write_text(text.replace("stage: live", "stage: alive"), "utf-8")
    (incoming / NAME).write_bytes(b"content")
    collect(home)
    assert FEEDS[0] in [feed for feed, _ in landed(home)], "one bad feed never blocks another"
    broken.write_text(text, "utf-8")
    collect(home)
    assert [feed for feed, _ in landed(home)] == FEEDS


@pytest.fixture
def broken_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A feed file beside the usable ones that cannot be read."""
    feeds = tmp_path / "feeds"
    shutil.copytree(PROJECT / "pipelines" / "feeds", feeds)
    broken = feeds / "acute_sitrep" / "other.yaml"
    broken.write_text("stage: [\n", "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    settings.cache_clear()
    return broken


def test_while_a_feed_file_is_broken_an_unexpected_file_is_held(
    home: Path, incoming: Path, broken_feed: Path
) -> None:
    (incoming / "other.xlsx").write_bytes(b"content")
    assert collect(home) == collect(home) == 0
    broken_feed.unlink()
    assert collect(home) == 1
    assert landed(home) == [("unmatched", "other.xlsx")]
    assert names(incoming) == ["collected/other.xlsx"]


def test_a_held_file_is_not_landed_again_and_again(
    home: Path, incoming: Path, broken_feed: Path
) -> None:
    (incoming / NAME).write_bytes(b"content")
    assert [collect(home), collect(home)] == [2, 0]
    Landing(home).settle(Landing(home).waiting())
    assert collect(home) == 0
    broken_feed.unlink()
    assert collect(home) == 0
    assert names(incoming) == [f"collected/{NAME}"]


@pytest.mark.parametrize("name", ["other.xlsx", NAME])
def test_a_second_file_of_the_same_name_does_not_replace_one_that_is_held(
    home: Path, incoming: Path, broken_feed: Path, name: str
) -> None:
    """The held one's bytes may be nowhere else yet; a daily file has the same name each day."""
    for content in (b"one", b"two"):
        (incoming / name).write_bytes(content)
        collect(home)
    text = (PROJECT / "pipelines" / "feeds" / "acute_sitrep" / "winter_timeseries.yaml").read_text(
        "utf-8"
    )
    broken_feed.write_text(text.replace("Winter-data-timeseries-*", "*"), "utf-8")
    collect(home)
    landing = Landing(home)
    held = {
        landing.content(one) for one in landing.waiting() if one.feed_id == "acute_sitrep.other"
    }
    assert held == {b"one", b"two"}


def test_a_folder_that_cannot_be_listed_is_unavailable(home: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        collect_endpoint(home, str(tmp_path / "absent"), load_registry())


def test_a_file_that_vanishes_while_the_folder_is_listed_is_no_fault(
    home: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender that renames its upload does that; the other files are taken all the same."""
    (incoming / NAME).write_bytes(b"content")
    gone = incoming / "Winter-data-timeseries-gone.xlsx"
    gone.write_bytes(b"gone")
    really = os.scandir

    def list_and_lose(folder: Any) -> Any:
        if Path(folder) != incoming:
            return really(folder)
        listed = list(really(folder))
        gone.unlink(missing_ok=True)
        return nullcontext(listed)

    monkeypatch.setattr(os, "scandir", list_and_lose)
    assert collect(home) == 2


def test_a_file_that_vanishes_after_it_was_listed_is_no_fault(
    home: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (incoming / NAME).write_bytes(b"content")
    really = DirectorySource.in_order
    gone = "Winter-data-timeseries-gone.xlsx"

    def list_one_more(source: DirectorySource, home: Path) -> Iterator[Listed]:
        yield Listed(str(incoming / gone), gone, 7)
        yield from really(source, home)

    monkeypatch.setattr(DirectorySource, "in_order", list_one_more)
    assert collect(home) == 2


def test_a_listing_holds_little_of_the_files_that_wait_for_their_turn(
    home: Path, incoming: Path
) -> None:
    """A backlog of 120,000 files took 170 MB, three times as much as the files of one batch."""
    for number in range(2000):
        (incoming / f"{NAME}{number:04d}").touch()
    source = DirectorySource(kind="directory", endpoint=str(incoming), pattern="*")
    tracemalloc.start()
    try:
        files = source.in_order(home)
        first = next(files)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2000 * (300 + len(str(incoming / NAME)))
    assert [first, *files] == source.list(home)


def test_two_collectors_of_one_endpoint_land_a_file_once(home: Path, incoming: Path) -> None:
    for number in range(20):
        (incoming / f"Winter-data-timeseries-{number}.xlsx").write_bytes(f"{number}".encode())
    faults: list[BaseException] = []
    barrier = threading.Barrier(2)

    def run() -> None:
        barrier.wait()
        try:
            collect(home)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(landed(home)) == len(set(landed(home))) == 40


def test_a_manifest_tells_what_came_and_when(
    home: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:00Z")
    (incoming / NAME).write_bytes(b"content")
    collect(home)
    (path,) = (home / "landing" / "inbox").iterdir()
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [one["feed_id"] for one in told] == FEEDS
    for one in told:
        assert (one["file_name"], one["size_bytes"]) == (NAME, 7)
        assert datetime.fromisoformat(one["received_at"]) == datetime(2026, 11, 17, 8, tzinfo=UTC)
