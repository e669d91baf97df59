"""Days of simulated files against the truth: the story of slots, faults and clock changes.

Given files of four days around a clock change, one in twelve with a fault, when they are drained,
then the ledger says of each what its fault asks for and accuses nothing else.
"""

from pathlib import Path

import pytest

from tests.support.simulated import SimulatedHome, failed, runbook_queries, with_slots_from
from tests.support.warehouse import tamper_with, warehouse_file

OCTOBER = ("2026-10-24", "2026-10-26", "2026-10-27T12:00:00Z", "2026-10-25", 100)
MARCH = ("2027-03-27", "2027-03-29", "2027-03-30T12:00:00Z", "2027-03-28", 92)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(OCTOBER, marks=pytest.mark.xdist_group("october"), id="october"),
        pytest.param(MARCH, marks=[pytest.mark.xdist_group("march"), pytest.mark.long], id="march"),
    ],
)
def days(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SimulatedHome, str, int]:
    """The home, the day on which the clocks change, and its slots."""
    start, end, now, day, slots = request.param
    folder = tmp_path_factory.mktemp("days")
    home = SimulatedHome(folder / "home", with_slots_from(folder / "feeds", start), now)
    calls = [
        home.call("simulate", "--from", start, "--to", end, "--faults", "0.08"),
        home.call("drain"),
        home.call("publish"),
    ]
    assert failed(calls) == []
    return home, day, slots


def test_every_fault_is_found_and_nothing_else_is_accused(
    days: tuple[SimulatedHome, str, int],
) -> None:
    checked = days[0].call("simulate", "--check")
    assert checked.stdout.splitlines()[-1] == "0 differences", checked.stdout
    assert checked.returncode == 0
    for fault in ("late", "duplicate", "corrected", "malformed", "wrong_code", "nhs_number"):
        assert f"{fault} " in checked.stdout


def test_the_check_sees_a_ledger_that_lies(
    days: tuple[SimulatedHome, str, int], tmp_path: Path
) -> None:
    import shutil

    home = days[0]
    copy = SimulatedHome(tmp_path / "home", home.feeds, home.now)
    shutil.copytree(home.home / "simulation", copy.home / "simulation")
    shutil.copy(warehouse_file(home.home), warehouse_file(copy.home))
    with tamper_with(copy.home) as connection:
        connection.execute(
            "UPDATE ops.submission SET status = 'rejected' WHERE submission_id = "
            "(SELECT min(submission_id) FROM ops.submission WHERE status = 'accepted')"
        )
        connection.execute(
            "DELETE FROM ops.submission_slot WHERE slot_start = "
            "(SELECT min(slot_start) FROM ops.submission_slot WHERE collection = 'nhs111')"
        )
    told = copy.call("simulate", "--check")
    assert told.returncode == 1
    assert "rejected and not accepted" in told.stdout
    assert "is missing and not" in told.stdout


def test_the_runbook_s_queries_find_nothing(days: tuple[SimulatedHome, str, int]) -> None:
    queries = list(runbook_queries())
    assert len(queries) >= 7
    for query in queries:
        assert days[0].ask(query) == [], query


def test_the_day_of_the_clock_change_has_all_its_slots(
    days: tuple[SimulatedHome, str, int],
) -> None:
    home, day, slots = days
    london = f"timezone('Europe/London', timezone('UTC', slot_start))::DATE = DATE '{day}'"
    (expected,) = home.ask(
        f"SELECT count(*), count(DISTINCT slot_start) FROM ops.slot "
        f"WHERE collection = 'nhs111' AND {london}"
    )
    assert expected == (slots, slots)
    (given,) = home.ask(
        "SELECT count(DISTINCT slot_start) FROM ops.submission_slot "
        f"WHERE feed_id = 'nhs111.national' AND {london}"
    )
    told = home.call(
        "slots", "nhs111.national", "--from", f"{day}T00:00", "--to", f"{day}T23:59", "--json"
    )
    assert told.returncode == 0
    missing = told.stdout.count('"missing"')
    assert given[0] + missing == slots


def test_the_day_s_total_is_the_sum_of_its_slots(days: tuple[SimulatedHome, str, int]) -> None:
    home, day, _ = days
    london = f"timezone('Europe/London', timezone('UTC', slot_start))::DATE = DATE '{day}'"
    (own,) = home.published(f"SELECT sum(calls_received) FROM nhs111 WHERE {london}")
    (total,) = home.published(
        "SELECT value FROM national_daily "
        f"WHERE collection = 'nhs111' AND measure = 'calls_received' AND report_date = '{day}'"
    )
    assert own[0] == total[0] > 30_000


def test_a_daily_submission_is_for_a_london_day(days: tuple[SimulatedHome, str, int]) -> None:
    home, day, slots = days
    ((start, end),) = home.ask(
        "SELECT slot_start, slot_end FROM ops.slot WHERE collection = 'ambulance_sitrep' AND "
        f"timezone('Europe/London', timezone('UTC', slot_start))::DATE = DATE '{day}'"
    )
    assert (end - start).total_seconds() == slots * 15 * 60


def test_values_of_feeds_in_testing_stand_apart(days: tuple[SimulatedHome, str, int]) -> None:
    home = days[0]
    isle_of_wight = "WHERE org_code = 'R1F'"
    assert home.published(f"SELECT count(*) FROM ambulance_sitrep {isle_of_wight}") == [(0,)]
    assert home.published(f"SELECT count(*) > 0 FROM testing.ambulance_sitrep {isle_of_wight}") == [
        (True,)
    ]
    (organisations,) = home.published(
        "SELECT max(organisations) FROM national_daily WHERE collection = 'ambulance_sitrep'"
    )
    assert organisations == (10,)
    coverage = home.published("SELECT coverage FROM coverage WHERE collection = 'ambulance_sitrep'")
    assert coverage == [("10 of 11 ambulance services live",)]


def test_every_submission_is_answered_once_in_its_feed_s_place(
    days: tuple[SimulatedHome, str, int],
) -> None:
    home = days[0]
    lines = [
        line
        for path in (home.home / "answers").rglob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    ((submissions,),) = home.ask("SELECT count(*) FROM ops.submission")
    ((answers,),) = home.ask("SELECT count(*) FROM ops.answer")
    assert len(lines) == submissions == answers
    assert home.ask("SELECT count(*) FROM ops.answer_due") == [(0,)]


def test_drained_again_nothing_changes(days: tuple[SimulatedHome, str, int]) -> None:
    home = days[0]
    before = home.ask("SELECT count(*), max(settled_at) FROM ops.submission")
    again = home.call("drain")
    assert (again.returncode, again.stdout.strip()) == (0, "Nothing was waiting.")
    assert home.ask("SELECT count(*), max(settled_at) FROM ops.submission") == before
