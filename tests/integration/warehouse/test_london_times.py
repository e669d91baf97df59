"""A quarter-hour's slot is told in UTC and as clocks in London show it, wherever it is read."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import steps
from pipelines.base.clock import now
from pipelines.registry.registry import load_registry
from tests.support.small_slots import write_slots
from warehouse.publish.as_of import open_as_of
from warehouse.publish.publications import CURRENT, CURRENT_COPIES

SUMMER = ("2019-07-08T11:15:00Z", "2019-07-08T11:30:00Z")
ASKED = "SELECT DISTINCT slot_start::VARCHAR, slot_start_london::VARCHAR FROM {} ORDER BY ALL"
TOLD = [
    ("2019-07-08 11:15:00", "2019-07-08 12:15:00"),
    ("2019-07-08 11:30:00", "2019-07-08 12:30:00"),
]


def test_a_slot_of_summer_is_an_hour_later_in_london(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2019-07-08T12:00:00Z")
    name = "R0A_acute_realtime_20190708T113500.csv"
    steps.land_files([write_slots(tmp_path / name, slots=SUMMER)])
    steps.drain()
    steps.publish()
    publications = home / "publications"
    with duckdb.connect(str(publications / CURRENT), read_only=True) as reader:
        assert reader.execute(ASKED.format("acute_realtime")).fetchall() == TOLD
        copy = publications / CURRENT_COPIES / "acute_realtime.parquet"
        assert reader.execute(ASKED.format(f"'{copy}'")).fetchall() == TOLD
        daily = reader.execute("SELECT * FROM acute_sitrep LIMIT 0").description or ()
        assert "slot_start_london" not in {column[0] for column in daily}
    with open_as_of(home, load_registry(), now() + timedelta(minutes=1)) as reader:
        assert reader.execute(ASKED.format("acute_realtime")).fetchall() == TOLD
