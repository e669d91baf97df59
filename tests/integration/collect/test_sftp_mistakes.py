"""Each mistake in an SFTP connection is named, costs its own source only, and tells no secret."""

import json
import logging
import socket
from collections.abc import Mapping
from functools import cache
from typing import Any

import asyncssh
import pytest

from pipelines import steps
from pipelines.base.errors import ConfigurationError, SitrepError, SourceUnavailable
from pipelines.collect.checks import Step
from pipelines.local_servers.sftp_server import RunningSftp
from pipelines.registry.registry import load_registry
from tests.support.each_time import others_are_long
from tests.support.sftp_home import STEPS, SftpHome
from tests.support.small_slots import FIRST_FILE, write_slots

OTHER_FEED = "acute_realtime.rem"
PASSPHRASE = "a passphrase that nobody may see"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def new_key(kind: str = "ssh-ed25519") -> asyncssh.SSHKey:
    return asyncssh.generate_private_key(kind)


def public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


@cache
def locked_key() -> str:
    """A private key that opens with the passphrase."""
    return new_key().export_private_key(passphrase=PASSPHRASE, rounds=50).decode()


def mistake(server: RunningSftp, name: str) -> Mapping[str, Any]:
    """The connection with that mistake in it."""
    right = {**server.connection, "extra": dict(server.connection["extra"])}
    host_key = right["extra"]["host_key"]
    changes: dict[str, dict[str, Any]] = {
        "host": {"host": "no-such-host.invalid"},
        "port": {"port": free_port()},
        "host key": {"extra": {"host_key": public(new_key())}},
        "type of host key": {"extra": {"host_key": public(new_key("ecdsa-sha2-nistp256"))}},
        "user": {"login": "somebody"},
        "password": {"password": "not the password"},
        "private key": {
            "password": "",
            "extra": {
                "host_key": host_key,
                "private_key": new_key().export_private_key().decode(),
            },
        },
        "passphrase": {
            "extra": {
                "host_key": host_key,
                "private_key": locked_key(),
                "private_key_passphrase": f"not {PASSPHRASE}",
            }
        },
        "no host": {"host": ""},
        "no login": {"login": ""},
        "no host key": {"extra": {}},
        "a fingerprint": {"extra": {"host_key": "SHA256:abcdefgh"}},
        "no secret": {"password": ""},
    }
    return {**right, **changes[name]}


MISTAKES = {
    "host": (Step.NAME, "host name 'no-such-host.invalid' has no address. Correct `host`"),
    "port": (Step.CONNECT, "no server listens there. Check `port`"),
    "host key": (Step.CONNECT, "Either the server's key was changed"),
    "type of host key": (Step.CONNECT, "or another server answers in its place"),
    "user": (Step.SIGN_IN, "does not let the login 'somebody' in with its password"),
    "password": (Step.SIGN_IN, "does not let the login 'provider' in with its password"),
    "private key": (Step.SIGN_IN, "does not let the login 'provider' in with its private_key"),
    "passphrase": (Step.CONNECTION, "'private_key_passphrase' stands beside it"),
    "no host": (Step.CONNECTION, "has no host"),
    "no login": (Step.CONNECTION, "has no login"),
    "no host key": (Step.CONNECTION, "lacks 'host_key'"),
    "a fingerprint": (Step.CONNECTION, "and no fingerprint"),
    "no secret": (Step.CONNECTION, "neither a password nor 'private_key'"),
}


@pytest.mark.parametrize("name", others_are_long(MISTAKES, "host", "host key"))
def test_a_mistake_is_named_and_heals(sftp: SftpHome, name: str) -> None:
    sftp.send(FIRST_FILE)
    sftp.connect(mistake(sftp.server, name))
    step, told = MISTAKES[name]
    *fine, last = sftp.check()
    assert all(one.is_fine for one in fine)
    assert [*(one.step for one in fine), last.step] == STEPS[: STEPS.index(step) + 1]
    assert not last.is_fine
    assert told in last.told
    assert "sftp_r0a" in last.told
    with pytest.raises((SourceUnavailable, ConfigurationError)) as raised:
        sftp.collect()
    assert str(raised.value) == last.told or name == "port"
    sftp.connect()
    assert sftp.collect() == 1


