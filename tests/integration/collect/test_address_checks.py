"""What trying an address says: each mistake of whoever set it up has its words."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.collect.checks import Step
from pipelines.collect.sources.http import HttpSource
from pipelines.collect.sources.https import HttpsSource
from pipelines.registry.registry import load_registry
from tests.support.asked_source import AskedSource, Asking, Reply, running_source
from tests.support.certificates_made import Authority

TRUSTED, STRANGER = Authority(), Authority()
SECRET = "s3cret-bearer-token"
ALL_FINE = [Step.CONNECTION, Step.NAME, Step.CONNECT, Step.SIGN_IN, Step.READ]


@pytest.fixture(scope="module")
def sound() -> Iterator[AskedSource]:
    with running_source(TRUSTED.server()) as source:
        yield source


@pytest.fixture(scope="module")
def demanding() -> Iterator[AskedSource]:
    with running_source(TRUSTED.server(demands=True)) as source:
        source.otherwise["/latest"] = Reply(200, b"content")
        yield source


def check(
    monkeypatch: pytest.MonkeyPatch, address: str, extra: Mapping[str, str], **fields: str
) -> list[tuple[Step, bool, str]]:
    told = {"password": SECRET, "extra": {"ca": TRUSTED.pem, **extra}, **fields}
    monkeypatch.setenv("AIRFLOW_CONN_TRUST", json.dumps(told))
    known = {"kind": "https", "address": address, "file_name": "{received}", "timeout_seconds": 2}
    source = HttpsSource.model_validate({**known, "connection": "trust"})
    found = [(one.step, one.is_fine, one.told) for one in source.check(Path("nowhere"))]
    assert SECRET not in str(found)
    return found


def mistake(found: list[tuple[Step, bool, str]]) -> tuple[Step, str]:
    """The only step that fails is the last."""
    assert [is_fine for _, is_fine, _ in found[:-1]] == [True] * (len(found) - 1)
    step, is_fine, told = found[-1]
    assert not is_fine
    return step, told


def test_a_source_that_is_set_up_well_is_fine(
    monkeypatch: pytest.MonkeyPatch, sound: AskedSource, demanding: AskedSource
) -> None:
    sound.otherwise["/latest"] = Reply(200, b"content")
    found = check(monkeypatch, f"{sound.host}/latest", {})
    assert [(step, is_fine) for step, is_fine, _ in found] == [(step, True) for step in ALL_FINE]
    assert found[-1][2] == f"{sound.host}/latest: 7 bytes"
    found = check(monkeypatch, f"{demanding.host}/latest", TRUSTED.client())
    assert "shows the client certificate 'CN=uec-feeds" in found[0][2]
    assert found[-1][:2] == (Step.READ, True)


def test_a_wrong_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    found = check(monkeypatch, "https://no-such-host.invalid/latest", {})
    assert mistake(found) == (
        Step.NAME,
        "The host 'no-such-host.invalid' is not known. Check its name in the address.",
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    step, told = mistake(check(monkeypatch, f"https://localhost:{port}/latest", {}))
    assert step == Step.CONNECT
    assert f"Nobody answers at localhost, port {port} (Connection refused). Check the port" in told
    with running_source() as source:
        address = source.host.replace("http://127.0.0.1", "https://localhost")
        step, told = mistake(check(monkeypatch, f"{address}/latest", {}))
    assert (step, "does not speak TLS at port" in told) == (Step.CONNECT, True)


@pytest.mark.parametrize(
    ("reply", "step", "words"),
    [
        (Reply(404), Step.READ, "answered 404: nothing stands there. Check the path"),
        (Reply(401), Step.SIGN_IN, "new token and put it into AIRFLOW_CONN_TRUST"),
        (Reply(403), Step.SIGN_IN, "refuses the credential (403)"),
        (
            Reply(302, headers={"Location": "https://login.example/?secret=x"}),
            Step.SIGN_IN,
            "sends on to https://login.example, which is not asked",
        ),
        (Reply(200, b"\n<!DOCTYPE html><title>Sign in"), Step.READ, "gives a web page"),
        (Reply(200, b"x", {"Content-Encoding": "gzip"}), Step.READ, "not whole: its end"),
        (Reply(200, b"x", {"Content-Encoding": "br"}), Step.READ, "packed as 'br'"),
        (Reply(500), Step.READ, "answered 500"),
    ],
)
def test_an_answer_that_is_not_right(
    monkeypatch: pytest.MonkeyPatch, sound: AskedSource, reply: Reply, step: Step, words: str
) -> None:
    sound.otherwise["/latest"] = reply
    sound.asked.clear()
    found, told = mistake(check(monkeypatch, f"{sound.host}/latest", {}))
    assert found == step
    assert words in told
    assert len(sound.asked) == 1, "one try is enough to look"


def test_a_login_that_is_refused(monkeypatch: pytest.MonkeyPatch, sound: AskedSource) -> None:
    sound.otherwise["/latest"] = Reply(401)
    step, told = mistake(check(monkeypatch, f"{sound.host}/latest", {}, login="me"))
    assert (step, "Check the login and the password in" in told) == (Step.SIGN_IN, True)


@pytest.mark.parametrize(
    ("extra", "step", "words"),
    [
        ({}, Step.SIGN_IN, "asks for a client certificate"),
        ({**STRANGER.client(), "ca": TRUSTED.pem}, Step.SIGN_IN, "refuses the client certificate"),
        (TRUSTED.client(is_expired=True), Step.CONNECTION, "2021-01-01 00:00Z, which has expired"),
        ({"client_certificate": "no.pem"}, Step.CONNECTION, "'client_certificate' in the extra"),
    ],
)
def test_a_client_certificate_that_does_not_do(
    monkeypatch: pytest.MonkeyPatch,
    demanding: AskedSource,
    extra: dict[str, str],
    step: Step,
    words: str,
) -> None:
    found, told = mistake(check(monkeypatch, f"{demanding.host}/latest", extra))
    assert found == step
    assert words in told


@pytest.mark.parametrize(
    ("authority", "names", "is_expired", "words"),
    [
        (TRUSTED, ("localhost",), True, "has expired"),
        (STRANGER, ("localhost",), False, "nobody trusted here has signed"),
        (TRUSTED, ("other.nhs.uk",), False, "certificate for other.nhs.uk"),
    ],
)
def test_a_servers_certificate_that_does_not_do(
    monkeypatch: pytest.MonkeyPatch,
    authority: Authority,
    names: tuple[str, ...],
    is_expired: bool,
    words: str,
) -> None:
    with running_source(authority.server(*names, is_expired=is_expired)) as source:
        step, told = mistake(check(monkeypatch, f"{source.host}/latest", {}))
    assert step == Step.CONNECT
    assert words in told


def test_a_connection_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_TRUST", raising=False)
    known = {"kind": "https", "address": "https://x.nhs.uk/", "file_name": "{received}"}
    (one,) = HttpsSource.model_validate({**known, "connection": "trust"}).check(Path("nowhere"))
    assert (one.step, one.is_fine) == (Step.CONNECTION, False)
    assert "Set AIRFLOW_CONN_TRUST" in one.told


@pytest.fixture
def asked(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    with running_source() as source:
        asking = Asking(home, source, tmp_path, monkeypatch)
        asking.at("12:07")
        yield asking


def test_slots_are_tried_by_the_cadence_of_the_feed(asked: Asking) -> None:
    feed_id = asked.add()
    source = load_registry().feeds[feed_id].source
    assert isinstance(source, HttpSource)
    last: Any = list(source.check(asked.home))[-1]
    slots = [f"2026-11-17T{one}:00Z" for one in ("11:45", "11:30", "11:15", "11:00")]
    assert asked.source.slots() == slots
    assert "answered 404 for each of the last 4: nothing stands there" in last.told
    asked.has(slots[1])
    last = list(source.check(asked.home))[-1]
    assert (last.step, last.is_fine) == (Step.READ, True)
