import json
from pathlib import Path

import pytest

from pipelines.cli.app import _run
from pipelines.tokens.push_token import id_in
from tests.support.pushed import OTHER, use_push_feeds
from tests.support.small_slots import FEED


@pytest.fixture(autouse=True)
def feeds(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_push_feeds(tmp_path / "feeds", monkeypatch)


def test_a_token_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["tokens", "new", FEED, OTHER, "--note", "Manchester", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert id_in(made["token"]) == made["token_id"]
    assert _run(["tokens", "rotate", made["token_id"], "--overlap", "12h", "--json"]) == 0
    rotated = json.loads(capsys.readouterr().out)
    assert rotated["feeds"] == [FEED, OTHER]
    assert _run(["tokens", "revoke", made["token_id"]]) == 0
    assert _run(["tokens", "list"]) == 0
    told = capsys.readouterr().out
    assert made["token_id"] in told and "revoked" in told and "Manchester" in told
    assert made["token"] not in told and rotated["token"] not in told
    assert _run(["tokens", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in listed] == ["revoked", "usable"]


def test_the_last_day_is_one_in_london(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["tokens", "new", FEED, "--until", "2126-07-31", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["until"] == "2126-07-31T23:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["new", "acute_realtime.r0b"], "acute_realtime.r0a"),
        (["new", FEED, "--until", "2020-01-01"], "past"),
        (["new", FEED, "--until", "soon"], "2027-11-30"),
        (["rotate", "nothing"], "no token"),
        (["revoke", "nothing"], "no token"),
        (["rotate", "nothing", "--overlap", "week"], "7d"),
    ],
)
def test_mistakes_are_told(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["tokens", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_feed_that_comes_another_way_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["tokens", "new", "acute_realtime.ra7"]) == 0
    assert "kind: push" in capsys.readouterr().err


def test_a_server_for_others_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["push-server", "--host", "0.0.0.0"]) == 2
    assert "SITREP_PUSH_TLS_CERTIFICATE" in capsys.readouterr().err
