"""Certificates of both sides, against servers that show and demand real ones."""

import json
import logging
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from pipelines.base.connections import find_connection
from pipelines.base.errors import ConfigurationError, SourceUnavailable
from pipelines.base.secrets import masked
from pipelines.collect.addresses import http_client
from pipelines.collect.addresses.asking import NoAccess
from pipelines.collect.addresses.certificates import context_for
from pipelines.collect.addresses.http_client import HttpClient
from tests.support.asked_source import AskedSource, Reply, running_source
from tests.support.certificates_made import Authority, in_files

TRUSTED, STRANGER = Authority(), Authority()
GIVEN = Reply(200, b"content")


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(http_client, "sleep", pauses.append)
    return pauses


@pytest.fixture
def demanding() -> Iterator[AskedSource]:
    """Lets in who shows a certificate of the trusted authority."""
    with running_source(TRUSTED.server(demands=True)) as source:
        source.otherwise["/r0a"] = GIVEN
        yield source


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def put(extra: dict[str, str], **fields: str) -> str:
        told = json.dumps({"conn_type": "http", "extra": extra, **fields})
        monkeypatch.setenv("AIRFLOW_CONN_MTLS", told)
        return "mtls"

    return put


def ask(source: AskedSource, connection: str | None) -> bytes | None:
    with HttpClient(5.0, connection) as client:
        return client.ask(f"{source.host}/r0a")


@pytest.mark.parametrize("are_files", [False, True])
def test_a_client_certificate_lets_in(
    demanding: AskedSource, connect: Any, tmp_path: Path, are_files: bool
) -> None:
    extra = TRUSTED.client()
    name = connect(in_files(extra, tmp_path) if are_files else extra)
    assert ask(demanding, name) == b"content"
    assert "Authorization" not in demanding.headers[0], "a certificate alone says who asks"


def test_a_certificate_and_a_token_or_a_login_go_together(
    demanding: AskedSource, connect: Any
) -> None:
    ask(demanding, connect(TRUSTED.client(), password="a-token"))
    ask(demanding, connect(TRUSTED.client(), login="me", password="pass-word"))
    ask(demanding, connect({**TRUSTED.client(), "auth": "bearer"}, login="me", password="a-token"))
    told = [one["Authorization"] for one in demanding.headers]
    assert told == ["Bearer a-token", "Basic bWU6cGFzcy13b3Jk", "Bearer a-token"]


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"ca": TRUSTED.pem}, "asks for a client certificate. Put 'client_certificate'"),
        ({**STRANGER.client(), "ca": TRUSTED.pem}, "refuses the client certificate"),
        (TRUSTED.client(is_expired=True), r"valid until 2021-01-01 00:00Z \(expired\)"),
    ],
    ids=["lacking", "of a stranger", "expired"],
)
def test_a_client_certificate_that_is_refused_is_told_and_not_tried_again(
    demanding: AskedSource, connect: Any, pauses: list[float], extra: dict[str, str], told: str
) -> None:
    name = connect(extra, password="a-token")
    for _ in range(5):
        # Whether the refusal or the end of the connection is seen first is chance.
        with pytest.raises(NoAccess, match=told) as caught:
            ask(demanding, name)
    assert "AIRFLOW_CONN_MTLS" in str(caught.value)
    assert pauses == []
    assert demanding.asked == []


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"ca": TRUSTED.pem}, "asks for a client certificate"),
        ({**STRANGER.client(), "ca": TRUSTED.pem}, r"refuses the client certificate.*unknown ca"),
    ],
)
def test_an_older_tls_says_so_in_the_handshake(
    connect: Any, pauses: list[float], extra: dict[str, str], told: str
) -> None:
    context = TRUSTED.server(demands=True)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with running_source(context) as source, pytest.raises(NoAccess, match=told):
        ask(source, connect(extra, password="a-token"))
    assert pauses == []


def test_words_that_are_no_secrets_are_not_masked(connect: Any) -> None:
    find_connection(connect({**TRUSTED.client(), "auth": "basic"}, login="me", password="pass-it"))
    assert masked("basic, by pass-it") == "basic, by ***"


@pytest.mark.parametrize(
    ("authority", "server", "told"),
    [
        (TRUSTED, {"is_expired": True}, r"has expired \('.*CN=localhost.*until 2021-01-01"),
        (STRANGER, {}, r"nobody trusted here has signed \(issued by .* under 'ca'"),
        (TRUSTED, {"names": ["elsewhere.nhs.uk"]}, "certificate for elsewhere.nhs.uk .* the host"),
    ],
    ids=["expired", "not trusted", "another name"],
)
def test_a_servers_certificate_that_is_not_right_is_told_and_nothing_is_sent(
    connect: Any, pauses: list[float], authority: Authority, server: dict[str, Any], told: str
) -> None:
    context = authority.server(*server.pop("names", ()), **server)
    with running_source(context) as source, pytest.raises(NoAccess, match=told):
        ask(source, connect({"ca": TRUSTED.pem}, password="a-token"))
    assert pauses == []
    assert source.headers == []


