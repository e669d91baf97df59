"""Feeds that share an endpoint agree on what is the endpoint's; who says otherwise costs itself."""

from pathlib import Path

import pytest

from pipelines.registry.registry import load_registry
from pipelines.registry.ways_back import ways_back
from tests.support.answered_back import use_feeds

FIRST, LATER = "acute_realtime.r0a", "acute_realtime.r0b"


@pytest.fixture
def later(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a second feed with the same endpoint."""
    feed = use_feeds(monkeypatch, tmp_path / "feeds")
    other = feed.with_name("r0b.yaml")
    other.write_text(feed.read_text("utf-8").replace("R0A", "R0B"), "utf-8")
    return other


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_feeds_that_agree_are_one_way(later: Path) -> None:
    registry = load_registry()
    assert registry.problems == ()
    (way,) = ways_back(registry)
    assert way.feed_ids == (FIRST, LATER)
    assert way.takes_unmatched


@pytest.mark.parametrize(("said", "told"), [("answers: elsewhere", "'elsewhere'"), ("", "nothing")])
def test_the_later_one_is_a_problem_with_file_and_line(later: Path, said: str, told: str) -> None:
    change(later, "  answers: ../given\n", f"  {said}\n" if said else "")
    registry = load_registry()
    assert list(registry.feeds) == [FIRST]
    (problem,) = registry.problems
    assert problem.feed_id == LATER
    number = int(problem.message.removeprefix(f"{later}:").partition(":")[0])
    line = later.read_text("utf-8").splitlines()[number - 1]
    assert (said or "source:") in line
    assert f"source.answers: {told}, but {later.with_name('r0a.yaml')} says" in problem.message


def test_it_is_none_any_more_when_either_file_is_corrected(later: Path) -> None:
    change(later, "../given", "elsewhere")
    assert len(load_registry().problems) == 1
    assert len(load_registry().problems) == 1, "what is remembered of a file is not its fault"
    change(later.with_name("r0a.yaml"), "../given", "elsewhere")
    assert load_registry().problems == ()
    change(later, "elsewhere", "../given")
    assert len(load_registry().problems) == 1
    change(later, "incoming/acute_realtime", "incoming/of_its_own")
    registry = load_registry()
    assert registry.problems == ()
    assert len(ways_back(registry)) == 2