def test_a_key_with_a_passphrase_lets_in(sftp: SftpHome) -> None:
    key = asyncssh.import_private_key(sftp.server.private_key)
    extra = {
        **sftp.server.connection["extra"],
        "private_key": key.export_private_key(passphrase=PASSPHRASE, rounds=50).decode(),
        "private_key_passphrase": PASSPHRASE,
    }
    sftp.connect(password="", extra=extra)
    sftp.send(FIRST_FILE)
    assert sftp.collect() == 1


def test_all_steps_are_fine_and_nothing_is_taken(sftp: SftpHome) -> None:
    sftp.configure(answers="back")
    sftp.send(FIRST_FILE)
    told = {one.step: one.told for one in sftp.check() if one.is_fine}
    assert list(told) == STEPS
    assert told[Step.LIST] == f"'{sftp.name}' has 1 files, 1 of them this feed's"
    assert FIRST_FILE in told[Step.READ]
    assert told[Step.ANSWER] == "the folder 'back' is not there, and is made for the first answer"
    assert sftp.at_server() == {FIRST_FILE}
    assert not (sftp.root / "back").exists()
    assert sftp.collect() == 1


def test_a_wrong_folder_is_named_with_what_the_login_sees(sftp: SftpHome) -> None:
    for name in ("archive", "bin", "zip"):
        (sftp.root / name).mkdir(exist_ok=True)
    sftp.configure(folder="outgong")
    registry = load_registry()
    source = registry.feeds["acute_realtime.r0a"].source
    last = list(source.check(sftp.home))[-1]  # type: ignore[attr-defined]
    assert (last.step, last.is_fine) == (Step.LIST, False)
    assert "sees no folder 'outgong'" in last.told
    assert "it sees outgoing" in last.told, "the likeliest first"
    with pytest.raises(SourceUnavailable, match="sees no folder 'outgong'"):
        steps.collect("sftp://sftp_r0a/outgong")


def test_names_that_fit_no_pattern_are_told(sftp: SftpHome) -> None:
    sftp.send("r0b_file.csv")
    listed = next(one for one in sftp.check() if one.step is Step.LIST)
    assert "0 of them this feed's; no name fits R0A_*.csv: r0b_file.csv" in listed.told


def test_what_is_no_ssh_server_is_named(sftp: SftpHome) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        sftp.connect(port=other.getsockname()[1])
        sftp.configure(timeout_seconds=0.3)
        last = sftp.check()[-1]
        assert (last.step, last.is_fine) == (Step.CONNECT, False)
        assert "gave no answer within 0.3 seconds" in last.told


def test_one_source_that_is_down_keeps_no_other(sftp: SftpHome) -> None:
    sftp.connect(port=free_port())
    sftp.configure(OTHER_FEED, pattern="REM_*.csv", connection="sftp_rem")
    sftp.patch.setenv("AIRFLOW_CONN_SFTP_REM", json.dumps(dict(sftp.server.connection)))
    write_slots(sftp.folder / "REM_a.csv")
    endpoints = [sftp.endpoint, f"sftp://sftp_rem/{sftp.name}"]
    brought = steps.bring_in("acute_realtime", endpoints)
    assert list(brought.unreachable) == [sftp.endpoint]
    assert brought.settled == 1


def test_no_secret_is_told(
    sftp: SftpHome, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    secrets: set[str] = set()
    for name in MISTAKES:
        connection = mistake(sftp.server, name)
        sftp.connect(connection)
        extra = connection["extra"]
        secrets |= {connection["password"], extra.get("private_key_passphrase", "")}
        secrets |= set(extra.get("private_key", "").splitlines()[1:-1])
        told += [one.told for one in sftp.check()]
        try:
            sftp.collect()
        except SitrepError as error:
            told.append(f"{error!r} {error.__cause__!r} {error.__context__!r}")
    everything = "\n".join([*told, caplog.text])
    assert [one for one in secrets if one and one in everything] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"password": "abcdefgh"}, "source.password"),
        ({"folder": "sftp://me:secret@host/x"}, "it has been seen"),
        ({"folder": "a/../../b"}, "without `..`"),
        ({"endpoint": "sftp://other/x"}, "leave it out"),
        ({"folder": "x/", "answers": "x"}, "or they are collected"),
        ({"connection": "Me:Secret"}, "source.connection"),
    ],
)
def test_a_feed_file_with_a_secret_or_a_way_out_is_an_error(
    sftp: SftpHome, words: dict[str, str], why: str
) -> None:
    sftp.configure(**words)
    assert why in "\n".join(str(one) for one in load_registry().problems)