def test_only_the_authority_of_the_connection_is_trusted(connect: Any) -> None:
    with running_source(TRUSTED.server()) as source:
        source.otherwise["/r0a"] = GIVEN
        with pytest.raises(NoAccess, match="nobody trusted here"):
            ask(source, None)
        assert ask(source, connect({"ca": TRUSTED.pem}, password="a-token")) == b"content"


def test_a_server_without_tls_is_told(connect: Any, pauses: list[float]) -> None:
    with running_source() as source:
        address = source.host.replace("http://", "https://")
        with HttpClient(5.0, None) as client, pytest.raises(NoAccess, match="speak TLS at port"):
            client.ask(f"{address}/r0a")
    assert pauses == []


def test_a_network_that_fails_is_tried_again_behind_tls(
    demanding: AskedSource, connect: Any, pauses: list[float]
) -> None:
    name = connect(TRUSTED.client())
    demanding.otherwise["/r0a"] = Reply(200, b"half", {"Content-Length": "9"}, says_length=False)
    with pytest.raises(SourceUnavailable, match="broke off its answer") as caught:
        ask(demanding, name)
    assert not isinstance(caught.value, NoAccess)
    assert pauses == [1, 2]
    demanding.stop()
    with pytest.raises(SourceUnavailable, match="could not be reached"):
        ask(demanding, name)


def locked_key(extra: dict[str, str], passphrase: str) -> str:
    key = serialization.load_pem_private_key(extra["client_key"].encode(), None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    ).decode()


def test_a_key_may_have_a_passphrase(demanding: AskedSource, connect: Any) -> None:
    extra = TRUSTED.client()
    locked = {**extra, "client_key": locked_key(extra, "open sesame")}
    with pytest.raises(ConfigurationError, match=r"'client_key_passphrase'.* is missing"):
        ask(demanding, connect(locked))
    with pytest.raises(ConfigurationError, match=r"'client_key_passphrase'.* does not open"):
        ask(demanding, connect({**locked, "client_key_passphrase": "wrong one"}))
    opened = {**locked, "client_key_passphrase": "open sesame"}
    assert ask(demanding, connect(opened)) == b"content"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client_key": TRUSTED.client()["client_key"]}, "'client_key'.* is not the key of"),
        ({"client_key": TRUSTED.pem}, "'client_key'.* has no private key"),
        ({"client_key": ""}, "'client_key'.* has no private key"),
        ({"client_certificate": ""}, "'client_key'.* without 'client_certificate'"),
        ({"client_certificate": "-----BEGIN nothing"}, "'client_certificate'.* is no certificate"),
        ({"client_certificate": "/nowhere/a.pem"}, "'client_certificate'.* nor a file that can be"),
        ({"client_key": "sorry, in another mail"}, "'client_key'.* neither PEM text nor a file"),
        ({"ca": "-----BEGIN nothing"}, "'ca'.* is no certificate"),
        ({"auth": "digest"}, "'auth'.* 'bearer' or 'basic'"),
    ],
)
def test_a_connection_that_cannot_be_used_names_the_word(
    connect: Any, changes: dict[str, str], told: str
) -> None:
    name = connect({**TRUSTED.client(), **changes})
    with pytest.raises(ConfigurationError, match=told) as caught:
        HttpClient(5.0, name)
    assert "AIRFLOW_CONN_MTLS" in str(caught.value)
    assert "sorry" not in str(caught.value)


def test_no_key_stands_in_a_log_an_error_or_a_file(
    demanding: AskedSource,
    connect: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    extra = TRUSTED.client(is_expired=True)
    name = connect(extra)
    open_before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(NoAccess) as caught:
        ask(demanding, name)
    said = str(caught.getrepr(showlocals=False)) + caplog.text + repr(find_connection(name))
    for line in extra["client_key"].splitlines()[1:-1]:
        assert line not in said
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) <= open_before


def test_a_renewed_certificate_is_used_and_the_same_one_is_read_once(
    connect: Any, tmp_path: Path
) -> None:
    extra = in_files(TRUSTED.client(), tmp_path)
    name = connect(extra)
    first = context_for(find_connection(name))
    assert context_for(find_connection(name)) is first
    in_files(TRUSTED.client(), tmp_path)
    assert context_for(find_connection(name)) is not first
