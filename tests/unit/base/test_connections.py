"""Connections: one resolver, and secrets that go out nowhere."""

import logging

import pytest

from pipelines.base import connections, secrets
from pipelines.base.connections import Connection, find_connection, resolve_with
from pipelines.base.errors import ConfigurationError
from pipelines.base.masked_log import MaskedLog
from pipelines.base.secrets import masked
from pipelines.cli.console import say

PASSWORD = "s3cret/pass word"
KEY = "-----BEGIN KEY-----\nAAAABBBBCCCC\n-----END KEY-----"


@pytest.mark.parametrize(
    "told",
    [
        '{"conn_type": "sftp", "host": "files.example", "port": 2222, "login": "r0a", "password": '
        '"s3cret/pass word", "extra": {"host_key": "ssh-ed25519 AAAA", "colour": "blue"}}',
        '{"host": "files.example", "port": "2222", "login": "r0a", "password": '
        '"s3cret/pass word", "extra": "{\\"host_key\\": \\"ssh-ed25519 AAAA\\"}"}',
        "sftp://r0a:s3cret%2Fpass%20word@files.example:2222/?host_key=ssh-ed25519+AAAA",
        "sftp://r0a:s3cret%2Fpass%20word@files.example:2222?"
        "__extra__=%7B%22host_key%22%3A%20%22ssh-ed25519%20AAAA%22%7D",
    ],
)
def test_a_connection_is_read_as_airflow_writes_it(
    monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SFTP_R0A", told)
    found = find_connection("sftp_r0a")
    assert (found.host, found.port, found.login) == ("files.example", 2222, "r0a")
    assert found.password == PASSWORD
    assert found.text("host_key") == "ssh-ed25519 AAAA"
    assert PASSWORD not in repr(found)


@pytest.mark.parametrize(
    "told", ["{", "no address", '{"port": "x"}', '{"extra": "[1]"}', "a://b:x"]
)
def test_a_broken_connection_is_told_without_its_text(
    monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_R0A", told)
    with pytest.raises(ConfigurationError, match="AIRFLOW_CONN_R0A cannot be read") as caught:
        find_connection("r0a")
    assert caught.value.__cause__ is None


def test_one_that_is_not_known_says_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="Set AIRFLOW_CONN_NOBODY"):
        find_connection("nobody")
    monkeypatch.setenv("SITREP_CONNECTION_NOBODY", "token")
    with pytest.raises(ConfigurationError, match="SITREP_CONNECTION_NOBODY is not read any more"):
        find_connection("nobody")
    with pytest.raises(ConfigurationError, match="lacks 'host_key' in its extra, which is the key"):
        Connection("r0a").needed("host_key", "the key of the host")


def test_secrets_are_masked_wherever_text_goes_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(secrets, "_known", set())
    given = Connection("r0a", password=PASSWORD, extra={"private_key": KEY, "host_key": "public"})
    monkeypatch.setattr(connections, "_resolver", lambda name: given)
    find_connection("r0a")
    say(f"refused {PASSWORD}, AAAABBBBCCCC, sftp://r0a:s3cret%2Fpass%20word@files, public")
    assert capsys.readouterr().out == "refused ***, ***, sftp://r0a:***@files, public\n"
    assert KEY not in masked(f"<{KEY}>")
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "key %s", (PASSWORD,), None)
    assert MaskedLog(masked).filter(record)
    assert record.getMessage() == "key ***"


def test_a_resolver_takes_the_place_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_resolver", connections.from_environment)
    monkeypatch.setenv("AIRFLOW_CONN_R0A", '{"password": "of the environment"}')
    resolve_with(lambda name: Connection(name, password="of the resolver"))
    assert find_connection("r0a").password == "of the resolver"


def test_whoever_masks_is_told_of_what_is_known_and_what_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(secrets, "_known", set())
    monkeypatch.setattr(secrets, "_listeners", [])
    secrets.remember("first secret")
    told: list[str] = []
    secrets.tell_of_secrets(told.append)
    secrets.remember("second")
    secrets.remember("abc")
    assert told == ["first secret", "first%20secret", "second"]
