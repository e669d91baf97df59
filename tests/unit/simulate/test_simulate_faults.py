"""Faults: as often as asked for, the same by name, and each what it says."""

import gzip
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pytest

from pipelines.base.errors import UsageError
from pipelines.registry.feed import Feed
from pipelines.simulate import damage
from pipelines.simulate.faults import (
    RATED,
    DayFaults,
    Fault,
    Rates,
    choose_faults,
    parse_rates,
    share_rate,
)
from pipelines.simulate.figures import Figures
from pipelines.simulate.keys import keys_of
from pipelines.simulate.render import FeedPlan, Table
from tests.support.simulate_feeds import (
    AREAS,
    BOARD,
    ENGINE,
    TEMPLATE,
    UNICODE_TEXT,
    WORKBOOK,
    contract,
    make_feed,
)

DAY = date(2026, 11, 2)
SLOT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
ALL = frozenset(RATED)


def faults_of(day: date, rates: Rates, slots: int = 96, seed: int = 1) -> DayFaults:
    return choose_faults(seed, "acute_realtime.r1h", day, [False] * slots, rates, ALL)


def days(count: int) -> list[date]:
    return [DAY + timedelta(days=number) for number in range(count)]


def test_each_fault_comes_about_as_often_as_asked_for() -> None:
    counted = Counter(kind for day in days(200) for kind in faults_of(day, share_rate(0.1)).kinds)
    expected = 200 * 96 * 0.01
    for fault in RATED:
        # A stuck feed is stuck for 16 slots at a time, so that chance weighs more.
        slack = 0.5 if fault is Fault.STUCK else 0.3
        assert abs(counted[fault] - expected) < slack * expected, fault
    assert counted[None] == pytest.approx(200 * 96 * 0.9, rel=0.01)


def test_a_rate_changes_nothing_for_other_seeds_and_days() -> None:
    assert faults_of(DAY, share_rate(0.3)) == faults_of(DAY, share_rate(0.3))
    assert faults_of(DAY, share_rate(0.3)) != faults_of(DAY, share_rate(0.3), seed=2)
    assert set(faults_of(DAY, {}).kinds) == {None}


@pytest.mark.parametrize("slots", [92, 96, 100])
def test_a_feed_is_stuck_for_12_to_20_slots_that_end_by_midnight(slots: int) -> None:
    runs = 0
    for day in days(100):
        found = faults_of(day, {Fault.STUCK: 0.1}, slots)
        assert len(found.kinds) == slots
        for first, numbers in groupby(found.stuck_since, key=found.stuck_since.__getitem__):
            run = list(numbers)
            assert run == list(range(first, first + len(run)))
            assert 12 <= len(run) <= 20 and run[-1] < slots
            assert {found.kinds[number] for number in run} == {Fault.STUCK}
            runs += 1
    assert runs > 30


def test_an_ambiguous_slot_has_no_other_fault_and_no_stuck_run() -> None:
    ambiguous = [4 <= number < 12 for number in range(100)]
    for day in days(50):
        found = choose_faults(1, "f", day, ambiguous, share_rate(1.0), ALL)
        assert {found.kinds[number] for number in range(4, 12)} == {Fault.AMBIGUOUS_TIME}
        assert not set(range(4, 12)) & set(found.stuck_since)


def test_what_a_feed_cannot_have_does_not_come() -> None:
    possible = frozenset({Fault.LATE})
    kinds = {
        kind
        for day in days(30)
        for kind in choose_faults(1, "f", day, [False] * 96, share_rate(0.5), possible).kinds
    }
    assert kinds == {None, Fault.LATE}


def test_rates_are_read_and_wrong_ones_refused() -> None:
    assert parse_rates(["late=0.01", "stuck=0.2"]) == {Fault.LATE: 0.01, Fault.STUCK: 0.2}
    assert sum(share_rate(0.03).values()) == pytest.approx(0.03)
    for wrong in (["lat=0.1"], ["late"], ["late=x"], ["late=-1"], ["late=0.6", "stuck=0.6"]):
        with pytest.raises(UsageError):
            parse_rates(wrong)
    with pytest.raises(UsageError):
        parse_rates(["ambiguous_time=0.1"])


def plan_and_table(feed: Feed, slot: datetime = SLOT) -> tuple[FeedPlan, Table]:
    collection = contract(feed.collection)
    keys = keys_of(feed, collection)
    values = Figures(1, feed.collection, keys).of_day(DAY)
    plan = FeedPlan(feed, collection, keys)
    own = {name: numbers[:, :1] for name, numbers in values.items()}
    return plan, plan.tables(own, [slot])[0]


def changed_cells(before: Table, after: Table) -> list[tuple[str, str]]:
    """Heading and new cell of every cell that differs."""
    return [
        (heading, cell)
        for old, new in zip(before.rows, after.rows, strict=True)
        for heading, was, cell in zip(before.headings, old, new, strict=True)
        if was != cell
    ]


