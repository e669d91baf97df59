"""Carrying a plan out: into landing or folders, at once or as time goes on, with a record."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.errors import UsageError
from pipelines.landing.landing import Landing
from pipelines.registry.feed import Feed
from pipelines.registry.registry import Registry
from pipelines.simulate.events import PlannedDelivery
from pipelines.simulate.faults import Fault, share_rate
from pipelines.simulate.pace import PacedClock
from pipelines.simulate.plan import Plan, Window
from pipelines.simulate.record import Record, read_record
from pipelines.simulate.sending import batches
from pipelines.simulate.session import Outcome, Request, simulate_live, simulate_past
from tests.support.simulate_feeds import BOARD, TEMPLATE, every_kind, make_feed, make_registry

FIRST, LAST = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
LONG_AFTER = "2026-11-10T00:00:00Z"


def say_nothing(text: str) -> None:
    """Progress is not looked at."""


@pytest.fixture
def registry() -> Registry:
    return make_registry(*every_kind())


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_NOW", LONG_AFTER)


def run(home: Path, registry: Registry, **request: Any) -> tuple[Outcome, Record]:
    window = Window(FIRST, LAST)
    rates = share_rate(0.3)
    outcome = simulate_past(home, registry, Request(window, 1, rates, **request), say_nothing)
    return outcome, read_record(outcome.record)


def planned(registry: Registry, feeds: list[Feed] | None = None) -> list[PlannedDelivery]:
    plan = Plan(registry, feeds or list(registry.feeds.values()), 1, share_rate(0.3))
    events = plan.events(Window(FIRST, LAST))
    return [event for event in events if isinstance(event, PlannedDelivery)]


def test_landed_files_are_received_at_their_own_time(home: Path, registry: Registry) -> None:
    _, record = run(home, registry)
    landing = Landing(home)
    waiting = {one.delivery_id: one for one in landing.waiting()}
    assert [one.delivery_id for one in record.deliveries if one.delivery_id not in waiting] == []
    assert len(waiting) == len(record.deliveries)
    contents = {(one.feed_id, one.file_name): one.content for one in planned(registry)}
    for one in record.deliveries:
        manifest = waiting[one.delivery_id or ""]
        assert (manifest.file_name, manifest.feed_id) == (one.file_name, one.feed_id)
        assert timedelta() <= manifest.received_at - one.at < timedelta(minutes=5)
        assert landing.content(manifest) == contents[one.feed_id, one.file_name]


def test_folders_hold_whole_files_in_the_order_of_arrival(home: Path, registry: Registry) -> None:
    run(home, registry, into_folders=True)
    for endpoint in ("acute_realtime", "nhs111", "ambulance_sitrep"):
        folder = home / "incoming" / endpoint
        expected = [one for one in planned(registry) if one.collection == endpoint]
        files = sorted(folder.iterdir(), key=lambda file: (file.stat().st_mtime_ns, file.name))
        assert sorted(file.name for file in files) == sorted(one.file_name for one in expected)
        contents = {one.file_name: one.content for one in expected}
        assert all(file.read_bytes() == contents[file.name] for file in files)
        times = {one.file_name: one.at for one in expected}
        assert [times[file.name] for file in files] == sorted(times.values())


def test_a_file_that_arrives_in_the_future_is_not_newer_than_its_writing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = make_registry(make_feed("acute_realtime", "R0A", TEMPLATE))
    ahead = Window(datetime(2999, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, 0, 15, tzinfo=UTC))
    monkeypatch.setenv("SITREP_NOW", "2999-02-01T00:00:00Z")
    simulate_past(home, registry, Request(ahead, 1, into_folders=True), say_nothing)
    [file] = (home / "incoming" / "acute_realtime").iterdir()
    assert file.stat().st_mtime <= file.stat().st_ctime


def test_the_record_tells_everything_but_the_contents(home: Path, registry: Registry) -> None:
    outcome, record = run(home, registry)
    assert record.note.seed == 1 and record.note.rates == share_rate(0.3)
    assert (record.note.start, record.note.end) == (FIRST, LAST)
    expected = planned(registry)
    assert [(one.at, one.file_name, one.fault) for one in record.deliveries] == [
        (one.at, one.file_name, one.fault) for one in expected
    ]
    assert [one.expected_codes for one in record.deliveries] == [
        one.expected_codes for one in expected
    ]
    assert outcome.tally.deliveries.total() == len(expected)
    assert outcome.tally.faults["missing"] == len(record.missing) > 0
    assert any(one.fault is Fault.NHS_NUMBER for one in record.deliveries)
    # Ten digits of a hash are no number of a patient.
    assert not re.search(r"\b999[ -]?\d{3}[ -]?\d{4}\b", outcome.record.read_text("utf-8"))


def test_what_arrives_after_now_is_not_sent(
    home: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The day is over, but its last file and the daily ones have not come yet.
    monkeypatch.setenv("SITREP_NOW", "2026-11-03T00:00:30Z")
    outcome, record = run(home, registry)
    assert outcome.not_yet_due > 0
    assert max(one.at for one in record.deliveries) <= datetime(2026, 11, 3, 0, 0, 30, tzinfo=UTC)
    assert outcome.tally.deliveries["ambulance_sitrep"] == 0


def test_slots_that_have_not_begun_are_refused(
    home: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-02T12:00:00Z")
    with pytest.raises(UsageError, match="The window ends after now"):
        run(home, registry)
    assert not (home / "simulation").exists()


def test_a_tick_is_delivered_in_one_go(registry: Registry) -> None:
    events = Plan(registry, list(registry.feeds.values()), 1, {}).events(Window(FIRST, LAST))
    sizes = [len(batch) for batch in batches(events)]
    # Seven quarter-hour feeds in each of 96 ticks; daily files come one by one.
    assert sizes.count(7) == 96 and sum(sizes) == 7 * 96 + 3


class Time:
    """A clock that only waiting moves."""

    def __init__(self, begin: datetime) -> None:
        self.begin = begin
        self.seconds = 0.0
        self.waits: list[float] = []

    def ticks(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def paced(self, start: datetime, pace: float = 1.0) -> PacedClock:
        return PacedClock(start, pace, lambda: self.begin, self.wait, self.ticks)


@pytest.fixture
def one_feed() -> Iterator[Registry]:
    yield make_registry(make_feed("acute_realtime", "R1H", BOARD))


def test_live_waits_for_each_file_and_catches_up_first(home: Path, one_feed: Registry) -> None:
    time = Time(FIRST + timedelta(hours=2, minutes=10))
    window = Window(FIRST, FIRST + timedelta(hours=3))
    outcome = simulate_live(home, one_feed, Request(window, 1), time.paced(FIRST), say_nothing)
    record = read_record(outcome.record)
    assert len(record.deliveries) == 12
    # Eight files were due; the others take until three minutes past three.
    assert 50 * 60 < time.seconds < 54 * 60
    assert max(time.waits) <= 1.0
    received = [one.received_at for one in Landing(home).waiting()]
    assert received == [one.at for one in record.deliveries]


def test_a_replay_runs_faster_but_not_ahead_of_the_clock() -> None:
    time = Time(FIRST + timedelta(hours=1))
    clock = time.paced(FIRST, pace=60)
    clock.wait_until(FIRST + timedelta(minutes=30))
    assert time.seconds == pytest.approx(30, abs=0.1)
    clock.wait_until(FIRST + timedelta(hours=1, minutes=10))
    assert time.seconds == pytest.approx(600, abs=2)
    assert clock.now() == time.begin + timedelta(seconds=time.seconds)


def test_ctrl_c_ends_it_and_what_was_sent_is_recorded(home: Path, one_feed: Registry) -> None:
    time = Time(FIRST + timedelta(hours=1))

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    clock = PacedClock(FIRST, 1.0, lambda: time.begin, interrupt, time.ticks)
    outcome = simulate_live(home, one_feed, Request(Window(FIRST), 1), clock, say_nothing)
    assert outcome.tally.deliveries == {"acute_realtime": 3}
    assert len(read_record(outcome.record).deliveries) == len(Landing(home).waiting()) == 3


def test_a_file_that_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text("", "utf-8")
    with pytest.raises(UsageError, match="not a record"):
        read_record(path)


def test_lines_of_the_record_are_json_objects_of_three_kinds(
    home: Path, registry: Registry
) -> None:
    outcome, _ = run(home, registry)
    lines = [json.loads(line) for line in outcome.record.read_text("utf-8").splitlines()]
    assert lines[0]["event"] == "run"
    assert {line["event"] for line in lines[1:]} == {"delivery", "missing_slot"}


def test_the_past_of_a_live_one_is_landed_as_due_and_the_rest_goes_to_folders(
    home: Path, one_feed: Registry
) -> None:
    time = Time(FIRST + timedelta(hours=2, minutes=10))
    window = Window(FIRST, FIRST + timedelta(hours=3))
    request = Request(window, 1, into_folders=True, is_past_as_due=True)
    simulate_live(home, one_feed, request, time.paced(FIRST), say_nothing)
    landed = Landing(home).waiting()
    assert len(landed) == 8
    ends = [FIRST + timedelta(minutes=15 * number) for number in range(1, 9)]
    waits = [one.received_at - end for one, end in zip(landed, ends, strict=True)]
    assert all(timedelta(0) <= wait <= timedelta(minutes=5) for wait in waits)
    (folder,) = [path for path in (home / "incoming").iterdir() if path.is_dir()]
    assert len(list(folder.iterdir())) == 4
