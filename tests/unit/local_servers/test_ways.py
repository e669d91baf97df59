"""The ways in which simulated trusts deliver in a local run."""

from pathlib import Path

import pytest

from pipelines.base.errors import UsageError
from pipelines.base.settings import PROJECT, settings
from pipelines.collect.file_store import source_for_files
from pipelines.local_servers.ways import COLLECTION, WAYS, parse_ways, write_ways
from pipelines.registry.registry import load_registry
from pipelines.simulate.plan import simulated_feeds


def test_ways_are_named_or_all() -> None:
    assert parse_ways("all") == WAYS
    assert parse_ways("s3, sftp,s3") == ("s3", "sftp")


@pytest.mark.parametrize(
    ("told", "why"), [("sfpt", "Did you mean 'sftp'"), (" ,", "name some of"), ("fax", "no way")]
)
def test_what_is_no_way_is_told(told: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_ways(told)


def test_feeds_take_the_ways_in_turn_and_can_all_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "feeds"
    counts = write_ways(folder, PROJECT / "pipelines" / "feeds", WAYS, 8070)
    assert sum(counts.values()) == 20
    assert min(counts.values()) >= 3
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(folder))
    settings.cache_clear()
    registry = load_registry()
    settings.cache_clear()
    assert registry.problems == ()
    assert {feed.feed_id for feed in simulated_feeds(registry, [COLLECTION])} == {
        feed.feed_id for feed in registry.feeds_of(COLLECTION) if feed.accepts_files
    }
    kinds = {source_for_files(feed).kind for feed in registry.feeds_of(COLLECTION)}
    assert kinds == set(WAYS)