def test_a_wrong_code_is_one_that_the_feed_may_not_report() -> None:
    cases = [
        (make_feed("acute_realtime", "RR8", TEMPLATE), {"org_code", "site_code"}),
        (make_feed("acute_realtime", "RR8", BOARD), {"Site"}),
        (make_feed("nhs111", "X24", AREAS, reports_for="any"), {"contract_code"}),
        (make_feed("ambulance_sitrep", "RYF", UNICODE_TEXT, "txt"), {"org_code"}),
    ]
    for feed, headings in cases:
        plan, table = plan_and_table(feed)
        seen = set()
        for number in range(20):
            chance = [number / 20, (number * 7 % 20) / 20, (number * 3 % 20) / 20]
            spoilt, _ = damage.put_wrong_code(table, plan, contract(feed.collection), chance)
            [(heading, code)] = changed_cells(table, spoilt)
            assert code not in {feed.provider.code, "RR801", "RR802"}
            seen.add(heading)
        assert seen == headings


def test_a_feed_whose_files_have_no_code_cannot_have_a_wrong_one() -> None:
    form = {"kind": "csv", "columns": {"org_code": {"constant": "$provider"}}}
    feed = make_feed("ambulance_sitrep", "RX8", form)
    collection = contract("ambulance_sitrep")
    assert damage.codes_at_risk(FeedPlan(feed, collection, [("RX8",)]), collection) == []


def test_a_text_in_a_number_does_not_stand_for_a_missing_value() -> None:
    feed = make_feed("acute_realtime", "RR8", ENGINE, "json", missing=["N/K"])
    plan, table = plan_and_table(feed)
    counts = {
        column.name for column in contract("acute_realtime").columns if column.type == "count"
    }
    for number in range(30):
        chance = [number / 30, (number * 11 % 30) / 30, 0.9]
        [(heading, cell)] = changed_cells(table, damage.put_text_in_number(table, plan, chance))
        assert heading in counts and json.loads(cell) in {"12a", "unknown"}


def check_digit(digits: str) -> int:
    """The modulus 11 check digit, as the NHS Data Dictionary states it."""
    remainder = sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 11
    return 0 if remainder == 0 else 11 - remainder


def test_nhs_numbers_are_valid_and_of_the_test_range_only() -> None:
    numbers = {damage.nhs_test_number(number / 500) for number in range(500)}
    assert len(numbers) > 450
    for number in numbers:
        assert re.fullmatch(r"999\d{7}", number)
        assert check_digit(number[:9]) == int(number[9])


def test_an_nhs_number_stands_in_a_remark_or_in_a_cell() -> None:
    feed = make_feed("acute_realtime", "RR8", WORKBOOK, "xlsx")
    plan, table = plan_and_table(feed)
    headings = set()
    for number in range(8):
        spoilt = damage.put_nhs_number(table, plan, [0.3, number / 8, 0.6, 0.5])
        text = " ".join(str(cell) for row in spoilt.rows for cell in row)
        assert re.search(r"\b999 ?\d{3} ?\d{4}\b", text)
        headings.add(spoilt.headings[-1])
        if len(spoilt.headings) > len(table.headings):
            assert spoilt.total is not None and spoilt.total[-1] == ""
    # The feed leaves a column of comments out; that is where remarks stand.
    assert headings == {"Comments", table.headings[-1]}


def test_broken_bytes_are_no_longer_the_format_and_differ_from_slot_to_slot() -> None:
    kinds = Counter[str]()
    for form, suffix in ((TEMPLATE, "csv"), (ENGINE, "json"), (WORKBOOK, "xlsx")):
        feed = make_feed("acute_realtime", "RR8", form, suffix)
        plan, table = plan_and_table(feed)
        content = plan.write(table, SLOT)
        next_slot = SLOT + timedelta(minutes=15)
        next_content = plan.write(plan_and_table(feed, next_slot)[1], next_slot)
        for chance in (0.1, 0.5, 0.9):
            broken = damage.break_bytes(content, plan, SLOT, chance)
            assert broken != damage.break_bytes(next_content, plan, next_slot, chance)
            kinds[tell(broken, content)] += 1
    assert kinds == {"page": 3, "gzip": 1, "open quote": 1, "cut off": 4}


def tell(broken: bytes, whole: bytes) -> str:
    if broken.startswith(b"<!DOCTYPE html>"):
        return "page"
    if broken.startswith(b"\x1f\x8b"):
        assert gzip.decompress(broken) == whole
        return "gzip"
    if broken.count(b'"') % 2 and broken.replace(b'"', b"") == whole[: len(broken) - 1]:
        return "open quote"
    assert whole.startswith(broken) and len(broken) < len(whole)
    return "cut off"
