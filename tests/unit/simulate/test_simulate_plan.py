"""The plan: every delivery in the order of arrival, whatever the window."""

import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest

from pipelines.base.clock import LONDON, london_date
from pipelines.base.errors import UsageError
from pipelines.simulate.days import due_at, slot_end, slots_of_day
from pipelines.simulate.events import Event, MissingSlot, PlannedDelivery
from pipelines.simulate.faults import Fault, Rates, share_rate
from pipelines.simulate.plan import Plan, Window, simulated_feeds
from tests.support.simulate_feeds import (
    AREAS,
    BOARD,
    TEMPLATE,
    contract,
    every_kind,
    make_feed,
    make_registry,
)

FIRST, LAST = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)
MANY: Rates = share_rate(0.5)


def plan_of(rates: Rates = MANY, seed: int = 1) -> Plan:
    registry = make_registry(*every_kind())
    return Plan(registry, simulated_feeds(registry), seed, rates)


@cache
def events() -> tuple[Event, ...]:
    """Two days of every kind of feed, half of whose slots go wrong."""
    return tuple(plan_of().events(Window(FIRST, LAST)))


def deliveries(fault: Fault | None = None) -> list[PlannedDelivery]:
    found = [event for event in events() if isinstance(event, PlannedDelivery)]
    return [one for one in found if one.fault is fault] if fault else found


def by_slot() -> dict[tuple[str, datetime], list[PlannedDelivery]]:
    found: dict[tuple[str, datetime], list[PlannedDelivery]] = defaultdict(list)
    for one in deliveries():
        found[one.feed_id, one.slots[0]].append(one)
    return found


def test_events_come_in_the_order_of_arrival() -> None:
    assert all(earlier.at <= later.at for earlier, later in pairwise(events()))


def test_every_slot_of_every_feed_has_a_file_or_is_missing() -> None:
    missing = {(one.feed_id, one.slot) for one in events() if isinstance(one, MissingSlot)}
    for feed in every_kind():
        daily = feed.collection == "ambulance_sitrep"
        for day in (date(2026, 11, 2), date(2026, 11, 3)):
            for slot in slots_of_day(day, 1440 if daily else 15):
                key = (feed.feed_id, slot)
                assert (key in missing) != (key in by_slot())


def test_a_window_changes_nothing_of_the_slots_that_it_holds() -> None:
    begin, end = datetime(2026, 11, 3, 7, 10, tzinfo=UTC), datetime(2026, 11, 3, 19, tzinfo=UTC)
    narrow = list(plan_of().events(Window(begin, end)))

    def slot_of(event: Event) -> datetime:
        return event.slot if isinstance(event, MissingSlot) else event.slots[0]

    assert narrow == [event for event in events() if begin <= slot_of(event) < end]
    assert narrow


def test_the_seed_decides() -> None:
    again = list(plan_of(seed=2).events(Window(FIRST, LAST)))
    assert list(plan_of().events(Window(FIRST, LAST))) == list(events()) != again


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 10, 25), 100), (date(2027, 3, 28), 92)])
def test_a_day_on_which_the_clocks_change_has_all_its_slots(day: date, slots: int) -> None:
    registry = make_registry(make_feed("acute_realtime", "R0A", TEMPLATE))
    begin = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    next_day = day + timedelta(days=1)
    end = datetime(next_day.year, next_day.month, next_day.day, tzinfo=LONDON).astimezone(UTC)
    found = list(Plan(registry, simulated_feeds(registry), 1, {}).events(Window(begin, end)))
    assert len(found) == slots


