"""A source that is asked: a missing slot is asked for until it is there or lies too far back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.errors import SourceUnavailable
from pipelines.collect.addresses import http_client
from pipelines.collect.addresses import missing_slots as asking
from pipelines.landing.landing import Landing
from tests.support.asked_source import Asking, Reply, quarters, running_source
from tests.support.ledger_questions import ask_ledger, assert_answered_once, assert_rows_add_up

HOUR: dict[str, Any] = {"look_back_hours": 1}


@pytest.fixture
def asked(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    monkeypatch.setattr(http_client, "sleep", lambda seconds: None)
    with running_source() as source:
        yield Asking(home, source, tmp_path, monkeypatch)


def statuses(home: Path) -> list[str]:
    rows = ask_ledger(home, "SELECT status FROM ops.submission ORDER BY received_at, delivery_id")
    return [row["status"] for row in rows]


def test_every_missing_slot_is_asked_for_once_oldest_first(asked: Asking) -> None:
    asked.add(source=HOUR)
    asked.at("12:00")
    slots = quarters("11:00", "12:00")
    asked.has(*slots)
    assert asked.collect() == 4
    assert asked.source.slots() == slots
    assert asked.collect() == 0
    assert asked.source.slots() == [], "what has landed is not asked for while it waits"
    assert asked.given() == slots
    assert asked.collect() == 0
    assert asked.source.slots() == [], "nor when it is in the ledger"
    asked.at("12:25")
    asked.collect()
    assert asked.source.slots() == quarters("12:00", "12:15"), "however long ago it came"
    assert statuses(asked.home) == ["accepted"] * 4
    assert_rows_add_up(asked.home)
    assert_answered_once(asked.home)


def test_an_answer_lands_under_its_own_name_and_address(asked: Asking) -> None:
    feed_id = asked.add(source=HOUR)
    asked.at("12:00")
    (slot,) = quarters("11:45", "12:00")
    asked.has(slot)
    asked.collect()
    (manifest,) = Landing(asked.home).waiting()
    assert manifest.feed_id == feed_id
    assert manifest.file_name == "r0a_20261117T114500.csv"
    assert manifest.source == f"{asked.source.host}/r0a?from={slot}"
    assert Landing(asked.home).content(manifest) == asked.file_of(slot)


def test_a_slot_is_asked_for_from_its_end_on(asked: Asking) -> None:
    asked.add("r0a", source=HOUR)
    asked.add("r0b", source={**HOUR, "ask_after_minutes": 5})
    for moment, of_r0a, of_r0b in (
        ("12:14", "12:00", "12:00"),
        ("12:15", "12:15", "12:00"),
        ("12:19", "12:15", "12:00"),
        ("12:20", "12:15", "12:15"),
    ):
        asked.at(moment)
        asked.collect()
        assert asked.source.slots("/r0a")[-1] == quarters("11:45", of_r0a)[-1]
        assert asked.source.slots("/r0b")[-1] == quarters("11:45", of_r0b)[-1]


def test_after_an_outage_the_missing_slots_are_filled_by_the_next_run(asked: Asking) -> None:
    asked.add(source=HOUR)
    asked.at("12:00")
    asked.has(*quarters("11:00", "12:00"))
    asked.collect()
    asked.source.stop()
    asked.has(*quarters("12:00", "12:45"))
    for moment in ("12:15", "12:30", "12:45"):
        asked.at(moment)
        with pytest.raises(SourceUnavailable, match="could not be reached"):
            asked.collect()
    asked.source.start()
    asked.source.slots()
    asked.at("12:46")
    assert asked.collect() == 3
    assert asked.source.slots() == quarters("12:00", "12:45")
    assert asked.given() == quarters("11:00", "12:45")


def test_a_late_slot_is_asked_for_until_it_is_there(asked: Asking) -> None:
    asked.add(source=HOUR)
    *others, late = quarters("11:00", "12:00")
    asked.has(*others)
    asked.at("12:00")
    assert asked.collect() == 3
    for moment in ("12:05", "12:10"):
        asked.source.slots()
        asked.at(moment)
        assert asked.collect() == 0
        assert asked.source.slots() == [late]
    asked.has(late)
    assert asked.collect() == 1
    assert asked.given() == [*others, late]


def test_no_slot_is_asked_for_that_lies_too_far_back(asked: Asking) -> None:
    asked.add("r0a", source=HOUR)
    asked.add("r0b")
    asked.at("12:07")
    asked.collect()
    assert asked.source.slots("/r0a") == quarters("11:15", "12:00"), "from 11:07 on"
    assert len(asked.source.slots("/r0b")) == 24 * 4 - 1, "a day is looked back without a word"


def test_a_backfill_looks_back_as_far_as_it_is_told(asked: Asking) -> None:
    asked.add(source=HOUR)
    asked.at("12:00")
    asked.has(*quarters("09:00", "12:00"))
    asked.collect(since="2026-11-17T10:30Z")
    asked.given()
    asked.source.slots()
    assert asked.collect(since="2026-11-17T09:00Z") == 6
    assert asked.source.slots() == quarters("09:00", "10:30"), "what is held is not asked for"
    assert asked.given() == quarters("09:00", "12:00")
    asked.at("12:05")
    asked.collect()
    assert asked.source.slots() == [], "the backfill is over"


@pytest.mark.parametrize("since", [None, "2026-11-01T00:00Z"])
def test_slots_before_the_feed_went_live_are_not_missing(asked: Asking, since: str | None) -> None:
    asked.add(slots_from="2026-11-17")
    asked.at("02:00")
    asked.collect(since)
    assert asked.source.slots() == quarters("00:00", "02:00")


def test_one_run_asks_for_so_many_and_the_next_ones_for_the_others(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the source has none of them: nothing but time would tell them from each other."""
    monkeypatch.setattr(asking, "SLOTS_A_RUN", 10)
    monkeypatch.setattr(asking, "NEWEST", 2)
    asked.add(source={"look_back_hours": 6})
    asked.at("12:00")
    slots = quarters("06:00", "12:00")
    newest = slots[-2:]
    for turn in (slots[:10], slots[10:20], slots[20:22]):
        asked.collect()
        assert asked.source.slots() == [*turn, *newest]
    asked.collect()
    assert asked.source.slots() == [*slots[:10], *newest], "then from the beginning"


