"""Who fell silent, which source did, who sends all the same, and what is our own fault."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from pipelines.base.settings import PROJECT
from pipelines.landing.landing import UNMATCHED, Manifest
from pipelines.registry.configuration_files import Problem
from pipelines.registry.registry import Registry, load_registry
from pipelines.watch.monitors.silent import Arrivals, FeedSlots, find_silences, tell_silences
from pipelines.watch.monitors.waiting import find_waiting
from pipelines.watch.watch_finding import WatchFinding

at = partial(datetime, 2026, 11, 9, tzinfo=UTC)
LAST_GIVEN = at(10, 0)
FIRST_MISSING = at(10, 15)
ACUTE = [
    one.feed_id
    for one in load_registry().feeds.values()
    if one.collection == "acute_realtime" and one.slots_from
]


def feed_slots(feed_id: str, missing: int, **changes: datetime | None) -> FeedSlots:
    first = FIRST_MISSING if missing else None
    known = {"first_missing": first, "last_given": LAST_GIVEN, "data_as_of": LAST_GIVEN}
    return FeedSlots(feed_id, missing, **{**known, **changes})


def look(
    slots: list[FeedSlots],
    arrivals: dict[str, Arrivals] | None = None,
    waiting: frozenset[str] = frozenset(),
) -> list[WatchFinding]:
    registry = load_registry()
    silences = find_silences(slots, registry, waiting)
    return tell_silences(silences, slots, registry, arrivals or {})


@pytest.mark.parametrize(
    ("feed_id", "missing", "is_silent"),
    [
        ("nhs111.national", 0, False),
        ("nhs111.national", 1, False),
        ("nhs111.national", 2, True),
        ("ambulance_sitrep.rru", 1, False),
        ("ambulance_sitrep.rru", 2, True),
    ],
)
def test_two_quarter_hours_or_two_days_are_a_silence(
    feed_id: str, missing: int, is_silent: bool
) -> None:
    found = look([feed_slots(feed_id, missing)])
    assert [one.feed_id for one in found] == ([feed_id] if is_silent else [])


def test_a_silence_is_told_since_its_first_missing_slot_and_what_will_not_help() -> None:
    (found,) = look([feed_slots("nhs111.national", 5)])
    assert found.code == "WATCH-001"
    assert found.since == FIRST_MISSING
    assert "Mon 9 Nov 2026 10:15 GMT" in found.message
    assert "Ask the provider" in found.fix
    assert found.kind.no_help


def test_a_silence_longer_than_the_look_began_after_the_last_value() -> None:
    as_of = datetime(2026, 11, 5, 8, 30, tzinfo=UTC)
    slots = feed_slots("nhs111.national", 288, last_given=None, data_as_of=as_of)
    assert look([slots])[0].since == as_of + timedelta(minutes=15)


def test_a_feed_that_never_sent_is_silent_since_it_was_expected() -> None:
    slots = feed_slots("nhs111.national", 288, last_given=None, data_as_of=None)
    assert look([slots])[0].since == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_value_from_before_it_was_expected_does_not_make_a_silence_older() -> None:
    as_of = datetime(2026, 10, 1, tzinfo=UTC)
    slots = feed_slots("nhs111.national", 288, last_given=None, data_as_of=as_of)
    assert look([slots])[0].since == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_provider_whose_files_come_and_give_nothing_is_not_called_silent() -> None:
    arrived = {"nhs111.national": Arrivals(6, 3, 2, "CELL-008")}
    (found,) = look([feed_slots("nhs111.national", 5)], arrived)
    assert found.code == "WATCH-010"
    assert found.since == FIRST_MISSING
    assert "Of 6 files that came since, 3 were refused (CELL-008), 2 were" in found.message
    assert "1 held other slots" in found.message
    assert "answers" in found.fix


def test_a_feed_whose_files_wait_here_is_not_accused() -> None:
    slots = [feed_slots("nhs111.national", 5)]
    assert look(slots, waiting=frozenset({"nhs111.national"})) == []


def test_a_source_of_which_nothing_comes_is_one_finding_and_no_provider_is_accused() -> None:
    (found,) = look([feed_slots(feed_id, 4) for feed_id in ACUTE])
    assert (found.code, found.subject) == ("WATCH-009", "incoming/acute_realtime")
    assert found.feed_id is None
    assert f"{len(ACUTE)} feeds" in found.message
    assert "our side" in found.fix


def test_where_one_feed_of_the_source_goes_on_the_others_are_told_of_each() -> None:
    slots = [feed_slots(feed_id, 4) for feed_id in ACUTE[1:]] + [feed_slots(ACUTE[0], 0)]
    found = look(slots)
    assert {one.code for one in found} == {"WATCH-001"}
    assert [one.feed_id for one in found] == ACUTE[1:]


def test_where_files_of_the_source_come_the_source_is_not_at_fault() -> None:
    slots = [feed_slots(feed_id, 4) for feed_id in ACUTE]
    found = look(slots, {ACUTE[3]: Arrivals(1, 1, 0)})
    assert sorted({one.code for one in found}) == ["WATCH-001", "WATCH-010"]


def test_who_fell_silent_long_before_its_source_did_is_told_of_beside_it() -> None:
    earlier = feed_slots(ACUTE[0], 40, first_missing=at(1, 0), last_given=at(0, 45))
    found = look([earlier, *(feed_slots(feed_id, 4) for feed_id in ACUTE[1:])])
    assert sorted(one.code for one in found) == ["WATCH-001", "WATCH-009"]
    source = next(one for one in found if one.code == "WATCH-009")
    assert source.since == FIRST_MISSING
    assert next(one for one in found if one.code == "WATCH-001").feed_id == ACUTE[0]


def manifest(feed_id: str, received_at: datetime) -> Manifest:
    return Manifest("d", feed_id, "0", 1, "file.csv", "folder/file.csv", received_at, None)


def test_files_that_wait_are_our_fault_after_three_ticks() -> None:
    registry = load_registry()
    files = [manifest("nhs111.national", at(10, 2)), manifest("nhs111.national", at(10, 17))]
    assert find_waiting(files, registry, at(10, 47)) == []
    (found,) = find_waiting(files, registry, at(10, 48))
    assert (found.code, found.collection, found.since) == ("WATCH-008", "nhs111", at(10, 2))
    assert "2 files of nhs111.national" in found.message
    assert "drain" in found.fix


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (Problem(PROJECT, "a feed", feed_id="nhs111.national"), "Correct the file that `sitrep"),
        (Problem(PROJECT, "a contract", collection="nhs111"), "Correct the file that `sitrep"),
        (Problem(PROJECT, "another", feed_id="nhs111.other"), "Put the feed files of nhs111.n"),
        (None, "Put the feed files of nhs111.national back"),
    ],
)
def test_files_of_a_feed_that_is_broken_or_gone_say_so(problem: Problem | None, told: str) -> None:
    registry = load_registry()
    feeds = {name: one for name, one in registry.feeds.items() if name != "nhs111.national"}
    broken = Registry(registry.collections, feeds, (problem,) if problem else ())
    files = [manifest("nhs111.national", at(8, 0)), manifest(UNMATCHED, at(8, 0))]
    waiting = {one.collection: one for one in find_waiting(files, broken, at(10, 0))}
    assert "no usable feed file for nhs111.national" in waiting["nhs111"].message
    assert told in waiting["nhs111"].fix
    assert "no usable feed file" not in waiting[UNMATCHED].message
