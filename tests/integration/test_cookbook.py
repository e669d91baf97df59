"""Every query of the cookbook runs on a publication, and says what it is about."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from tests.support.small_slots import FIRST_FILE, SITES, SLOTS, write_slots
from warehouse.publish.publications import current_path
from warehouse.store.reader import read_publication

TEXT = (PROJECT / "docs" / "cookbook.md").read_text("utf-8")
_PARTS = re.split(r"^## (\d+)\. ", TEXT, flags=re.MULTILINE)[1:]
QUESTIONS = {
    number: sql
    for number, part in zip(_PARTS[::2], _PARTS[1::2], strict=True)
    for sql in re.findall(r"```sql\n(.*?)```", part, re.DOTALL)
}
"""Number of the question → its query."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cookbook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITREP_HOME", str(folder / "home"))
        patch.setenv("SITREP_NOW", "2019-03-08T12:00:00Z")
        settings.cache_clear()
        waits = {"longest_wait_minutes": 800, "departures": 10, "departures_within_4_hours": 4}
        steps.land_files([write_slots(folder / FIRST_FILE, {(SITES[0], SLOTS[1]): waits})])
        steps.drain()
        steps.publish()
    settings.cache_clear()
    return folder / "home"


def ask(home: Path, question: str) -> list[tuple[object, ...]]:
    path = current_path(home)
    assert path is not None
    with read_publication(path) as reader:
        return reader.execute(QUESTIONS[question]).fetchall()


def test_all_ten_are_there() -> None:
    assert re.findall(r"^## (\d+)\.", TEXT, re.MULTILINE) == [str(n) for n in range(1, 11)]
    # As of a time is a command.
    assert set(QUESTIONS) == {str(n) for n in range(1, 11)} - {"8"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_query_of_the_cookbook_runs(home: Path, question: str) -> None:
    ask(home, question)


def test_the_four_hour_standard_is_of_departures(home: Path) -> None:
    ((code, _, share, departures, slots),) = ask(home, "3")
    # Three rows of 5 of 7, and one of 4 of 10.
    assert (code, share, departures, slots) == ("R0A", 61.3, 31, 2)


def test_the_longest_wait_is_first(home: Path) -> None:
    first = ask(home, "9")[0]
    assert first[1:4] == (SITES[0], "longest_wait_minutes", 800)
    assert first[5] == datetime(2019, 3, 8, 11, 45)


def test_the_command_of_the_cookbook_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_HOME", str(home))
    monkeypatch.setenv("SITREP_NOW", "2026-11-26T12:00:00Z")
    settings.cache_clear()
    (line,) = re.findall(r"^sitrep (as-of) (\S+) \"(.*)\"$", TEXT, re.MULTILINE)
    assert _run(list(line)) == 0
    settings.cache_clear()