def test_a_backfill_that_is_too_long_for_a_run_is_carried_on_by_the_next(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SLOTS_A_RUN", 10)
    asked.add(source=HOUR)
    asked.at("12:00")
    asked.has(*quarters("06:00", "12:00"))
    landed = asked.collect(since="2026-11-17T06:00Z")
    while more := asked.collect():
        assert more <= 10 + asking.NEWEST
        landed += more
    assert landed == 6 * 4
    assert asked.given() == quarters("06:00", "12:00")


def test_a_refused_file_is_one_submission_however_often_it_is_given(asked: Asking) -> None:
    asked.add(source=HOUR)
    (slot,) = quarters("11:45", "12:00")
    asked.source.replies[("/r0a", slot)] = Reply(200, b"<html>Please sign in</html>")
    asked.at("12:00")
    assert asked.collect() == 1
    assert asked.given() == []
    for moment in ("12:05", "12:20", "12:40"):
        asked.at(moment)
        assert asked.collect() == 0
        steps.drain()
    assert asked.source.slots().count(slot) == 3, "not in the first quarter of an hour"
    assert statuses(asked.home) == ["rejected"]
    asked.has(slot)
    assert asked.collect() == 1, "its correction is taken"
    assert asked.given() == [slot]


@pytest.mark.long
def test_refused_files_that_differ_each_time_become_rarer(asked: Asking) -> None:
    asked.add(source={"look_back_hours": 4})
    (slot,) = quarters("08:45", "09:00")
    landed = []
    for number, hour_and_minute in enumerate(quarters("09:00", "12:00")):
        asked.at(hour_and_minute[11:16])
        asked.source.replies[("/r0a", slot)] = Reply(200, f"made at {number}".encode())
        if asked.collect():
            landed.append(hour_and_minute[11:16])
            steps.drain()
    assert landed == ["09:00", "09:15", "09:45", "10:45"]
    asked.collect(since="2026-11-17T08:45Z")
    assert len(Landing(asked.home).waiting()) == 1, "a backfill does not wait"


def test_the_same_empty_answer_for_every_slot_is_one_submission(asked: Asking) -> None:
    asked.add(source=HOUR)
    asked.source.otherwise["/r0a"] = Reply(200, asked.file_of("x").splitlines()[0])
    asked.at("12:00")
    assert [asked.collect(), asked.collect()] == [1, 0], "while it waits"
    steps.drain()
    assert asked.collect() == 0
    assert statuses(asked.home) == ["rejected"]


def test_the_day_on_which_the_clocks_go_back_has_100_slots(asked: Asking) -> None:
    asked.add(slots_from="2026-10-25", source={"look_back_hours": 48})
    asked.at("00:00", day="2026-10-26")
    asked.collect()
    slots = asked.source.slots()
    assert len(set(slots)) == len(slots) == 100
    assert (slots[0], slots[-1]) == ("2026-10-24T23:00:00Z", "2026-10-25T23:45:00Z")


def test_a_day_is_asked_for_by_its_date_in_london(asked: Asking) -> None:
    day = {"address": f"{asked.source.host}/ryd?from={{day}}", "look_back_hours": 72}
    provider = {"code": "RYD", "name": "South East Coast"}
    asked.add("ryd", collection="ambulance_sitrep", provider=provider, source=day)
    days = ["2026-06-30", "2026-07-01"]
    for one in days:
        file = f"org_code,report_date,incidents\nRYD,{one},2000\n"
        asked.source.replies[("/ryd", one)] = Reply(200, file.encode())
    asked.at("06:00", day="2026-07-02")
    assert asked.collect() == 2
    assert asked.source.slots("/ryd") == days
    assert asked.given() == ["2026-06-29T23:00:00Z", "2026-06-30T23:00:00Z"]
    asked.at("06:00", day="2026-07-03")
    asked.collect()
    assert asked.source.slots("/ryd") == ["2026-07-02"]


@pytest.mark.parametrize(
    ("stage", "is_asked"),
    [("onboarding", True), ("testing", True), ("live", True), ("suspended", False)],
)
def test_a_feed_is_asked_while_files_are_taken_from_it(
    asked: Asking, stage: str, is_asked: bool
) -> None:
    asked.add(stage=stage, source=HOUR)
    asked.at("12:00")
    asked.collect()
    assert bool(asked.source.slots()) is is_asked
