"""A source that is asked and fails: what came is kept, and nobody else waits.

The secret of a connection stands in no file, log or error.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.settings import PROJECT
from pipelines.collect.addresses import http_client, pull
from pipelines.collect.addresses.http_client import HttpClient
from pipelines.landing.landing import Landing
from tests.support.asked_source import Asking, Reply, quarters, running_source, token_connection
from tests.support.each_time import others_are_long
from tests.support.ledger_questions import ask_ledger, assert_answered_once
from tests.support.warehouse import warehouse_file

SECRET = "s3cret-bearer-token"
HOUR: dict[str, Any] = {"look_back_hours": 1}
SLOTS = quarters("11:00", "12:00")
TRIES = 3


@pytest.fixture
def asked(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    """It is noon."""
    monkeypatch.setattr(http_client, "sleep", lambda seconds: None)
    with running_source() as source:
        asking = Asking(home, source, tmp_path, monkeypatch)
        asking.at("12:00")
        yield asking


def landed(home: Path) -> list[tuple[str, str]]:
    """Feed and slot of what waits in the inbox."""
    return [(one.feed_id, one.source.partition("=")[2]) for one in Landing(home).waiting()]


def test_what_came_before_the_source_went_down_is_kept(asked: Asking) -> None:
    feed_id = asked.add(source=HOUR)
    asked.source.otherwise["/r0a"] = Reply(503)
    asked.has(*SLOTS[:2])
    with pytest.raises(SourceUnavailable, match="answered 503") as caught:
        asked.collect()
    assert f"Feed {feed_id}, slot 2026-11-17T11:45Z" in str(caught.value)
    assert landed(asked.home) == [(feed_id, slot) for slot in SLOTS[:2]]
    wanted = [*SLOTS[:2], *[SLOTS[2]] * TRIES, *[SLOTS[3]] * TRIES]
    assert asked.source.slots() == wanted, "the oldest, then the newest; then it is left alone"


def test_one_slot_that_fails_does_not_keep_the_others_waiting(asked: Asking) -> None:
    asked.add(source=HOUR)
    asked.has(*SLOTS)
    asked.source.replies[("/r0a", SLOTS[0])] = Reply(500)
    with pytest.raises(SourceUnavailable, match="slot 2026-11-17T11:00Z") as caught:
        asked.collect()
    assert "11:15" not in str(caught.value)
    assert sorted(slot for _, slot in landed(asked.home)) == SLOTS[1:]


@pytest.mark.parametrize("status", [401, 500])
def test_a_broken_feed_does_not_stop_another_at_its_endpoint(asked: Asking, status: int) -> None:
    broken = asked.add("r0a", source=HOUR)
    sound = asked.add("r0b", source=HOUR)
    asked.source.otherwise["/r0a"] = Reply(status)
    asked.has(*SLOTS, path="/r0b")
    with pytest.raises(SourceUnavailable, match=broken) as caught:
        asked.collect()
    assert sound not in str(caught.value)
    assert landed(asked.home) == [(sound, slot) for slot in SLOTS]


def test_a_feed_with_much_to_catch_up_on_lets_the_others_come_in_between(asked: Asking) -> None:
    asked.add("r0a", source={"look_back_hours": 4})
    asked.add("r0b", source=HOUR)
    asked.collect()
    last_of_r0b = max(n for n, (path, _) in enumerate(asked.source.asked) if path == "/r0b")
    assert last_of_r0b < 2 * len(SLOTS)


def test_a_run_ends_in_time_and_the_next_goes_on_where_it_ended(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "LONGEST_SECONDS", 0.5)
    asked.add(source={"look_back_hours": 5})
    slots = quarters("07:00", "12:00")
    asked.source.otherwise["/r0a"] = Reply(200, b"slow", drops=4)
    asked.collect()
    first = asked.source.slots()
    assert 0 < len(first) < len(slots)
    assert first == slots[: len(first)]
    asked.collect()
    assert asked.source.slots()[0] == slots[len(first)]


def test_what_was_answered_is_landed_before_the_run_goes_on_for_long(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "LAND_AFTER_SECONDS", 0.0)
    asked.add(source=HOUR)
    asked.has(*SLOTS[:3])
    reply_to = asked.source.reply_to
    seen: list[int] = []

    def look(path: str, slot: str) -> Reply:
        seen.append(len(Landing(asked.home).waiting()))
        return reply_to(path, slot)

    monkeypatch.setattr(asked.source, "reply_to", look)
    asked.collect()
    assert seen == [0, 1, 2, 3]


def test_what_was_answered_is_landed_when_the_run_is_broken_off(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Airflow does by a timeout, which is no fault of the source."""
    feed_id = asked.add(source=HOUR)
    asked.has(*SLOTS)
    really = HttpClient.ask

    def break_off(client: HttpClient, address: str, within_seconds: float) -> bytes | None:
        if SLOTS[2] in address:
            raise KeyboardInterrupt
        return really(client, address, within_seconds)

    monkeypatch.setattr(HttpClient, "ask", break_off)
    with pytest.raises(KeyboardInterrupt):
        asked.collect()
    assert landed(asked.home) == [(feed_id, slot) for slot in SLOTS[:2]]


