"""The upkeep of a lake makes it small and changes nothing that is read."""

from pathlib import Path
from typing import NoReturn

import duckdb
import pytest

from pipelines import steps
from pipelines.base.errors import StateUnavailable
from tests.support.compared_homes import read_warehouse
from tests.support.shared_servers import lake_home
from tests.support.small_slots import SITES, SLOTS, write_slots
from warehouse.store import lake_upkeep
from warehouse.store.lake_upkeep import is_lake, tidy_lake


def load(folder: Path, number: int) -> None:
    """A file of its own, which revises a figure of the one before."""
    name = f"R0A_acute_realtime_20190308T11{35 + number}00.csv"
    steps.land_files([write_slots(folder / name, {(SITES[0], SLOTS[0]): {"arrivals": number}})])
    assert steps.bring_in("acute_realtime", endpoints=()).settled == 1


@pytest.mark.long
def test_small_files_are_merged_and_the_tables_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lake_home(tmp_path / "home") as home:
        monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        assert is_lake(home)
        for number in range(2):
            load(tmp_path / "files", number)
        before = read_warehouse(home)
        first = tidy_lake(home)
        assert set(first.seconds) == {"flush", "rewrite", "merge", "expire", "clean"}
        assert read_warehouse(home) == before
        for number in range(2, 6):
            load(tmp_path / "files", number)
            after = read_warehouse(home)
            assert after != before
            later = tidy_lake(home)
            assert later.files_after <= first.files_after, "what a load left is merged"
            assert read_warehouse(home) == after


def test_a_file_of_duckdb_is_no_lake(home: Path) -> None:
    assert not is_lake(home)


def test_a_catalogue_that_is_lost_meanwhile_is_a_reason_to_try_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_: Path) -> NoReturn:
        raise duckdb.TransactionException('Failed to commit: Failed to execute query "ROLLBACK": ')

    monkeypatch.setattr(lake_upkeep, "attached_warehouse", lost)
    with pytest.raises(StateUnavailable, match="the next run goes on"):
        tidy_lake(home)
