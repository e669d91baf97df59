"""What a connection must say to get in at an SFTP server, and what is never shown."""

import json
from typing import Any

import asyncssh
import pytest

from pipelines.base.errors import ConfigurationError
from pipelines.collect.sftp.sftp_access import SftpAccess, find_access
from pipelines.collect.sources.sftp import SftpSource

KEYS = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256")]
FIRST, SECOND = (key.export_public_key().decode().strip() for key in KEYS)


def found(patch: pytest.MonkeyPatch, host_key: str = FIRST, **words: Any) -> SftpAccess:
    told = {
        "host": "sftp.example.nhs.uk",
        "login": "us",
        "password": "not-a-real-one",
        "extra": {"host_key": host_key, **words.pop("extra", {})},
        **words,
    }
    patch.setenv("AIRFLOW_CONN_NORTH", json.dumps(told))
    return find_access("north")


@pytest.mark.parametrize(
    ("host_key", "keys"),
    [
        (FIRST, 1),
        (f"{FIRST} root@their-server", 1),
        (f"\n# a comment\n{FIRST}\n\n{SECOND}\n", 2),
        (f"sftp.example.nhs.uk {FIRST}\n[sftp.example.nhs.uk]:2222 {SECOND}", 2),
    ],
    ids=["plain", "with a name", "lines", "as ssh-keyscan writes them"],
)
def test_host_keys_are_read_as_they_are_pasted(
    monkeypatch: pytest.MonkeyPatch, host_key: str, keys: int
) -> None:
    told = [key.get_fingerprint() for key in found(monkeypatch, host_key).host_keys]
    assert told == [key.get_fingerprint() for key in KEYS[:keys]]


@pytest.mark.parametrize(
    "host_key",
    ["#", FIRST[:40], "SHA256:abc", "ssh-ed25519", f"@revoked * {FIRST}", f"{FIRST}\nand more"],
    ids=["comment", "cut", "fingerprint", "type alone", "revoked", "one line of two"],
)
def test_what_is_no_host_key_is_told(monkeypatch: pytest.MonkeyPatch, host_key: str) -> None:
    with pytest.raises(ConfigurationError, match="'host_key' of the connection 'north'"):
        found(monkeypatch, host_key)


def test_the_port_is_22_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch).port == 22
    assert found(monkeypatch, port=2222).port == 2222


def test_nothing_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    key = KEYS[0].export_private_key().decode()
    access = found(monkeypatch, extra={"private_key": key})
    assert access.shown == "password and private_key"
    shown = f"{access!r} {access}"
    assert "not-a-real-one" not in shown
    assert not any(line in shown for line in key.splitlines())


@pytest.mark.parametrize(
    ("folder", "endpoint"),
    [
        ("outgoing", "sftp://north/outgoing"),
        ("outgoing/", "sftp://north/outgoing"),
        ("/data/out", "sftp://north//data/out"),
        ("/", "sftp://north//"),
        (".", "sftp://north/."),
    ],
)
def test_an_endpoint_follows_from_connection_and_folder(folder: str, endpoint: str) -> None:
    source = SftpSource.model_validate(
        {"kind": "sftp", "connection": "north", "folder": folder, "pattern": "*.csv"}
    )
    assert source.endpoint == endpoint
    again = SftpSource.at(endpoint)
    assert again is not None
    assert (again.folder, again.endpoint) == (source.folder, endpoint)


@pytest.mark.parametrize("endpoint", ["incoming", "https://north/x", "sftp://me:pw@north/x"])
def test_what_is_no_such_endpoint(endpoint: str) -> None:
    assert SftpSource.at(endpoint) is None
