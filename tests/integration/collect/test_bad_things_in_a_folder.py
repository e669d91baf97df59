"""One bad thing in a shared folder costs itself only: the others are taken, and it is told."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.errors import SourceUnavailable
from pipelines.base.settings import settings
from pipelines.collect.collect import collect_endpoint
from pipelines.landing.landing import Landing
from pipelines.landing.left_at_source import all_left
from pipelines.registry.registry import load_registry
from pipelines.steps import NotLanded
from pipelines.watch.monitors.untaken import find_untaken
from tests.support.ledger_questions import ask_ledger, assert_answered_once
from tests.support.small_slots import ENDPOINT, FEED, FIRST_FILE, SECOND_FILE, write_slots

LONG = "R0A_acute_realtime_" + "x" * (255 - 23) + ".csv"


@pytest.fixture
def folder(home: Path) -> Path:
    """A source with a sound file, the second by its name."""
    write_slots(home / ENDPOINT / SECOND_FILE)
    return home / ENDPOINT


def collect(home: Path) -> int:
    return collect_endpoint(home, ENDPOINT, load_registry())


def landed(home: Path) -> set[str]:
    return {one.file_name for one in Landing(home).waiting()}


def left(home: Path) -> dict[str, str]:
    return {thing.name: thing.why for source in all_left(home) for thing in source.things}


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)
    os.chdir(here)


MAKERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a link to a secret": (lambda path: path.symlink_to("/etc/hostname"), "is a link"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "is a link"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "is a link"),
    "a link to a folder": (lambda path: path.symlink_to("/etc"), "is a link"),
    "a pipe": (os.mkfifo, "is a pipe"),
    "a socket": (make_socket, "is a socket"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_no_plain_file_is_left_and_told(home: Path, folder: Path, name: str) -> None:
    make, why = MAKERS[name]
    make(folder / FIRST_FILE)
    assert collect(home) == 1
    assert landed(home) == {SECOND_FILE}
    assert left(home)[FIRST_FILE].startswith(why)
    (told,) = find_untaken(all_left(home), load_registry())
    assert (told.collection, told.subject) == ("acute_realtime", f"{ENDPOINT}/{FIRST_FILE}")
    before = all_left(home)
    assert collect(home) == 0
    assert all_left(home) == before, "it is left since then"
    (folder / FIRST_FILE).rename(folder.parent / "gone")
    collect(home)
    assert all_left(home) == [], "it is over"


def test_a_folder_that_nobody_expects_is_no_news(home: Path, folder: Path) -> None:
    (folder / "archive").mkdir()
    collect(home)
    assert left(home) == {}


def test_a_large_file_is_answered_unread_and_set_aside(home: Path, folder: Path) -> None:
    with (folder / FIRST_FILE).open("wb") as sparse:
        sparse.truncate(40 * 1024**3)
    assert collect(home) == 2
    assert sorted(path.name for path in (folder / "refused").iterdir()) == [FIRST_FILE]
    assert collect(home) == 0
    steps.drain()
    rows = ask_ledger(home, "SELECT file_name, status FROM ops.submission ORDER BY file_name")
    assert [(row["file_name"], row["status"]) for row in rows] == [
        (FIRST_FILE, "rejected"),
        (SECOND_FILE, "accepted"),
    ]
    (issue,) = ask_ledger(home, "SELECT code, message FROM ops.issue")
    assert issue["code"] == "FILE-016"
    assert "42,949,672,960 bytes; at most 67,108,864" in issue["message"]
    assert_answered_once(home)


def test_a_file_as_large_as_is_read_is_taken(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = (folder / SECOND_FILE).stat().st_size
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", str(size))
    settings.cache_clear()
    (folder / FIRST_FILE).write_bytes(b"x" * (size + 1))
    collect(home)
    assert [path.name for path in (folder / "collected").iterdir()] == [SECOND_FILE]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ELOOP, errno.ENXIO])
def test_a_file_that_cannot_be_read_is_left_and_told(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write_slots(folder / FIRST_FILE)
    really = os.open

    def refuse(path: Any, *arguments: Any, **named: Any) -> int:
        if str(path).endswith(FIRST_FILE):
            raise OSError(number, os.strerror(number))
        return really(path, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert collect(home) == 1
    assert landed(home) == {SECOND_FILE}
    assert left(home) == {FIRST_FILE: f"cannot be read ({os.strerror(number)})"}
    assert collect(home) == 1
    assert left(home) == {}


def test_a_folder_of_its_name_among_the_collected_ones_is_no_obstacle(
    home: Path, folder: Path
) -> None:
    (folder / "collected" / SECOND_FILE).mkdir(parents=True)
    assert (collect(home), collect(home)) == (1, 0)
    kept = [path.name for path in (folder / "collected").iterdir() if path.is_file()]
    assert len(kept) == 1
    assert kept[0].endswith(SECOND_FILE)


@pytest.mark.parametrize("is_link", [True, False])
def test_a_file_that_cannot_be_moved_lands_once_and_is_told(
    home: Path, folder: Path, tmp_path: Path, is_link: bool
) -> None:
    """Where `collected` is a link, files would be moved to wherever it leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_slots(folder / FIRST_FILE, slots=["2019-03-08T11:15:00Z"])
    in_the_way = folder / "collected"
    if is_link:
        in_the_way.symlink_to(elsewhere)
    else:
        in_the_way.write_bytes(b"")
    assert collect(home) == 2
    steps.drain()
    assert (collect(home), collect(home)) == (0, 0), "it has landed"
    assert list(elsewhere.iterdir()) == []
    assert set(left(home)) == {FIRST_FILE, SECOND_FILE}
    assert "has landed and cannot be moved away" in left(home)[FIRST_FILE]
    in_the_way.unlink()
    assert collect(home) == 0
    assert left(home) == {}
    assert {path.name for path in in_the_way.iterdir()} == {FIRST_FILE, SECOND_FILE}


