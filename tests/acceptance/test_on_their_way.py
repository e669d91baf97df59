"""A running system is never still: files that were sent a moment ago are no differences.

Given an hour of simulated files that nobody has loaded, when the ledger is held against them,
then they are told as on their way; those that are loaded are compared, and those that are lost are
differences.
"""

from pathlib import Path

import pytest

from tests.support.simulated import SimulatedHome, failed, with_slots_from

HOUR = ("--from", "2026-10-27T10:00Z", "--to", "2026-10-27T11:00Z")
ON_THEIR_WAY = "more files are on their way: sent, and not loaded yet"


@pytest.fixture
def home(tmp_path: Path) -> SimulatedHome:
    feeds = with_slots_from(tmp_path / "feeds", "2026-10-27")
    return SimulatedHome(tmp_path / "home", feeds, "2026-10-27T12:00:00Z")


def check(home: SimulatedHome) -> list[str]:
    return home.call("simulate", "--check").stdout.splitlines()


def test_what_waits_in_the_inbox_is_on_its_way_until_it_is_loaded(home: SimulatedHome) -> None:
    assert failed([home.call("simulate", *HOUR, "--land")]) == []
    assert check(home)[-2].endswith(ON_THEIR_WAY)
    assert check(home)[-1] == "0 differences"
    assert failed([home.call("drain")]) == []
    assert not any(line.endswith(ON_THEIR_WAY) for line in check(home))
    assert check(home)[-1] == "0 differences"


def test_what_waits_in_a_folder_is_on_its_way_and_what_is_gone_is_a_difference(
    home: SimulatedHome,
) -> None:
    assert failed([home.call("simulate", *HOUR, "--folder")]) == []
    assert check(home)[-2].endswith(ON_THEIR_WAY)
    assert check(home)[-1] == "0 differences"
    for file in (home.home / "incoming" / "nhs111").iterdir():
        file.unlink()
    told = check(home)
    assert any("nhs111.national" in line and "in the ledger 0 times" in line for line in told)