def test_local_times_of_the_repeated_hour_are_told_apart_from_other_faults() -> None:
    registry = make_registry(make_feed("acute_realtime", "R1H", BOARD))
    day = Window(datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    found = list(Plan(registry, simulated_feeds(registry), 1, {}).events(day))
    odd = [one for one in found if isinstance(one, PlannedDelivery) and one.fault]
    assert [one.slots[0].isoformat()[:16] for one in odd] == [
        "2026-10-24T23:45",
        *(f"2026-10-25T0{hour}:{minute}" for hour in (0, 1) for minute in ("00", "15", "30", "45")),
    ][:8]
    for one in odd:
        assert (one.fault, one.expected_status) == (Fault.AMBIGUOUS_TIME, "rejected")
        assert one.expected_codes == {"CELL-008"} and one.rows_kept_out == one.rows


def test_ordinary_files_are_on_time() -> None:
    for one in deliveries():
        cadence = contract(one.collection).cadence
        due = due_at(one.slots[0], cadence)
        if one.fault is None and not cadence.is_daily:
            assert slot_end(one.slots[0], cadence) < one.at < due
        elif one.fault is None:
            assert "07:00" <= f"{one.at.astimezone(LONDON):%H:%M}" <= "10:45"
            assert london_date(one.at) == london_date(one.slots[0]) + timedelta(days=1)
        elif one.fault is Fault.LATE:
            assert one.at > due + timedelta(minutes=cadence.grace_minutes)
            assert one.expected_status == "accepted"
    assert deliveries(Fault.LATE)


def test_a_repeated_file_has_the_same_bytes_and_another_name() -> None:
    for one in deliveries(Fault.DUPLICATE):
        first, second = by_slot()[one.feed_id, one.slots[0]]
        assert second is one and first.fault is None
        assert first.content == second.content and first.file_name != second.file_name
        assert second.expected_status == "duplicate" and second.at > first.at
    assert deliveries(Fault.DUPLICATE)


@pytest.mark.parametrize("fault", [Fault.CORRECTED, Fault.OUT_OF_ORDER])
def test_of_two_versions_the_later_made_counts(fault: Fault) -> None:
    for one in deliveries(fault):
        first, second = by_slot()[one.feed_id, one.slots[0]]
        assert second is one and first.fault is None
        assert first.content != second.content
        newer, older = (second, first) if fault is Fault.CORRECTED else (first, second)
        assert stamp(newer) > stamp(older)
        assert older.is_superseded and not newer.is_superseded
    assert deliveries(fault)


def stamp(delivery: PlannedDelivery) -> str:
    found = re.search(r"_(\d{8}T\d{6})\.", delivery.file_name)
    assert found is not None
    assert found.group(1) <= f"{delivery.at:%Y%m%dT%H%M%S}"
    return found.group(1)


def test_a_stuck_feed_repeats_its_values_while_the_time_goes_on() -> None:
    own = [one for one in deliveries(Fault.STUCK) if one.feed_id == "acute_realtime.r0a"]
    runs: dict[datetime | None, list[PlannedDelivery]] = defaultdict(list)
    for one in own:
        runs[one.stuck_since].append(one)
    for since, run in runs.items():
        assert since == run[0].slots[0] and len(run) >= 12
        rows = [one.content.decode("utf-8-sig").splitlines()[1].split(",") for one in run]
        assert len({tuple(row[3:]) for row in rows}) == 1
        assert len({row[2] for row in rows}) == len(run)
    assert runs


def test_names_are_unique_and_belong_to_their_feed() -> None:
    feeds = {feed.feed_id: feed for feed in every_kind()}
    names = [(one.feed_id, one.file_name) for one in deliveries()]
    assert len(set(names)) == len(names)
    assert all(feeds[feed_id].matches(name) for feed_id, name in names)


def test_each_delivery_says_what_should_be_answered() -> None:
    for one in deliveries():
        if one.fault in (Fault.WRONG_CODE, Fault.TEXT_IN_NUMBER):
            whole = one.rows == 1
            assert one.rows_kept_out == 1
            expected = "rejected" if whole else "accepted_with_rejections"
            assert one.expected_status == expected and one.expected_codes
        elif one.fault in (Fault.MALFORMED, Fault.NHS_NUMBER):
            assert one.expected_status == "rejected" and one.expected_codes
        elif one.fault is not Fault.DUPLICATE:
            assert one.expected_status == "accepted" and not one.expected_codes
        if one.file_name.endswith(("csv", "json")):
            found = re.search(rb"\b999 ?\d{3} ?\d{4}\b", one.content)
            assert (found is not None) == (one.fault is Fault.NHS_NUMBER)
    kinds = {one.fault for one in deliveries()}
    assert kinds == set(Fault) - {Fault.MISSING, Fault.AMBIGUOUS_TIME} | {None}


def test_only_slots_that_are_expected_are_missed() -> None:
    later = make_feed("nhs111", "X24", AREAS, slots_from="2026-11-03", reports_for=("111AD5",))
    registry = make_registry(later)
    plan = Plan(registry, [later], 1, {Fault.MISSING: 1.0})
    found = list(plan.events(Window(FIRST, LAST)))
    assert len(found) == 192
    for one in found:
        assert isinstance(one, MissingSlot)
        assert one.is_expected == (one.slot >= datetime(2026, 11, 3, tzinfo=UTC))


def test_feeds_that_take_no_files_send_none() -> None:
    silent = [
        make_feed("acute_realtime", code, TEMPLATE, stage=stage, slots_from=None)
        for code, stage in (("R0A", "suspended"), ("R0B", "retired"))
    ]
    sending = [
        make_feed("acute_realtime", code, TEMPLATE, stage=stage, slots_from=None)
        for code, stage in (("R0D", "onboarding"), ("RA7", "testing"))
    ]
    registry = make_registry(*silent, *sending)
    assert simulated_feeds(registry) == sending
    with pytest.raises(UsageError, match="suspended"):
        simulated_feeds(registry, feed_ids=["acute_realtime.r0a"])
    with pytest.raises(UsageError, match="cannot be simulated"):
        simulated_feeds(registry, collections=["acute_sitrep"])
    with pytest.raises(UsageError, match="There is no feed to simulate"):
        simulated_feeds(registry, collections=["nhs111"])


def test_a_pattern_without_a_place_for_the_time_is_refused() -> None:
    source = {"kind": "directory", "endpoint": "in", "pattern": "always-the-same.csv"}
    registry = make_registry(make_feed("acute_realtime", "R0A", TEMPLATE, source=source))
    with pytest.raises(UsageError, match=r"needs one '\*'"):
        Plan(registry, simulated_feeds(registry), 1, {})
