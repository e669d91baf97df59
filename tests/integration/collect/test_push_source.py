from pathlib import Path

import pytest

from pipelines import steps
from pipelines.base.clock import now
from pipelines.base.errors import ConfigurationError
from pipelines.collect.collected_source import sources_at
from pipelines.collect.file_store import source_for_files
from pipelines.collect.sources.push import HERE, PushSource
from pipelines.findings.status import Status
from pipelines.landing.landing import UNMATCHED, Landing
from pipelines.registry.registry import load_registry
from pipelines.simulate.deliver import FolderReceiver
from pipelines.simulate.events import PlannedDelivery
from pipelines.tokens.token_file import make_token, revoke_token
from tests.support.pushed import OTHER, feed_path, slot_file, use_push_feeds
from tests.support.small_slots import FEED


@pytest.fixture
def feeds(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_push_feeds(tmp_path / "feeds", monkeypatch)


def test_there_is_nothing_to_collect(feeds: Path, home: Path) -> None:
    assert HERE in load_registry().endpoints_of("acute_realtime")
    assert steps.collect(HERE) == 0
    assert [type(one) for one in sources_at(load_registry(), HERE)] == [PushSource]


def test_what_is_put_lands_as_a_post_would(feeds: Path, home: Path, tmp_path: Path) -> None:
    name, content = slot_file(tmp_path)
    store = source_for_files(load_registry().feed(FEED))
    store.put(home, name, content)
    store.put(home, "nobody.csv", b"x")
    landed = Landing(home).waiting()
    assert [(one.feed_id, one.source) for one in landed] == [
        (FEED, f"{HERE}/{name}"),
        (UNMATCHED, f"{HERE}/nobody.csv"),
    ]


def test_simulated_providers_reach_it(feeds: Path, home: Path, tmp_path: Path) -> None:
    name, content = slot_file(tmp_path)
    registry = load_registry()
    receiver = FolderReceiver(home, {FEED: registry.feed(FEED)})
    planned = PlannedDelivery(
        now(), FEED, "acute_realtime", name, content, (), 4, 0, None,
        Status.ACCEPTED, frozenset(), 0, False,
    )  # fmt: skip
    receiver.receive([planned])
    assert [one.file_name for one in Landing(home).waiting()] == [name]


def test_the_check_tells_whether_a_provider_could_post(feeds: Path, home: Path) -> None:
    def checked(feed_id: str) -> tuple[bool, str]:
        source = load_registry().feed(feed_id).source
        assert isinstance(source, PushSource)
        (check,) = source.check(home)
        return check.is_fine, check.told

    is_fine, told = checked(FEED)
    assert not is_fine and f"sitrep tokens new {FEED}" in told
    made, token = make_token(home, [FEED])
    is_fine, told = checked(FEED)
    assert is_fine and made.token_id in told and f"{made.until:%Y-%m-%d}" in told
    assert token not in told
    assert not checked(OTHER)[0]
    revoke_token(home, made.token_id)
    is_fine, told = checked(FEED)
    assert not is_fine and "1 ended or were revoked" in told


@pytest.mark.parametrize("line", ["answers: out", "endpoint: incoming", "endpoint: push://there"])
def test_what_does_not_fit_is_a_mistake_of_the_file(feeds: Path, home: Path, line: str) -> None:
    path = feed_path(feeds, FEED)
    path.write_text(path.read_text("utf-8").replace("kind: push", f"kind: push\n  {line}"), "utf-8")
    with pytest.raises(ConfigurationError, match=line.partition(":")[0]):
        load_registry().feed(FEED)