def test_a_link_among_the_held_ones_is_not_followed(
    home: Path, folder: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret" / "R0A_acute_realtime_secret.csv"
    write_slots(secret)
    (folder / "held").mkdir()
    (folder / "held" / "0123456789abcdef").symlink_to(secret.parent)
    assert collect(home) == 1
    assert secret.exists()


def test_a_second_name_of_a_collected_file_is_taken_away(home: Path, folder: Path) -> None:
    """A move onto another name of the same file does nothing, and says that it did."""
    collect(home)
    os.link(folder / "collected" / SECOND_FILE, folder / SECOND_FILE)
    collect(home)
    assert not (folder / SECOND_FILE).exists()
    assert (folder / "collected" / SECOND_FILE).exists()


@pytest.mark.parametrize(
    "name", [b"R0A_acute_realtime_\xff.csv", b"R0A_acute_realtime_\x1b[2J\n.csv", LONG.encode()]
)
def test_a_strange_name_is_taken(home: Path, folder: Path, name: bytes) -> None:
    text = os.fsdecode(name)
    (folder / text).write_bytes(b"org_code\n")
    assert collect(home) == 2
    assert (folder / "collected" / text).exists()
    steps.drain()
    assert_answered_once(home)


def test_what_is_no_folder_is_a_source_that_cannot_be_read(home: Path) -> None:
    (home / ENDPOINT).parent.mkdir(parents=True)
    (home / ENDPOINT).write_bytes(b"")
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        collect(home)


def test_a_file_that_is_replaced_while_it_is_read_is_left_for_the_next_time(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_slots(folder.parent / "other.csv", slots=["2019-03-08T11:15:00Z"])
    really = os.read

    def read_and_replace(descriptor: int, size: int) -> bytes:
        if other.exists():
            os.replace(other, folder / SECOND_FILE)
        return really(descriptor, size)

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", read_and_replace)
        assert collect(home) == 0
    assert collect(home) == 1


def test_a_file_that_is_handed_in_obeys_the_same_rules(
    home: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / FIRST_FILE
    link.symlink_to(folder / SECOND_FILE)
    with pytest.raises(NotLanded, match=r"is a link and no plain file"):
        steps.land_files([folder / SECOND_FILE, link])
    with pytest.raises(NotLanded, match="is a folder"):
        steps.land_files([folder], [FEED])
    assert len(landed(home)) == 1, "the other file"
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "600")
    settings.cache_clear()
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 601)
    steps.land_files([large], [FEED])
    steps.drain()
    assert {"code": "FILE-016"} in ask_ledger(home, "SELECT code FROM ops.issue")
    (page,) = (home / "answers").rglob("*.md")
    assert "the file was not kept" in page.read_text("utf-8")
