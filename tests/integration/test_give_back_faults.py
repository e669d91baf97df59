"""What goes wrong on the way back costs no load anything, and loses no answer."""

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from pipelines import give_back as giving
from pipelines import steps
from pipelines.base import secrets
from pipelines.base.errors import SourceUnavailable
from pipelines.base.settings import settings
from pipelines.cli.app import _run
from pipelines.collect.listed_files import Listed
from pipelines.collect.sources.directory import DirectorySource
from pipelines.registry.registry import load_registry
from tests.support.answered_back import (
    ANSWERS,
    COLLECTION,
    block,
    bring_in,
    given,
    name_of,
    owed,
    put,
    say_answers,
    statuses,
    unblock,
    use_feeds,
)
from tests.support.children import drain, kill, run
from tests.support.ledger_questions import ask_ledger
from tests.support.small_slots import ENDPOINT
from warehouse.store import connection as warehouse_connection

FEED = "acute_realtime.r0a"


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    return use_feeds(monkeypatch, tmp_path / "feeds")


def test_one_answer_that_cannot_be_written_costs_itself_only(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_put = DirectorySource.put_answers

    def put_some(self: DirectorySource, at: Path, files: Mapping[str, bytes]) -> dict[str, str]:
        full = {name: "cannot be written (disk full)" for name in files if name_of(36) in name}
        rest = {name: content for name, content in files.items() if name not in full}
        return {**really_put(self, at, rest), **full}

    put(home, 35)
    put(home, 36, arrivals=9)
    with monkeypatch.context() as patch:
        patch.setattr(DirectorySource, "put_answers", put_some)
        bring_in()
    assert len(given(home)) == 1
    (row,) = owed(home)
    assert (row["tries"], row["last_told"]) == (1, "cannot be written (disk full)")
    bring_in()
    assert len(given(home)) == 2


def test_an_error_that_nobody_expected_fails_no_load(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Iterator[Any]:
        raise ZeroDivisionError("in a library, with hunter2hunter2")

    secrets.remember("hunter2hunter2")
    put(home, 35)
    monkeypatch.setattr(DirectorySource, "give_back", fail)
    assert steps.bring_in(COLLECTION).settled == 1
    (row,) = owed(home)
    assert row["last_told"] == "ZeroDivisionError: in a library, with ***"


def test_killed_between_the_answer_and_its_giving_it_is_owed(home: Path, feed: Path) -> None:
    put(home, 35)
    steps.collect(ENDPOINT)
    kill(home, drain, "answer: entered")
    assert len(owed(home)) == 1, "owed by the transaction that noted the answer"
    assert given(home) == {}
    run(home, drain)
    assert statuses(home) == ["accepted"]


def test_two_at_once_give_each_answer_once(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    really_give = DirectorySource.give_back

    both_inside = Barrier(2)

    def count(self: DirectorySource, at: Path, answers: Any) -> Iterator[Any]:
        with suppress(BrokenBarrierError):
            both_inside.wait(timeout=0.5)
        calls.extend(one.submission_id for one in answers)
        return really_give(self, at, answers)

    for minute in range(20):
        put(home, minute, arrivals=minute)
    steps.collect(ENDPOINT)
    with monkeypatch.context() as patch:
        patch.setattr(steps, "give_back", lambda *_: 0)
        steps.drain()
    assert len(owed(home)) == 20
    monkeypatch.setattr(DirectorySource, "give_back", count)
    registry = load_registry()
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: giving.give_back(home, registry), range(2)))
    assert sorted(done) == [0, 20]
    assert len(calls) == len(set(calls)) == 20
    assert len(given(home)) == 20
    assert owed(home) == []


def test_a_refusal_for_patient_data_goes_back_without_the_number(home: Path, feed: Path) -> None:
    put(home, 35, arrivals="999 123 4578")
    bring_in()
    ((name, answer),) = given(home).items()
    assert answer["status"] == "rejected"
    for ending in (".json", ".md"):
        text = (home / ANSWERS / f"{name}{ending}").read_text("utf-8")
        assert "4578" not in text
        assert "999 123" not in text


def test_a_file_too_large_to_be_read_and_one_with_a_hostile_name_are_answered_back(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, 35)
    hostile = Listed("no such file", f"../../{'ä' * 200}.csv", 5, version="1")
    really_list = DirectorySource.in_order

    def list_more(self: DirectorySource, at: Path) -> Iterator[Listed]:
        yield hostile
        yield from really_list(self, at)

    monkeypatch.setattr(DirectorySource, "in_order", list_more)
    monkeypatch.setattr(DirectorySource, "refuse", lambda *_: None)
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "100")
    settings.cache_clear()
    bring_in()
    codes = {line["code"] for answer in given(home).values() for line in answer["lines"]}
    assert {"FILE-016", "FILE-030"} <= codes
    assert all(name[0] != "." and name.isascii() for name in given(home))


