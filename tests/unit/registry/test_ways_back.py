"""What is owed is dropped only where the configuration surely says no way back."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.registry.configuration_files import Problem
from pipelines.registry.registry import Registry, load_registry
from pipelines.registry.ways_back import ways_back, without_way_back
from tests.support.answered_back import use_feeds
from tests.support.small_slots import ENDPOINT

FEED, OTHER = "acute_realtime.r0a", "acute_realtime.other"
OWED = [(FEED, None), (OTHER, None), ("unmatched", ENDPOINT), ("unmatched", "incoming/gone")]


@pytest.fixture
def registry(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    use_feeds(monkeypatch, tmp_path / "feeds")
    return load_registry()


def lost(registry: Registry) -> list[tuple[str, str | None]]:
    return without_way_back(registry, ways_back(registry), OWED)


def test_who_has_no_way_back_any_more_is_owed_nothing(registry: Registry) -> None:
    assert lost(registry) == [(OTHER, None), ("unmatched", "incoming/gone")]


@pytest.mark.parametrize(
    "problem",
    [
        Problem(Path("other.yaml"), "is broken", feed_id=OTHER),
        Problem(Path("acute_realtime.yaml"), "is broken", collection="acute_realtime"),
        Problem(Path("feeds"), "cannot be read"),
    ],
)
def test_a_broken_file_or_folder_says_nothing(registry: Registry, problem: Problem) -> None:
    assert lost(replace(registry, problems=(problem,))) == []


def test_no_feeds_at_all_say_nothing(registry: Registry) -> None:
    assert lost(replace(registry, feeds={})) == []
