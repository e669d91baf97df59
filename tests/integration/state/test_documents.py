"""Documents and journals are the same wherever the state of a home is kept."""

import threading
from pathlib import Path

import pytest

from pipelines.base.state.documents import (
    all_damaged,
    append_lines,
    kept_state,
    list_documents,
    read_document,
    remove_document,
    replace_document,
    stamp_document,
    write_document,
    write_documents,
)

pytestmark = pytest.mark.usefixtures("each_state")


def read(home: Path, path: Path) -> bytes | None:
    return read_document(home, path, bytes, None, "It is made anew.")


def test_a_document_holds_what_was_written_last(tmp_path: Path) -> None:
    path = tmp_path / "reach" / "north.json"
    assert read(tmp_path, path) is None
    for content in (b"one", b"", b"\x00\xff\n"):
        write_document(tmp_path, path, content)
        assert read(tmp_path, path) == content
    remove_document(tmp_path, path)
    remove_document(tmp_path, path)
    assert read(tmp_path, path) is None


def test_many_documents_are_written_together_and_listed_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "answers" / "a.feed"
    names = ["b.json", "a.json", ".hidden", "c.md"]
    write_documents(tmp_path, {folder / name: name.encode() for name in names})
    write_document(tmp_path, folder / "deeper" / "d.json", b"")
    assert [path.name for path in list_documents(tmp_path, folder)] == ["a.json", "b.json", "c.md"]
    assert list_documents(tmp_path, tmp_path / "answers" / "a") == []


def test_lines_are_added_at_the_end_of_a_journal(tmp_path: Path) -> None:
    path, other = tmp_path / "loads" / "day.jsonl", tmp_path / "loads" / "next.jsonl"
    append_lines(tmp_path, {path: b"1\n2", other: b"x"})
    append_lines(tmp_path, {path: b"3"})
    assert (read(tmp_path, path) or b"").splitlines() == [b"1", b"2", b"3"]
    assert list_documents(tmp_path, path.parent) == [path, other]
    write_document(tmp_path, path, b"3\n")
    append_lines(tmp_path, {path: b"4"})
    assert [one for one in (read(tmp_path, path) or b"").splitlines() if one] == [b"3", b"4"]


def test_a_stamp_changes_with_the_content_alone(tmp_path: Path) -> None:
    path = tmp_path / "arrived" / "nhs111"
    assert stamp_document(tmp_path, path) is None
    kept_state(tmp_path).note(path, b"first")
    first = stamp_document(tmp_path, path)
    assert first is not None
    assert stamp_document(tmp_path, path) == first
    assert kept_state(tmp_path).stamps(path.parent) == {path: first}
    kept_state(tmp_path).note(path, b"second, longer")
    assert stamp_document(tmp_path, path) != first
    append_lines(tmp_path, {path: b"third"})
    assert stamp_document(tmp_path, path) not in (first, None)


def test_of_many_who_replace_a_document_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    done: list[bytes] = []

    def try_it(number: int, before: bytes | None) -> None:
        if replace_document(tmp_path, path, before, b"%d" % number):
            done.append(b"%d" % number)

    for before in (None, "held"):
        held = read(tmp_path, path) if before else None
        done.clear()
        first = 100 if before else 0
        numbers = range(first, first + 8)
        threads = [threading.Thread(target=try_it, args=(one, held)) for one in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert done == [read(tmp_path, path)]
    assert not replace_document(tmp_path, path, b"another", b"9")
    assert not replace_document(tmp_path, path, None, b"9")


def test_what_cannot_be_decoded_is_set_aside_and_told(tmp_path: Path) -> None:
    path = tmp_path / "asking" / "a.feed.json"
    write_document(tmp_path, path, b"{")

    def decode(content: bytes) -> str:
        raise ValueError(content)

    assert read_document(tmp_path, path, decode, "anew", "It begins anew.") == "anew"
    assert read(tmp_path, path) is None
    (damaged,) = all_damaged(tmp_path)
    assert damaged.was == "asking__a.feed.json"
    assert kept_state(tmp_path).read(damaged.path) == b"{"


def test_another_folder_than_the_home_has_a_state_of_its_own(tmp_path: Path) -> None:
    write_document(tmp_path, tmp_path / "a", b"home")
    trial = tmp_path / "trial"
    assert read(trial, trial / "a") is None
    write_document(trial, trial / "a", b"trial")
    assert (trial / "a").read_bytes() == b"trial"
    assert read(tmp_path, tmp_path / "a") == b"home"
