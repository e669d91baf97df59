"""Answers go back to where the submissions came from, at least once, and cost no load anything."""

import logging
import shutil
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.cli.app import _run
from tests.support.answered_back import (
    ANSWERS,
    COLLECTION,
    block,
    bring_in,
    given,
    owed,
    put,
    statuses,
    unblock,
    use_feeds,
)
from tests.support.children import OF_GIVING, drain, kill, run
from tests.support.ledger_questions import assert_answered_once
from tests.support.small_slots import ENDPOINT

FEED = "acute_realtime.r0a"


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    return use_feeds(monkeypatch, tmp_path / "feeds")


def test_there_are_marks_to_be_killed_at() -> None:
    assert OF_GIVING == ["give back: given", "give back: noted"]


@pytest.mark.long_on_lake
def test_every_submission_is_answered_where_it_was(engine: str, home: Path, feed: Path) -> None:
    put(home, 35)
    put(home, 36, arrivals=-1)
    bring_in()
    put(home, 35)
    put(home, 37, name="who_knows.csv")
    bring_in()
    found = given(home)
    assert sorted(one["status"] for one in found.values()) == [
        "accepted",
        "accepted_with_rejections",
        "duplicate",
        "rejected",
    ], "the last is the file that no feed expects"
    assert owed(home) == []
    assert_answered_once(home)
    for name, answer in found.items():
        assert name.startswith(answer["file_name"])
        page = (home / ANSWERS / f"{name}.md").read_text("utf-8")
        assert page.startswith("# Answer to ")
    bring_in()
    assert given(home) == found, "what was given is not given again, and no answer is collected"


@pytest.mark.long_on_lake
def test_a_way_back_that_fails_costs_the_load_nothing_and_is_tried_again(
    engine: str, home: Path, feed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(home, 35)
    block(home)
    with caplog.at_level(logging.WARNING):
        assert steps.bring_in(COLLECTION).settled == 1
    assert "answers cannot be given back" in caplog.text
    assert "They are owed, and the next run tries again" in caplog.text
    (row,) = owed(home)
    assert (row["tries"], row["feed_id"]) == (1, FEED)
    assert "cannot take answers" in row["last_told"]
    put(home, 36, arrivals=9)
    assert steps.bring_in(COLLECTION).settled == 1
    assert [row["tries"] for row in owed(home)] == [2, 1] or [
        row["tries"] for row in owed(home)
    ] == [1, 2]
    unblock(home)
    bring_in()
    assert statuses(home) == ["accepted", "accepted"]
    assert owed(home) == []


@pytest.mark.long_on_lake
@pytest.mark.parametrize("step", OF_GIVING)
def test_killed_between_giving_and_noting_it_is_given_under_the_same_name(
    engine: str, home: Path, feed: Path, step: str
) -> None:
    put(home, 35)
    put(home, 36, arrivals=-1)
    steps.collect(ENDPOINT)
    kill(home, drain, step)
    before = given(home)
    assert len(before) == 2
    assert len(owed(home)) == (2 if step == "give back: given" else 0)
    run(home, drain)
    assert given(home) == before
    assert owed(home) == []
    assert_answered_once(home, after_a_crash=True)


@pytest.mark.long_on_lake
def test_what_is_read_again_is_owed_its_new_answer(engine: str, home: Path, feed: Path) -> None:
    put(home, 35, arrivals="9 or so")
    bring_in()
    ((name, first),) = given(home).items()
    assert (first["attempt"], first["status"]) == (1, "accepted_with_rejections")
    assert _run(["reprocess", "--feed", FEED]) in (0, 1)
    ((again, second),) = given(home).items()
    assert (again, second["attempt"]) == (name, 2), "it takes the place of the first"
    shutil.rmtree(home / ANSWERS)
    block(home)
    for _ in range(2):
        assert _run(["reprocess", "--feed", FEED]) in (0, 1)
    assert [(row["attempt"], row["tries"]) for row in owed(home)] == [(4, 1)]


@pytest.mark.long_on_lake
def test_what_was_owed_without_a_way_back_any_more_is_dropped_and_told(
    engine: str, home: Path, feed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    block(home)
    put(home, 35)
    bring_in()
    text = feed.read_text("utf-8")
    feed.write_text(text.replace("title:", "tittle:"), "utf-8")
    put(home, 36, arrivals=9)
    steps.drain()
    assert len(owed(home)) == 1, "a broken file says nothing about the way back"
    feed.write_text(text.replace("  answers: ../given\n", ""), "utf-8")
    with caplog.at_level(logging.WARNING):
        bring_in()
    assert owed(home) == []
    assert "1 answers are not given back" in caplog.text
