"""Tables that are patched have the rows of tables that are made as a whole, whatever changed."""

from datetime import UTC, datetime

import pytest

from tests.support.changing_rows import changing_rows
from warehouse.marts.now.now import CHANGE

BEGIN = {
    "an evening in winter": datetime(2026, 1, 20, 21, 40, tzinfo=UTC),
    "before clocks go forward": datetime(2026, 3, 28, 20, 5, tzinfo=UTC),
    "before clocks go back": datetime(2026, 10, 24, 20, 5, tzinfo=UTC),
}


def patched_tables(seed: int, begin: datetime, steps: int) -> set[str]:
    """The tables of which parts alone were made anew, once at least."""
    patched: set[str] = set()
    with changing_rows(seed, begin) as rows:
        for step in range(steps):
            rows.change()
            patching = rows.publish()
            assert rows.differences() == {}, (seed, step)
            patched |= patching.differing.keys()
            rows.keep()
    return patched


@pytest.mark.long
def test_whatever_changed_the_rows_are_those_of_whole_tables() -> None:
    patched = patched_tables(0, BEGIN["an evening in winter"], 18)
    assert {"acute_realtime", "national_slot", "submission", CHANGE} <= patched


@pytest.mark.long
@pytest.mark.parametrize("begin", BEGIN)
@pytest.mark.parametrize("seed", range(10))
def test_whatever_changes_for_long(begin: str, seed: int) -> None:
    assert CHANGE in patched_tables(seed, BEGIN[begin], 100)
