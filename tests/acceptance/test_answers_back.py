"""Answers come back where files were put: whatever dies or is full, each once, under its name.

Given a folder whose feed says where answers go, when a load is killed at any step or its disk is
full, then the next run leaves there what a run in peace leaves, and nothing is owed.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.settings import settings
from tests.support.answered_back import given, owed, put, use_feeds
from tests.support.children import (
    KILLED,
    OF_DRAIN,
    OF_GIVING,
    copy_home,
    drain,
    end_at,
    few,
    killed_before_each_rename,
    run,
)
from tests.support.full_disk import end_when_full
from tests.support.ledger_questions import assert_answered_once
from tests.support.small_slots import ENDPOINT

Told = dict[str, Any]

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which an accepted, a rejected and an unmatched file have landed."""
    folder = tmp_path_factory.mktemp("answers back")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_QUIET_SECONDS", "0")
        use_feeds(patch, folder / "feeds")
        put(folder / "home", 35)
        put(folder / "home", 36, arrivals=-1)
        put(folder / "home", 37, name="who_knows.csv")
        steps.collect(ENDPOINT)
        yield folder / "home"
    settings.cache_clear()


@pytest.fixture(scope="module")
def clean(landed: Path) -> Told:
    """What a run in peace gives back."""
    home = copy_home(landed, "in peace")
    run(home, drain)
    told = without_times(given(home))
    assert len(told) == 3
    return told


def without_times(answers: dict[str, Told]) -> Told:
    return {name: {**one, "settled_at": None} for name, one in answers.items()}


def assert_given_in_the_end(home: Path, clean: Told) -> None:
    run(home, drain)
    assert without_times(given(home)) == clean
    assert owed(home) == []
    assert_answered_once(home, after_a_crash=True)
    shutil.rmtree(home)


@pytest.mark.parametrize("step", few([*OF_DRAIN, *OF_GIVING]))
def test_killed_at_any_step_each_is_given(step: str, landed: Path, clean: Told) -> None:
    home = copy_home(landed, f"killed {step}")
    assert end_at(home, drain, step) == KILLED
    assert_given_in_the_end(home, clean)


@pytest.mark.long
def test_killed_before_any_rename_each_is_given(landed: Path, clean: Told) -> None:
    for home in killed_before_each_rename(landed, drain):
        for hidden in (home / "incoming" / "given").glob(".*.tmp"):
            hidden.unlink()
        assert_given_in_the_end(home, clean)


@pytest.mark.parametrize("step", ["answer: entered", *OF_GIVING])
def test_on_a_full_disk_each_is_given_by_the_next_run(step: str, landed: Path, clean: Told) -> None:
    home = copy_home(landed, f"full {step}")
    code, said = end_when_full(home, drain, step)
    assert code in (0, 1, 3), said
    assert "Traceback" not in said
    assert_given_in_the_end(home, clean)
