"""What has just arrived wakes its collection, once."""

from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.collect.arrivals import ArrivalWatch, note_arrived
from tests.support.small_slots import ENDPOINT, FIRST_FILE, SECOND_FILE, write_slots


@pytest.fixture
def folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SITREP_QUIET_SECONDS", "0")
    settings.cache_clear()
    folder = home / ENDPOINT
    folder.mkdir(parents=True)
    return folder


def test_each_file_wakes_its_collection_once(home: Path, folder: Path) -> None:
    arrivals = ArrivalWatch(home)
    assert arrivals.look() == set()
    write_slots(folder / FIRST_FILE)
    assert arrivals.look() == {"acute_realtime"}
    assert arrivals.look() == set()
    write_slots(folder / SECOND_FILE)
    assert arrivals.look() == {"acute_realtime"}


def test_a_file_of_the_same_name_wakes_again(home: Path, folder: Path) -> None:
    arrivals = ArrivalWatch(home)
    write_slots(folder / FIRST_FILE)
    assert arrivals.look() == {"acute_realtime"}
    steps.collect(ENDPOINT)
    assert arrivals.look() == set()
    write_slots(folder / FIRST_FILE)
    assert arrivals.look() == {"acute_realtime"}


def test_what_lay_there_before_the_first_look_wakes(home: Path, folder: Path) -> None:
    write_slots(folder / FIRST_FILE)
    assert ArrivalWatch(home).look() == {"acute_realtime"}


def test_a_file_that_no_feed_expects_wakes_a_collection_that_takes_it(
    home: Path, folder: Path
) -> None:
    arrivals = ArrivalWatch(home)
    (folder / "unknown.csv").write_text("a\n1\n", encoding="utf-8")
    assert arrivals.look() == {"acute_realtime"}


def test_a_file_that_is_still_written_wakes_when_it_is_whole(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_QUIET_SECONDS", "3600")
    settings.cache_clear()
    arrivals = ArrivalWatch(home)
    write_slots(folder / FIRST_FILE)
    assert arrivals.look() == set()
    monkeypatch.setenv("SITREP_QUIET_SECONDS", "0")
    settings.cache_clear()
    assert arrivals.look() == {"acute_realtime"}


def test_a_folder_in_the_way_of_files_wakes_nobody(home: Path, folder: Path) -> None:
    (folder / "backup").mkdir()
    assert ArrivalWatch(home).look() == set()


def test_what_was_posted_wakes_its_collection(home: Path, folder: Path) -> None:
    arrivals = ArrivalWatch(home)
    arrivals.look()
    note_arrived(home, ["nhs111", "no_such_collection"])
    assert arrivals.look() == {"nhs111"}
    assert arrivals.look() == set()
    note_arrived(home, ["nhs111"])
    assert arrivals.look() == {"nhs111"}


def test_a_folder_that_cannot_be_read_costs_no_other(home: Path, folder: Path) -> None:
    arrivals = ArrivalWatch(home)
    (home / "incoming" / "ambulance_sitrep").parent.mkdir(exist_ok=True)
    (home / "incoming" / "ambulance_sitrep").write_text("in the way", encoding="utf-8")
    write_slots(folder / FIRST_FILE)
    assert "acute_realtime" in arrivals.look()
