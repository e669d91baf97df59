"""What comes late, twice, out of order or too far back: the story of one service's daily file.

Given files of one ambulance service in the contract's own template, when they come on the days that
their names and the clock say, then each slot has the newest values and its true state.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulated import SimulatedHome, change_feed, with_slots_from

FEED = "ambulance_sitrep.rx9"
HEADER = "org_code,report_date,calls_answered,incidents,incidents_c1,reap_level"
NEXT_MORNING = "2026-11-11T08:00:00Z"


@pytest.fixture
def service(tmp_path: Path) -> SimulatedHome:
    feeds = with_slots_from(tmp_path / "feeds", "2026-11-08")
    return SimulatedHome(tmp_path / "home", feeds, NEXT_MORNING)


def send(service: SimulatedHome, made_at: str, *rows: str, feed: str = FEED) -> dict[str, Any]:
    """What became of a file of these rows, made at that time, sent now."""
    path = service.home.parent / f"RX9_ambulance_sitrep_{made_at}.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", "utf-8")
    done = service.call("ingest", str(path), "--feed", feed, "--json")
    assert done.returncode in (0, 1), done.stderr
    (outcome,) = json.loads(done.stdout)
    return dict(outcome)


def row(day: str, calls: int, code: str = "RX9") -> str:
    return f"{code},{day},{calls},2500,200,3"


def held(service: SimulatedHome, day: str) -> list[tuple[Any, ...]]:
    return service.ask(
        "SELECT calls_answered FROM history.ambulance_sitrep "
        f"WHERE report_date = '{day}' AND superseded_at IS NULL"
    )


def states(service: SimulatedHome) -> dict[str, tuple[str, int]]:
    """Day → state of its slot, and how many submissions were superseded."""
    told = service.call("slots", FEED, "--from", "2026-11-08T00:00", "--json")
    return {
        one["slot_start"][:10]: (one["status"], one["superseded"])
        for one in json.loads(told.stdout)
    }


def test_a_slot_is_on_time_late_missing_or_awaited(service: SimulatedHome) -> None:
    send(service, "20261111T070000", row("2026-11-08", 2900), row("2026-11-10", 3000))
    assert states(service) == {
        "2026-11-08": ("late", 0),
        "2026-11-09": ("missing", 0),
        "2026-11-10": ("on_time", 0),
    }
    later = service.at("2026-11-12T08:00:00Z")
    assert states(later)["2026-11-11"] == ("awaited", 0)
    assert states(service.at("2026-11-12T12:01:00Z"))["2026-11-11"] == ("missing", 0)
    send(later, "20261112T070000", row("2026-11-09", 2950), row("2026-11-11", 3100))
    assert {day: state for day, (state, _) in states(later).items()} == {
        "2026-11-08": "late",
        "2026-11-09": "late",
        "2026-11-10": "on_time",
        "2026-11-11": "on_time",
    }


def test_a_correction_supersedes_and_an_older_file_that_comes_after_it_does_not(
    service: SimulatedHome,
) -> None:
    send(service, "20261111T070000", row("2026-11-10", 3000))
    corrected = send(service.at("2026-11-11T09:00:00Z"), "20261111T085000", row("2026-11-10", 3333))
    assert corrected["rows_revised"] == 1
    older = send(service.at("2026-11-11T10:00:00Z"), "20261111T075000", row("2026-11-10", 3111))
    assert (older["status"], older["rows_outdated"]) == ("accepted", 1)
    assert held(service, "2026-11-10") == [(3333,)]
    assert states(service.at("2026-11-11T10:00:00Z"))["2026-11-10"] == ("on_time", 2)


def test_the_same_in_one_drain(service: SimulatedHome) -> None:
    """Whatever waits together is merged in the order in which it was made."""
    folder = service.home / "incoming" / "ambulance_sitrep"
    folder.mkdir(parents=True)
    for made_at, calls in (("085000", 3333), ("070000", 3000), ("075000", 3111)):
        path = folder / f"RX9_ambulance_sitrep_20261111T{made_at}.csv"
        path.write_text(f"{HEADER}\n{row('2026-11-10', calls)}\n", "utf-8")
    late = service.at("2026-11-11T10:00:00Z")
    paths = [str(path) for path in sorted(folder.iterdir(), reverse=True)]
    assert late.call("ingest", *paths).returncode == 0
    assert held(service, "2026-11-10") == [(3333,)]


def test_a_wrong_clock_of_the_sender_cannot_freeze_a_value(service: SimulatedHome) -> None:
    send(service, "20301111T070000", row("2026-11-10", 3000))
    send(service.at("2026-11-11T09:00:00Z"), "20261111T085000", row("2026-11-10", 3333))
    assert held(service, "2026-11-10") == [(3333,)]


def test_a_file_sent_again_is_a_duplicate(service: SimulatedHome) -> None:
    first = send(service, "20261111T070000", row("2026-11-10", 3000))
    again = send(service.at("2026-11-11T09:00:00Z"), "20261111T085000", row("2026-11-10", 3000))
    assert (again["status"], again["duplicate_of"]) == ("duplicate", first["submission_id"])
    third = send(service.at("2026-11-20T09:00:00Z"), "20261120T085000", row("2026-11-10", 3000))
    assert third["status"] == "duplicate"
    assert len(service.ask("SELECT DISTINCT submission_id FROM ops.submission")) == 3


def test_amendments_are_taken_for_14_days_and_refused_with_a_reason_beyond(
    service: SimulatedHome,
) -> None:
    send(service, "20261111T070000", row("2026-11-10", 3000))
    last_day = service.at("2026-11-24T23:59:00Z")
    assert send(last_day, "20261124T235000", row("2026-11-10", 3001))["status"] == "accepted"
    day_after = service.at("2026-11-25T00:01:00Z")
    refused = send(day_after, "20261125T000000", row("2026-11-10", 3002), row("2026-11-24", 2800))
    assert refused["status"] == "accepted_with_rejections"
    assert refused["findings"][0] == (
        "reject_row SLOT-001 2026-11-10 is more than 14 days before receipt; changes are closed."
    )
    assert held(service, "2026-11-10") == [(3001,)]
    assert held(service, "2026-11-24") == [(2800,)]


@pytest.mark.parametrize(("days", "status"), [(30, "accepted"), (1, "rejected")])
def test_a_feed_may_state_how_far_back_it_amends(
    service: SimulatedHome, days: int, status: str
) -> None:
    change_feed(service.feeds, FEED, amendment_days=days)
    late = service.at("2026-11-30T08:00:00Z")
    assert send(late, "20261130T070000", row("2026-11-10", 3000))["status"] == status


def test_nobody_reports_for_another(service: SimulatedHome) -> None:
    sent = send(service, "20261111T070000", row("2026-11-10", 3000), row("2026-11-10", 9, "RRU"))
    assert sent["status"] == "accepted_with_rejections"
    assert sent["findings"][0].startswith("reject_row ROW-002 'RRU'")


def test_from_testing_to_live_to_suspended(service: SimulatedHome) -> None:
    change_feed(service.feeds, FEED, stage="testing", slots_from=None)
    assert send(service, "20261111T070000", row("2026-11-10", 3000))["status"] == "accepted"
    assert service.call("publish").returncode == 0
    count = "SELECT count(*) FROM {}ambulance_sitrep WHERE org_code = 'RX9'"
    assert service.published(count.format("")) == [(0,)]
    assert service.published(count.format("testing.")) == [(1,)]
    assert service.published("SELECT count(*) FROM national_daily") == [(0,)]

    change_feed(service.feeds, FEED, stage="live", slots_from="2026-11-11")
    later = service.at("2026-11-12T08:00:00Z")
    assert send(later, "20261112T070000", row("2026-11-11", 3100))["status"] == "accepted"
    assert later.call("publish").returncode == 0
    assert service.published(count.format("")) == [(1,)]
    assert service.published(count.format("testing.")) == [(1,)]
    national = "SELECT value FROM national_daily WHERE measure = 'calls_answered'"
    assert service.published(national) == [(3100,)]
    listed = json.loads(later.call("feeds", "--json").stdout)
    (feed,) = [one for one in listed["feeds"] if one["feed_id"] == FEED]
    assert (feed["stage"], feed["health"], feed["slots_on_time"]) == ("live", "ok", 1)

    change_feed(service.feeds, FEED, stage="suspended", slots_from=None)
    path = service.home.parent / "RX9_ambulance_sitrep_20261113T070000.csv"
    path.write_text(f"{HEADER}\n{row('2026-11-12', 1)}\n", "utf-8")
    refused = json.loads(later.call("ingest", str(path), "--json").stdout)
    assert [one["feed_id"] for one in refused] == ["unmatched"]
