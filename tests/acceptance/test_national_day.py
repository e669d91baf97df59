"""A day of all England: 11 ambulance services, NHS 111, 125 acute trusts, 3% of files faulty."""

from pathlib import Path

import pytest

from tests.support.simulated import SimulatedHome, failed, runbook_queries

pytestmark = pytest.mark.xdist_group("england")


@pytest.fixture(scope="module")
def england(tmp_path_factory: pytest.TempPathFactory) -> SimulatedHome:
    folder = tmp_path_factory.mktemp("england")
    home = SimulatedHome(folder / "home", folder / "feeds", "2026-11-18T12:00:00Z")
    project = SimulatedHome(home.home, Path("pipelines/feeds"), home.now)
    calls = [
        project.call(
            *("simulate", "--national", str(home.feeds)),
            *("--from", "2026-11-16", "--to", "2026-11-17", "--faults", "0.03"),
        ),
        home.call("drain"),
    ]
    assert failed(calls) == []
    return home


def test_the_ledger_tells_the_truth(england: SimulatedHome) -> None:
    checked = england.call("simulate", "--check")
    assert checked.stdout.splitlines()[-1] == "0 differences", checked.stdout
    ((submissions, feeds),) = england.ask(
        "SELECT count(*), count(DISTINCT feed_id) FROM ops.submission"
    )
    assert submissions > 12_000
    assert feeds == 137


def test_the_promises_hold(england: SimulatedHome) -> None:
    for query in runbook_queries():
        assert england.ask(query) == [], query
