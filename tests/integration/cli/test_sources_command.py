"""`sitrep sources` tells how endpoints stand, and `sitrep sources check` what is wrong with one."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import steps
from pipelines.base import secrets
from pipelines.base.errors import SourceUnavailable
from pipelines.cli.app import _run
from pipelines.collect.checks import SourceCheck, Step
from pipelines.collect.sources.directory import DirectorySource
from tests.support.answered_back import block, owed, put, use_feeds
from tests.support.ledger_questions import ask_ledger
from tests.support.small_slots import ENDPOINT

FEED = "acute_realtime.r0a"
COLLECTION = "acute_realtime"


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    return use_feeds(monkeypatch, tmp_path / "feeds")


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = _run(["sources", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def row(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, said = call(capsys, *words, "--json")
    assert code == 0
    (found,) = json.loads(said)
    return dict(found)


def move_endpoint(feed: Path, endpoint: Path | str) -> None:
    content = yaml.safe_load(feed.read_text("utf-8"))
    content["source"]["endpoint"] = str(endpoint)
    feed.write_text(yaml.safe_dump(content), "utf-8")


def reach_file(home: Path) -> Path:
    (found,) = (home / "reach").iterdir()
    return found


def test_an_endpoint_is_told_before_and_after_it_was_collected_from(
    home: Path, feed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = row(capsys)
    assert (before["endpoint"], before["kind"], before["feeds"]) == (ENDPOINT, "directory", [FEED])
    assert (before["state"], before["last_success"]) == ("not yet", None)
    assert not home.exists(), "to look makes nothing"
    steps.bring_in(COLLECTION)
    after = row(capsys)
    assert (after["state"], after["last_success"]) == ("fine", "2019-03-08T12:00:00Z")
    assert (after["waiting"], after["owed"]) == (None, 0)
    put(home, 35)
    put(home, 36)
    assert row(capsys, "--look")["waiting"] == 2
    code, said = call(capsys)
    assert code == 0
    assert f"{ENDPOINT}\tdirectory\t{FEED}\tfine\t2019-03-08T12:00:00Z\t0\t" in said


def test_an_endpoint_that_fails_is_told_with_the_reason_until_it_is_reached_again(
    home: Path,
    feed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    share = tmp_path / "share"
    move_endpoint(feed, share)
    steps.bring_in(COLLECTION)
    told = row(capsys)
    assert (told["state"], told["failing_since"]) == ("failing", "2019-03-08T12:00:00Z")
    assert "cannot be read" in told["why"]
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:05:00Z")
    steps.bring_in(COLLECTION)
    assert row(capsys)["failing_since"] == "2019-03-08T12:00:00Z"
    _, said = call(capsys)
    assert f"{share}: failing since 2019-03-08T12:00:00Z: The folder {share} cannot be" in said
    assert _run(["status"]) == 0
    assert f"Cannot be reached: {share} since 2019-03-08T12:00:00Z" in capsys.readouterr().out
    _, said = call(capsys, "--look")
    assert "cannot be looked at now" in said
    share.mkdir()
    steps.bring_in(COLLECTION)
    told = row(capsys)
    assert (told["state"], told["last_success"]) == ("fine", "2019-03-08T12:05:00Z")
    assert told["last_failure"] == "2019-03-08T12:00:00Z"


def test_a_run_that_changes_nothing_writes_nothing_for_ten_minutes(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.collect(ENDPOINT)
    written = reach_file(home).stat().st_ino
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:09:59Z")
    steps.collect(ENDPOINT)
    assert reach_file(home).stat().st_ino == written
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T12:10:00Z")
    steps.collect(ENDPOINT)
    assert b"12:10:00" in reach_file(home).read_bytes()


def test_a_reason_with_a_secret_is_noted_masked(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> int:
        raise SourceUnavailable("login failed: hunter2hunter2")

    secrets.remember("hunter2hunter2")
    monkeypatch.setattr(DirectorySource, "collect", fail)
    steps.bring_in(COLLECTION)
    assert row(capsys)["why"] == "login failed: ***"
    assert b"hunter2" not in reach_file(home).read_bytes()


def test_owed_answers_are_told_by_sources_status_and_watch(
    home: Path, feed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(home, 35)
    put(home, 36, name="who_knows.csv")
    block(home)
    steps.bring_in(COLLECTION)
    assert len(owed(home)) == 2
    told = row(capsys)
    assert (told["owed"], told["owed_since"]) == (2, "2019-03-08T12:00:00Z")
    _, said = call(capsys)
    assert f"{ENDPOINT}: answers could not be given back: The folder" in said
    assert _run(["status"]) == 0
    assert f"Answers to be given back: 2 to {ENDPOINT}" in capsys.readouterr().out
    monkeypatch.setenv("SITREP_NOW", "2019-03-08T13:00:00Z")
    _run(["watch", "--no-alert"])
    (found,) = ask_ledger(home, "SELECT * FROM ops.watch WHERE code = 'WATCH-025'")
    assert found["subject"] == ENDPOINT


@pytest.mark.parametrize("name", [ENDPOINT, FEED, None])
def test_a_folder_that_is_fine_passes_every_step(
    home: Path, feed: Path, capsys: pytest.CaptureFixture[str], name: str | None
) -> None:
    put(home, 35)
    before = {path.name for path in (home / ENDPOINT).iterdir()}
    code, said = call(capsys, "check", *filter(None, [name]))
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == f"{ENDPOINT} (directory)"
    steps_told = [line.split(":")[0] for line in lines[1:]]
    assert steps_told == ["  ✓ connect", "  ✓ sign in", "  ✓ list", "  ✓ read one", "  ✓ answer"]
    assert {path.name for path in (home / ENDPOINT).iterdir()} == before, "nothing was taken"


def test_what_is_not_there_is_told_and_ends_with_1(
    home: Path, feed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    move_endpoint(feed, tmp_path / "share" / "uec" / "out")
    code, said = call(capsys, "check", FEED)
    assert code == 1
    assert f"✗ connect: {tmp_path}/share/uec/out is not there; the way to it ends at" in said
    assert f"ends at {tmp_path}." in said
    (tmp_path / "share").write_text("a file")
    code, said = call(capsys, "check", FEED, "--json")
    assert code == 1
    (tried,) = json.loads(said)
    assert (tried["is_fine"], [one["step"] for one in tried["steps"]]) == (False, ["connect"])


def test_a_folder_of_answers_that_is_none_is_told(
    home: Path, feed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(home, 35)
    block(home)
    code, said = call(capsys, "check", FEED)
    assert code == 1
    assert "✓ read one" in said
    assert "✗ answer: The folder" in said
    assert "cannot take answers" in said


@pytest.fixture
def no_rights(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The user of the tests may be root, to whom nothing is forbidden."""
    really_may = os.access
    monkeypatch.setattr(
        os,
        "access",
        lambda path, mode: not Path(path).name.startswith("acute") and really_may(path, mode),
    )
    yield


