"""One request and what becomes of it: retries, limits, redirects, and that no secret gets out."""

import logging
from collections.abc import Iterator
from email.utils import format_datetime

import pytest

from pipelines.base.clock import now
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.settings import settings
from pipelines.collect.addresses import http_client
from pipelines.collect.addresses.asking import NoAccess, SlotRefused
from pipelines.collect.sources.http import HttpSource
from tests.support.asked_source import (
    DROP_SECONDS,
    AskedSource,
    Reply,
    running_source,
    token_connection,
)

SECRET = "s3cret-bearer-token"
GIVEN = Reply(200, b"content")


@pytest.fixture
def source() -> Iterator[AskedSource]:
    with running_source() as source:
        yield source


@pytest.fixture(autouse=True)
def _own_settings() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which nobody waits for."""
    pauses: list[float] = []
    monkeypatch.setattr(http_client, "sleep", pauses.append)
    return pauses


def ask(source: AskedSource, *replies: Reply, **settings: object) -> bytes | None:
    """What the client makes of these answers, one after the other."""
    source.replies[("/r0a", "")] = list(replies)
    known = {
        "kind": "http",
        "address": f"{source.host}/r0a?at={{slot_start}}",
        "file_name": "{slot_start}",
        **settings,
    }
    with HttpSource.model_validate(known).client() as client:
        return client.ask(f"{source.host}/r0a")


def test_what_is_there_is_given_as_it_is(source: AskedSource) -> None:
    assert ask(source, GIVEN) == b"content"


@pytest.mark.parametrize("status", [202, 204, 404])
def test_what_is_not_there_yet_is_no_fault(source: AskedSource, status: int) -> None:
    assert ask(source, Reply(status)) is None
    assert len(source.asked) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_what_a_second_try_may_cure_is_tried_again(
    source: AskedSource, pauses: list[float], status: int
) -> None:
    assert ask(source, Reply(status), Reply(status), GIVEN) == b"content"
    assert pauses == [1, 2]


def test_tries_come_to_an_end(source: AskedSource) -> None:
    with pytest.raises(SourceUnavailable, match="answered 503"):
        ask(source, Reply(503))
    assert len(source.asked) == 3


def test_a_source_that_nobody_listens_at_is_tried_again(
    source: AskedSource, pauses: list[float]
) -> None:
    source.stop()
    with pytest.raises(SourceUnavailable, match="could not be reached"):
        ask(source)
    assert pauses == [1, 2]


def test_a_source_says_how_long_to_wait(
    source: AskedSource, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T08:00:00Z")
    date = format_datetime(now().replace(second=9), usegmt=True)
    wait, until = (
        Reply(429, headers={"Retry-After": "7"}),
        Reply(503, headers={"Retry-After": date}),
    )
    assert ask(source, wait, until, GIVEN) == b"content"
    assert pauses == [7, 9]


@pytest.mark.parametrize("told", ["", "soon", "-5", "²"])
def test_a_wait_that_is_not_understood_is_an_ordinary_one(
    source: AskedSource, pauses: list[float], told: str
) -> None:
    headers = {"Retry-After": told}
    assert ask(source, Reply(429, headers=headers), GIVEN) == b"content"
    assert pauses == [1]


def test_a_long_wait_is_left_to_the_next_run(source: AskedSource, pauses: list[float]) -> None:
    with pytest.raises(SourceUnavailable, match="answered 429"):
        ask(source, Reply(429, headers={"Retry-After": "3600"}), GIVEN)
    assert (pauses, len(source.asked)) == ([], 1)


@pytest.mark.parametrize("status", [400, 410, 422])
def test_what_asking_again_cannot_cure_is_refused(source: AskedSource, status: int) -> None:
    with pytest.raises(SlotRefused, match=f"answered {status}"):
        ask(source, Reply(status))
    assert len(source.asked) == 1


def test_an_answer_that_comes_by_drops_is_given_up(source: AskedSource) -> None:
    """Every drop comes within the time of one read, so that httpx alone would wait for ever."""
    drops = Reply(200, b"x" * 40, drops=40)
    with pytest.raises(SourceUnavailable, match=r"no answer within 0\.3 seconds"):
        ask(source, drops, timeout_seconds=6 * DROP_SECONDS)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"begun", {"Content-Length": "1001"}, says_length=False),
        Reply(200, b"x" * 1001, says_length=False),
    ],
    ids=["says so", "does not say"],
)
def test_an_answer_that_is_too_large_is_not_taken(
    source: AskedSource, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "1000")
    settings.cache_clear()
    with pytest.raises(SlotRefused, match="more than"):
        ask(source, reply)


def test_the_largest_answer_is_taken(source: AskedSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "1000")
    settings.cache_clear()
    assert ask(source, Reply(200, b"x" * 1000)) == b"x" * 1000


def test_a_redirect_within_the_host_is_followed_with_the_credential(
    source: AskedSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ED_BOARD", token_connection(SECRET))
    source.replies[("/new", "")] = GIVEN
    moved = Reply(307, headers={"Location": "/new"})
    assert ask(source, moved, connection="ed_board") == b"content"
    assert [one["Authorization"] for one in source.headers] == [f"Bearer {SECRET}"] * 2


def test_a_redirect_elsewhere_is_not_followed(source: AskedSource) -> None:
    with running_source() as other:
        moved = Reply(302, headers={"Location": f"{other.host}/login?token=x"})
        with pytest.raises(NoAccess, match=r"sends on to http://127\.0\.0\.1") as caught:
            ask(source, moved)
        assert other.asked == []
    assert "token" not in str(caught.value)


def test_a_redirect_in_a_circle_ends(source: AskedSource) -> None:
    with pytest.raises(NoAccess, match="more than 3 times"):
        ask(source, Reply(307, headers={"Location": "/r0a"}))
    assert len(source.asked) == 4


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_told_without_it(
    source: AskedSource,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ED_BOARD", token_connection(SECRET))
    caplog.set_level(logging.DEBUG)
    with pytest.raises(NoAccess, match=f"refuses the credential .{status}") as caught:
        ask(source, Reply(status), connection="ed_board")
    assert "AIRFLOW_CONN_ED_BOARD" in str(caught.value)
    assert source.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in str(caught.getrepr(showlocals=False)) + caplog.text
    assert len(source.asked) == 1


def test_without_its_secret_a_source_is_not_asked(source: AskedSource) -> None:
    with pytest.raises(ConfigurationError, match="Set AIRFLOW_CONN_ED_BOARD"):
        ask(source, GIVEN, connection="ed_board")
    assert source.asked == []


@pytest.mark.parametrize("added", ["\nX-Other: 1", " ", "é", "\t"])
def test_a_secret_that_cannot_be_sent_is_told_without_it(
    source: AskedSource, monkeypatch: pytest.MonkeyPatch, added: str
) -> None:
    """The libraries below would quote it."""
    monkeypatch.setenv("AIRFLOW_CONN_ED_BOARD", token_connection(f"{SECRET}{added}x"))
    with pytest.raises(ConfigurationError, match="no token has") as caught:
        ask(source, GIVEN, connection="ed_board")
    assert SECRET not in str(caught.getrepr())


def test_tries_end_with_the_time_of_the_run(source: AskedSource) -> None:
    known = {
        "kind": "http",
        "address": f"{source.host}/{{slot_start}}",
        "file_name": "{slot_start}",
    }
    source.otherwise["/r0a"] = Reply(500)
    with HttpSource.model_validate(known).client() as client, pytest.raises(SourceUnavailable):
        client.ask(f"{source.host}/r0a", within_seconds=-1.0)
    assert len(source.asked) == 1
