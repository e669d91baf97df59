"""A publication that is made from a copy of the one before is like one that is made as a whole."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from pipelines.registry.registry import load_registry
from tests.support.restless_home import RestlessHome
from tests.support.whole_beside import assert_like_a_whole_one, is_patched
from warehouse.publish import row_groups
from warehouse.publish.publish import publish

pytestmark = pytest.mark.usefixtures("engine")

BEGIN = {
    "an evening in winter": datetime(2026, 1, 20, 21, 40, tzinfo=UTC),
    "before clocks go forward": datetime(2026, 3, 28, 20, 5, tzinfo=UTC),
    "before clocks go back": datetime(2026, 10, 24, 20, 5, tzinfo=UTC),
}


def go_through(home: Path, tmp_path: Path, begin: datetime, seed: int, events: int) -> int:
    """How many publications were patched, each of which was like a whole one."""
    patched = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_groups, "LEAST_ROWS", 1)
        patch.setattr(row_groups, "ROWS_OF_A_GROUP", 6)
        restless = RestlessHome(tmp_path / "world", patch, begin, Random(seed))
        restless.send_slots()
        for _ in range(events):
            publish(home, load_registry(), allow_shrink=True)
            patched += is_patched(home)
            assert_like_a_whole_one(home, tmp_path / "whole")
            for _ in range(restless.draw.choice((0, 1, 1, 2, 3))):
                restless.go_on()
            restless.pass_time()
    return patched


@pytest.mark.long_on_lake
def test_whatever_happens_it_is_like_a_whole_one(home: Path, tmp_path: Path) -> None:
    assert go_through(home, tmp_path, BEGIN["before clocks go back"], 1, 4) > 1


@pytest.mark.long
@pytest.mark.parametrize("begin", BEGIN)
@pytest.mark.parametrize("seed", range(10, 14))
def test_whatever_happens_for_long(home: Path, tmp_path: Path, begin: str, seed: int) -> None:
    assert go_through(home, tmp_path, BEGIN[begin], seed, 30) > 8
