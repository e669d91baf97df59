"""Landed bytes that are damaged are a fault of ours and never a provider's verdict."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.landing.landing import Delivery, Landing, Manifest
from pipelines.watch.look import look_now
from pipelines.watch.monitors.damaged import DAMAGED_BYTES
from tests.support.landed_files import object_path
from tests.support.ledger_questions import (
    ask_ledger,
    assert_answered_once,
    assert_rows_add_up,
)
from tests.support.small_slots import FEED, FIRST_FILE, SECOND_FILE, write_slots


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


WAYS: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "cut to nothing": lambda path: path.write_bytes(b""),
    "of the same size": lambda path: path.write_bytes(path.read_bytes().replace(b",8,", b",9,")),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "missing": lambda path: path.unlink(),
    "a folder": lambda path: as_folder(path),
    "a link to itself": lambda path: as_link(path),
}


def land(home: Path, file: Path, name: str = "") -> Manifest:
    return Landing(home).land_all([Delivery(file.read_bytes(), name or file.name, FEED, "here")])[0]


def statuses(home: Path) -> dict[str, str]:
    rows = ask_ledger(home, "SELECT file_name, status FROM ops.submission")
    return {row["file_name"]: row["status"] for row in rows}


@pytest.mark.parametrize(
    ("way", "same_name"), [(way, number % 2 == 0) for number, way in enumerate(WAYS)]
)
def test_a_damaged_delivery_waits_and_the_same_bytes_mend_it(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, way: str, same_name: bool
) -> None:
    file = write_slots(tmp_path / FIRST_FILE)
    other = write_slots(tmp_path / SECOND_FILE, slots=["2019-03-08T12:15:00Z"])
    damaged = land(home, file)
    land(home, other)
    WAYS[way](object_path(home, FEED, damaged.sha256))
    assert steps.drain() == 1
    assert statuses(home) == {SECOND_FILE: "accepted"}
    assert [one.delivery_id for one in Landing(home).waiting()] == [damaged.delivery_id]
    assert "The delivery waits and is not judged" in caplog.text
    landing = Landing(home)
    assert list(landing.damage_among(landing.waiting())) == [damaged.delivery_id]
    assert steps.drain() == 0

    land(home, file, FIRST_FILE if same_name else "R0A_acute_realtime_20190308T113501.csv")
    steps.drain()
    assert statuses(home)[FIRST_FILE] == "accepted"
    assert Landing(home).waiting() == []
    assert_answered_once(home)
    assert_rows_add_up(home)


def test_a_repetition_of_a_damaged_delivery_waits_with_it(home: Path, tmp_path: Path) -> None:
    file = write_slots(tmp_path / FIRST_FILE)
    both = Landing(home).land_all(
        [Delivery(file.read_bytes(), name, FEED, "here") for name in (FIRST_FILE, SECOND_FILE)]
    )
    path = object_path(home, FEED, both[0].sha256)
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert steps.drain() == 0
    assert len(Landing(home).waiting()) == 2
    path.write_bytes(whole)
    assert steps.drain() == 2
    assert sorted(statuses(home).values()) == ["accepted", "duplicate"]


def test_the_watch_tells_of_damaged_bytes_until_they_are_mended(home: Path, tmp_path: Path) -> None:
    file = write_slots(tmp_path / FIRST_FILE)
    damaged = land(home, file)
    WAYS["missing"](object_path(home, FEED, damaged.sha256))
    (told,) = [one.finding for one in look_now().open if one.finding.kind == DAMAGED_BYTES]
    assert (told.feed_id, told.subject) == (FEED, damaged.delivery_id)
    land(home, file)
    assert not [one for one in look_now().open if one.finding.kind == DAMAGED_BYTES]
