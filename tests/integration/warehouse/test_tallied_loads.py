"""What a tally has counted is what the ledger holds, each submission once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from pipelines.base.tally import RunTally, TimedStep, tallied
from tests.support.ledger_questions import ask_ledger
from tests.support.patient_ways import NUMBER
from tests.support.simulated import with_slots_from
from tests.support.small_slots import FIRST_FILE, SECOND_FILE, SLOTS, write_slots

NAME = "acute_realtime"
NOON = "2019-03-08T12:00:00Z"


@pytest.fixture
def expected_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home at noon of a day on which slots are expected."""
    feeds = with_slots_from(tmp_path / "feeds", "2019-03-01")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(feeds))
    monkeypatch.setenv("SITREP_NOW", NOON)
    settings.cache_clear()
    return home


def load(path: Path, **wanted: bool) -> RunTally:
    """What is counted while the file is landed and loaded."""
    steps.land_files([path])
    with tallied(**wanted) as tally:
        steps.drain()
    return tally


def in_ledger(home: Path) -> dict[str, int]:
    """What the ledger says of all submissions."""
    (row,) = ask_ledger(
        home,
        "SELECT count(*) AS submissions, sum(rows_accepted)::INT AS accepted, "
        "sum(rows_quarantined)::INT AS quarantined, sum(values_rejected)::INT AS rejected, "
        "sum(rows_new + rows_revised)::INT AS revisions FROM ops.submission",
    )
    return row


def counted(*tallies: RunTally) -> dict[str, int]:
    """What the tallies say of all submissions."""
    return {
        "submissions": sum(sum(one.submissions.values()) for one in tallies),
        "accepted": sum(one.rows[NAME, "accepted"] for one in tallies),
        "quarantined": sum(one.rows[NAME, "quarantined"] for one in tallies),
        "rejected": sum(one.values_rejected[NAME] for one in tallies),
        "revisions": sum(one.revisions[NAME] for one in tallies),
    }


def test_each_submission_is_counted_once_with_its_status(
    expected_home: Path, tmp_path: Path
) -> None:
    wrong = {("R0A02", SLOTS[0]): {"arrivals": -1}, ("R0A07", SLOTS[0]): {"opel_level": 5}}
    first = load(write_slots(tmp_path / FIRST_FILE, wrong))
    again = load(tmp_path / FIRST_FILE)
    other = load(write_slots(tmp_path / SECOND_FILE, {("R0A02", SLOTS[0]): {"arrivals": 9}}))
    assert dict(first.submissions) == {(NAME, "accepted_with_rejections"): 1}
    assert dict(again.submissions) == {(NAME, "duplicate"): 1}
    assert sum(again.rows.values()) == 0, "its rows were counted when it came first"
    assert counted(first, again, other) == in_ledger(expected_home)
    assert min(counted(first).values()) > 0, "each is tried"
    with tallied() as nothing:
        steps.drain()
    assert sum(nothing.submissions.values()) == 0


def test_rows_of_what_is_found_to_be_repeated_when_it_is_loaded_are_not_counted(
    expected_home: Path, tmp_path: Path
) -> None:
    first = load(write_slots(tmp_path / FIRST_FILE))
    # Few among many are read like the others.
    slots = [f"2019-03-08T0{hour}:{minute}:00Z" for hour in range(8) for minute in (15, 30)]
    others = [
        write_slots(tmp_path / f"R0A_acute_realtime_20190308T10{number:02}00.csv", slots=[slot])
        for number, slot in enumerate(slots)
    ]
    steps.land_files([tmp_path / FIRST_FILE, *others])
    with tallied() as tally:
        steps.drain()
    assert dict(tally.submissions) == {(NAME, "duplicate"): 1, (NAME, "accepted"): len(slots)}
    assert counted(first, tally) == in_ledger(expected_home)


def test_seconds_of_each_step_are_counted(expected_home: Path, tmp_path: Path) -> None:
    folder = expected_home / "incoming" / NAME
    write_slots(folder / FIRST_FILE)
    with tallied() as tally:
        steps.bring_in(NAME, [f"incoming/{NAME}"])
        steps.publish()
    assert tally.landed == {f"incoming/{NAME}": 1}
    assert set(tally.seconds) == set(TimedStep)
    assert all(took >= 0 for took in tally.seconds.values())


def test_lateness_is_that_of_the_newest_slot_when_it_first_comes(
    expected_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Slots of a quarter of an hour are due five minutes after their end, here at 11:50.
    first = load(write_slots(tmp_path / FIRST_FILE), wants_lateness=True)
    assert first.lateness == [(NAME, timedelta(minutes=10))]
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:35:00Z")
    changed = {("R0A02", SLOTS[0]): {"arrivals": 9}}
    revised = load(write_slots(tmp_path / SECOND_FILE, changed), wants_lateness=True)
    assert revised.lateness == [], "these slots had come"
    later = write_slots(tmp_path / SECOND_FILE, changed, (*SLOTS, "2019-03-08T12:15:00Z"))
    assert load(later, wants_lateness=True).lateness == [(NAME, timedelta())], "in time"


def test_slots_that_nobody_expects_are_not_late(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", NOON)
    assert load(write_slots(tmp_path / FIRST_FILE), wants_lateness=True).lateness == []


def test_nobody_asks_for_lateness_who_does_not_want_it(expected_home: Path, tmp_path: Path) -> None:
    assert load(write_slots(tmp_path / FIRST_FILE)).lateness == []


def test_what_is_read_again_is_counted_apart(expected_home: Path, tmp_path: Path) -> None:
    load(write_slots(tmp_path / FIRST_FILE))
    with tallied(wants_lateness=True) as tally:
        steps.rerun(NAME, None, datetime(2019, 3, 1, tzinfo=UTC), None)
    assert dict(tally.read_again) == {(NAME, "accepted"): 1}
    assert sum(tally.submissions.values()) == 0 and sum(tally.rows.values()) == 0
    assert tally.lateness == []


def test_files_that_are_not_kept_are_counted(expected_home: Path, tmp_path: Path) -> None:
    path = write_slots(tmp_path / FIRST_FILE)
    path.write_text(path.read_text("utf-8") + f"R0A,R0A02,{NUMBER}\n", "utf-8")
    tally = load(path)
    assert dict(tally.withheld) == {NAME: 1}
    assert dict(tally.submissions) == {(NAME, "rejected"): 1}


def test_a_load_that_is_taken_back_counts_nothing(
    expected_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.base.errors import CollectionFault
    from warehouse.load import load as loading

    def fail(*_: object) -> None:
        raise OSError("the disk went away")

    steps.land_files([write_slots(tmp_path / FIRST_FILE)])
    monkeypatch.setattr(loading, "write_lines", fail)
    with tallied() as tally, pytest.raises(CollectionFault):
        steps.drain()
    assert sum(tally.submissions.values()) == 0
    assert TimedStep.LOAD in tally.seconds, "it took its time"


def test_lateness_that_cannot_be_found_costs_no_load(
    expected_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warehouse.load import lateness

    def fail(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(lateness, "_first_given", fail)
    tally = load(write_slots(tmp_path / FIRST_FILE), wants_lateness=True)
    assert tally.lateness == []
    assert dict(tally.submissions) == {(NAME, "accepted"): 1}
    assert in_ledger(expected_home)["submissions"] == 1
