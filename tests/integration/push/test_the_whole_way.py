from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pipelines import steps
from pipelines.answer.answer import answer_files
from pipelines.base.clock import now
from pipelines.base.settings import settings
from pipelines.collect.file_store import source_for_files
from pipelines.registry.registry import load_registry
from pipelines.tokens.refusals import Why, read_refusals
from pipelines.tokens.token_file import last_used, read_tokens
from pipelines.watch.look import look_now
from pipelines.watch.monitors.refused_feeds import find_refused_feeds
from tests.support.ledger_questions import assert_answered_once
from tests.support.pushed import (
    OTHER,
    SUBMISSIONS,
    Endpoint,
    feed_path,
    push_served,
    slot_file,
    use_push_feeds,
)
from tests.support.small_slots import ENDPOINT, FEED, FIRST_FILE, write_slots

BROKEN = "title: [\n"


@pytest.fixture
def feeds(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_push_feeds(tmp_path / "feeds", monkeypatch)


@pytest.fixture
def endpoint(feeds: Path, home: Path) -> Iterator[Endpoint]:
    with push_served(home) as served:
        yield served


def test_a_post_is_answered_when_it_was_loaded(
    endpoint: Endpoint, home: Path, tmp_path: Path
) -> None:
    name, content = slot_file(tmp_path)
    posted = endpoint.post(name, content)
    assert posted.status_code == 202
    told = posted.json()
    assert told["status"] == "received" and told["feed"] == FEED
    where = posted.headers["location"]
    assert endpoint.client.get(where).json()["status"] == "received"
    by_id = f"{SUBMISSIONS}/{told['submission_id']}"
    assert endpoint.client.get(by_id).json()["delivery_id"] == told["delivery_id"]
    assert steps.drain() == 1
    answer = endpoint.client.get(where).json()
    assert answer["status"] == "accepted"
    assert answer["submission_id"] == told["submission_id"]
    assert endpoint.client.get(by_id).json()["rows"]["accepted"] == 4
    page = endpoint.client.get(where, headers={"Accept": "text/markdown"})
    assert page.headers["content-type"].startswith("text/markdown")
    assert "Accepted. Every row was loaded." in page.text
    (listed,) = endpoint.client.get(SUBMISSIONS).json()["submissions"]
    assert (listed["submission_id"], listed["status"]) == (told["submission_id"], "accepted")
    assert_answered_once(home)
    (token,) = read_tokens(home)
    assert last_used(home) == {token.token_id: now().date()}


def test_a_rejected_file_has_its_remarks_and_a_repetition_is_a_duplicate(
    endpoint: Endpoint, home: Path, tmp_path: Path
) -> None:
    name, content = slot_file(tmp_path)
    bad = write_slots(tmp_path / "bad.csv", {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": -1}})
    first = endpoint.post(name, bad.read_bytes()).json()
    steps.drain()
    again = endpoint.post(name, bad.read_bytes()).json()
    assert again["delivery_id"] != first["delivery_id"]
    waiting = endpoint.post("R0A_acute_realtime_20190308T123500.csv", content).json()
    assert [one["status"] for one in endpoint.client.get(SUBMISSIONS).json()["submissions"]] == [
        "received",
        "received",
        "accepted_with_rejections",
    ]
    steps.drain()
    tell = {
        one["delivery_id"]: endpoint.client.get(f"{SUBMISSIONS}/{one['delivery_id']}").json()
        for one in (first, again, waiting)
    }
    assert tell[first["delivery_id"]]["status"] == "accepted_with_rejections"
    assert tell[first["delivery_id"]]["lines"]
    duplicate = tell[again["delivery_id"]]
    assert duplicate["status"] == "duplicate"
    assert duplicate["submission_id"] == again["submission_id"]
    assert duplicate["duplicate_of"] == first["submission_id"]
    assert tell[waiting["delivery_id"]]["submission_id"] == waiting["submission_id"]
    listed = endpoint.client.get(SUBMISSIONS, params={"limit": 2}).json()["submissions"]
    assert {one["delivery_id"] if "delivery_id" in one else one["status"] for one in listed} == {
        "accepted",
        "duplicate",
    }


def test_the_same_file_again_while_it_waits_is_the_same_delivery(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    name, content = slot_file(tmp_path)
    ids = {endpoint.post(name, content).json()["delivery_id"] for _ in range(3)}
    assert len(ids) == 1
    steps.drain()
    assert endpoint.post(name, content).json()["delivery_id"] not in ids


def test_another_feed_is_refused_recorded_and_told_by_the_watch(
    endpoint: Endpoint, home: Path, tmp_path: Path
) -> None:
    name, content = slot_file(tmp_path)
    before = now()
    for feed_id in (OTHER, OTHER, "no.such_feed"):
        refused = endpoint.client.post(
            SUBMISSIONS, params={"feed": feed_id, "name": name}, content=content
        )
        assert refused.status_code == 403
        assert refused.json()["error"] == "other_feed"
    recorded = read_refusals(home, before)
    assert [(one.why, one.feed) for one in recorded] == [
        (Why.OTHER_FEED, OTHER),
        (Why.OTHER_FEED, OTHER),
        (Why.OTHER_FEED, "no.such_feed"),
    ]
    found = find_refused_feeds(recorded, load_registry())
    assert [(one.feed_id, one.collection) for one in found] == [
        (OTHER, "acute_realtime"),
        (None, "push"),
    ]
    assert "2 times" in found[0].message
    assert not (home / "landing" / "inbox").exists()
    assert [one.finding.code for one in look_now().open].count("WATCH-028") == 2


def test_another_provider_does_not_see_it(endpoint: Endpoint, home: Path, tmp_path: Path) -> None:
    from pipelines.tokens.token_file import make_token

    name, content = slot_file(tmp_path)
    posted = endpoint.post(name, content).json()
    _, token = make_token(home, [OTHER])
    with endpoint.with_token(token) as other:
        for one in (posted["delivery_id"], posted["submission_id"]):
            assert other.get(f"{SUBMISSIONS}/{one}").status_code == 404
        steps.drain()
        for one in (posted["delivery_id"], posted["submission_id"]):
            assert other.get(f"{SUBMISSIONS}/{one}").status_code == 404
        assert other.get(SUBMISSIONS).json() == {"submissions": []}
    assert endpoint.client.get(f"{SUBMISSIONS}/nothing").status_code == 404


def test_a_feed_that_takes_nothing_says_what_to_do(
    feeds: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.push.posted_feeds._KEPT_SECONDS", -1)
    name, content = slot_file(tmp_path)
    path = feed_path(feeds, FEED)
    sound = path.read_text("utf-8")
    expected = {
        sound.replace("stage: live", "stage: suspended").replace("slots_from", "#"): 409,
        BROKEN: 503,
        sound.replace("kind: push", "kind: directory\n  endpoint: incoming/acute_realtime"): 409,
        sound: 202,
    }
    with push_served(home) as endpoint:
        for text, status in expected.items():
            path.write_text(text, "utf-8")
            posted = endpoint.post(name, content)
            assert posted.status_code == status, posted.text
            assert (status == 503) == ("retry-after" in posted.headers)
            if status != 202:
                assert FEED in posted.json()["message"]
                assert not (home / "landing" / "inbox").exists()
        path.unlink()
        assert endpoint.post(name, content).json()["error"] == "no_feed"


def test_a_full_disk_is_told_and_nothing_is_acknowledged(
    endpoint: Endpoint, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    name, content = slot_file(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(home))

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.landing.object_folder.write_all_durably", full)
        refused = endpoint.post(name, content)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert endpoint.post(name, content).status_code == 202


def test_the_answer_is_that_of_a_file_in_a_folder(
    endpoint: Endpoint, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = write_slots(tmp_path / FIRST_FILE, {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": -1}})
    posted = endpoint.post(FIRST_FILE, bad.read_bytes()).json()
    steps.drain()
    answer = endpoint.client.get(posted["location"]).json()
    with monkeypatch.context() as patch:
        patch.setenv("SITREP_HOME", str(tmp_path / "other"))
        patch.delenv("SITREP_FEEDS_DIR")
        settings.cache_clear()
        source_for_files(load_registry().feed(FEED)).put(
            tmp_path / "other", FIRST_FILE, bad.read_bytes()
        )
        steps.collect(ENDPOINT)
        steps.drain()
        path = answer_files(tmp_path / "other", FEED, posted["submission_id"])[0]
        other = msgspec.json.decode(path.read_bytes())
    settings.cache_clear()
    differ = {key for key in answer if answer[key] != other.get(key)}
    assert differ == {"received_at", "settled_at", "delivery_id"}