def test_a_folder_that_may_not_be_written_to_is_told(
    home: Path, feed: Path, no_rights: None, capsys: pytest.CaptureFixture[str]
) -> None:
    put(home, 35)
    code, said = call(capsys, "check", FEED)
    assert code == 1
    assert "✗ sign in" in said
    assert "cannot be written to by this user" in said


def test_a_name_that_is_unknown_ends_with_2_and_the_one_that_may_be_meant(
    home: Path, feed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = call(capsys, "check", "incoming/acute_realtme")
    assert code == 2
    assert f"Did you mean '{ENDPOINT}'" in said
    feed.write_text("title: broken\n", "utf-8")
    code, said = call(capsys, "check", FEED)
    assert code == 2
    assert f"{feed}:" in said


def test_a_connection_names_its_endpoints_and_a_kind_without_steps_says_so(
    home: Path, feed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = yaml.safe_load(feed.read_text("utf-8"))
    content["source"] = {
        "kind": "http",
        "address": "https://ed.example.nhs.uk/{slot_start}",
        "file_name": "{slot_start:%Y%m%dT%H%M%S}.csv",
        "connection": "trust_web",
    }
    feed.write_text(yaml.safe_dump(content), "utf-8")
    from pipelines.collect.sources.http import HttpSource

    monkeypatch.setattr(HttpSource, "check", lambda *_: iter(()))
    code, said = call(capsys, "check", "trust_web")
    assert code == 0
    assert "https://ed.example.nhs.uk (http)" in said
    assert "has no steps of its own" in said
    assert row(capsys, "--look")["waiting"] is None


def test_a_check_that_breaks_is_a_step_that_failed(
    home: Path, feed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Iterator[SourceCheck]:
        yield SourceCheck(Step.CONNECT, True, "there")
        raise ZeroDivisionError("in a library")

    monkeypatch.setattr(DirectorySource, "check", fail)
    code, said = call(capsys, "check", FEED)
    assert code == 1
    assert "✗ check: could not go on: ZeroDivisionError: in a library" in said


def test_a_look_does_not_wait_for_a_run_that_collects(
    home: Path, feed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.cli import source_report
    from pipelines.collect.collect import endpoint_lock

    monkeypatch.setattr(source_report, "_LOOK_WAIT_SECONDS", 0.05)
    with endpoint_lock(home, ENDPOINT):
        told = row(capsys, "--look")
    assert told["waiting"] is None
    assert "in use by another process" in told["not_looked"]