def test_unmatched_files_are_not_answered_back_where_feeds_know_several_ways(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DirectorySource, "shared_fields", ())
    text = feed.read_text("utf-8").replace("../given", "../elsewhere")
    feed.with_name("other.yaml").write_text(text.replace('"R0A_acute', '"R0B_acute'), "utf-8")
    put(home, 35)
    put(home, 36, name="who_knows.csv")
    bring_in()
    assert load_registry().problems == ()
    assert statuses(home) == ["accepted"]
    assert not (home / "incoming" / "elsewhere").exists()
    assert owed(home) == []


def test_an_answer_that_comes_as_a_file_is_not_answered_back(home: Path, feed: Path) -> None:
    put(home, 35, name="R0A.csv.0123456789abcdef.answer.json")
    bring_in()
    assert len(ask_ledger(home, "FROM ops.submission")) == 1
    assert owed(home) == []
    assert given(home) == {}


def test_nothing_more_is_opened_where_no_feed_takes_answers(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_feeds(monkeypatch, tmp_path / "feeds", answers=None)
    bring_in()
    opened: list[Path] = []
    really_attach = warehouse_connection.attached_warehouse

    def count(at: Path, **how: Any) -> Any:
        opened.append(at)
        return really_attach(at, **how)

    monkeypatch.setattr(warehouse_connection, "attached_warehouse", count)
    assert giving.give_back(home, load_registry()) == 0
    assert opened == []
    put(home, 35)
    bring_in()
    assert len(opened) == 1, "to load it and to answer it"


def test_a_time_that_is_over_leaves_the_rest_for_the_next_run(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "_AT_ONCE", 1)
    for minute in range(3):
        put(home, minute, arrivals=minute)
    with monkeypatch.context() as patch:
        patch.setenv("SITREP_GIVE_BACK_SECONDS", "0.0000001")
        settings.cache_clear()
        bring_in()
        assert len(owed(home)) == 3
    settings.cache_clear()
    bring_in()
    assert len(given(home)) == 3


def test_a_rebuild_owes_what_was_owed_and_nothing_anew(home: Path, feed: Path) -> None:
    put(home, 35)
    bring_in()
    (home / ANSWERS).rename(home / "given before")
    block(home)
    put(home, 36, arrivals=9)
    bring_in()
    before = owed(home)
    assert len(before) == 1
    shutil.rmtree(home / "answers")
    assert _run(["rebuild"]) == 0
    assert owed(home) == before
    unblock(home)
    bring_in()
    assert len(given(home)) == 1


def test_a_rebuild_owes_what_was_due_when_a_process_died(home: Path, feed: Path) -> None:
    put(home, 35)
    steps.collect(ENDPOINT)
    kill(home, drain, "load: committed")
    assert _run(["rebuild"]) == 0
    assert len(owed(home)) == 1
    run(home, drain)
    assert statuses(home) == ["accepted"]


def test_a_link_in_the_place_of_the_folder_is_not_followed(
    home: Path, feed: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (home / ANSWERS).parent.mkdir(parents=True)
    (home / ANSWERS).symlink_to(tmp_path / "elsewhere")
    put(home, 35)
    bring_in()
    assert list((tmp_path / "elsewhere").iterdir()) == []
    (row,) = owed(home)
    assert "is a link" in row["last_told"]


@pytest.mark.parametrize("place", ["", ".", "collected", "./held", "refused/", "sftp://x/y"])
def test_answers_do_not_stand_where_submissions_do(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    path = use_feeds(monkeypatch, tmp_path / "feeds", answers=None)
    say_answers(path, f'"{place}"')
    (problem,) = load_registry().problems
    assert "source.directory.answers" in problem.message or "answers" in problem.message


def test_a_source_that_gives_up_keeps_what_it_was_given(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_one(self: DirectorySource, at: Path, answers: Any) -> Iterator[Any]:
        yield answers[0], ""
        raise SourceUnavailable("The host is down; password=***.")

    put(home, 35)
    put(home, 36, arrivals=9)
    monkeypatch.setattr(DirectorySource, "give_back", give_one)
    bring_in()
    (row,) = owed(home)
    assert (row["tries"], row["last_told"]) == (1, "The host is down; password=***.")
