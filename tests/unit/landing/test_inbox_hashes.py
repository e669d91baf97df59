"""What waits in the inbox is found by its hash, and nothing else of it is read."""

from pathlib import Path

import pytest

from pipelines.landing.landing import Landing, Manifest
from pipelines.landing.manifest_lines import read_line
from tests.support.landed_files import inbox_of
from tests.support.packed_files import MONDAY, TUESDAY, contents, deliveries


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


def test_what_another_process_landed_is_the_same_delivery(landing: Landing) -> None:
    first = landing.land_all(deliveries(contents(5)), MONDAY)
    assert Landing(landing.home).land_all(deliveries(contents(7))[2:], TUESDAY)[:3] == first[2:]


def test_only_lines_that_tell_of_the_same_contents_are_read(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        landing.land_all(deliveries(contents(3, b"%d" % number)), MONDAY)
    read: list[bytes] = []

    def note(line: bytes) -> Manifest | None:
        read.append(line)
        return read_line(line)

    monkeypatch.setattr("pipelines.landing.inbox_hashes.read_line", note)
    for one, said in ((landing, b"4"), (landing, b"new"), (Landing(landing.home), b"4")):
        one.land_all(deliveries(contents(3, said)), TUESDAY)
    assert len(read) == 6, "none for what is new"
    assert len(set(read)) == 3
    assert len(landing.waiting()) == 21


def test_what_was_settled_meanwhile_does_not_wait(landing: Landing) -> None:
    first = landing.land_all(deliveries(contents(3)), MONDAY)
    Landing(landing.home).settle(first)
    again = landing.land_all(deliveries(contents(3)), TUESDAY)
    assert not {one.delivery_id for one in again} & {one.delivery_id for one in first}
    assert Landing(landing.home).waiting() == again


@pytest.mark.parametrize("damage", [b"", b"\xff" * 50, b'{"sha256":"' + b"a" * 64 + b'"}'])
def test_a_damaged_file_of_the_inbox_keeps_nobody_from_landing(
    landing: Landing, damage: bytes
) -> None:
    landing.land_all(deliveries(contents(2)), MONDAY)
    (path,) = inbox_of(landing).iterdir()
    path.write_bytes(path.read_bytes() + b"\n" + damage)
    (inbox_of(landing) / "folder.jsonl").mkdir()
    again = Landing(landing.home).land_all(deliveries(contents(4)), TUESDAY)
    assert len(again) == 4
    assert len(Landing(landing.home).waiting()) == 4