def test_what_the_source_refuses_to_give_is_told_once(
    asked: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    asked.add(source=HOUR)
    asked.source.otherwise["/r0a"] = Reply(400)
    asked.has(SLOTS[3])
    assert asked.collect() == 1
    told = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(told) == 1
    assert "slot 2026-11-17T11:00Z" in told[0]
    assert "answered 400; so for 2 more slots" in told[0]


def test_the_secret_gets_to_the_source_and_nowhere_else(
    asked: Asking, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ED_BOARD", token_connection(SECRET))
    asked.add(source={**HOUR, "connection": "ed_board"})
    asked.has(SLOTS[0])
    asked.source.otherwise["/r0a"] = Reply(401)
    refused = pytest.raises(SourceUnavailable, match="refuses the credential")
    with caplog.at_level(logging.DEBUG), refused as caught:
        asked.collect()
    assert {one["Authorization"] for one in asked.source.headers} == {f"Bearer {SECRET}"}
    assert asked.source.slots() == SLOTS[:2], "it is not asked on once it has refused"
    assert asked.given() == SLOTS[:1]
    files = [path for path in asked.home.parent.rglob("*") if path.is_file()]
    assert warehouse_file(asked.home) in files
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in caplog.text + str(caught.getrepr())


def test_a_feed_without_its_secret_is_told_and_the_others_are_asked(asked: Asking) -> None:
    without = asked.add("r0a", source={**HOUR, "connection": "ed_board"})
    sound = asked.add("r0b", source=HOUR)
    asked.has(*SLOTS, path="/r0b")
    with pytest.raises(ConfigurationError, match=f"{without}: The connection 'ed_board'"):
        asked.collect()
    assert {feed_id for feed_id, _ in landed(asked.home)} == {sound}
    assert asked.source.slots("/r0a") == []


@pytest.mark.parametrize(
    "step",
    others_are_long(
        ["landing: object written", "landing: manifest written", "collect: landed"],
        "landing: object written",
    ),
)
def test_a_run_that_is_killed_loses_nothing_and_lands_nothing_twice(
    asked: Asking, step: str
) -> None:
    asked.add(source=HOUR)
    asked.has(*SLOTS)
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from pipelines import steps; steps.collect('{asked.source.host}')",
        ],
        env={**os.environ, "SITREP_KILL_AT": step},
        cwd=PROJECT,
        check=False,
    )
    assert told.returncode == -9
    asked.collect()
    assert asked.given() == SLOTS
    rows = ask_ledger(asked.home, "SELECT status, sha256 FROM ops.submission")
    assert [row["status"] for row in rows] == ["accepted"] * len(SLOTS)
    assert len({row["sha256"] for row in rows}) == len(SLOTS)
    assert_answered_once(asked.home)
