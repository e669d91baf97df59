"""The server of local runs: its folder is collected like any address, over TLS with a token."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines import steps
from pipelines.base.errors import SourceUnavailable
from pipelines.landing.landing import Landing
from pipelines.local_servers.https_server import RunningHttps, running_https
from tests.support.asked_source import Feeds
from tests.support.certificates_made import Authority

TRUSTED = Authority()
TOKEN = "s3cret-bearer-token"


def put(folder: Path, name: str, content: bytes, hour: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    os.utime(folder / name, (1_800_000_000 + hour * 3600,) * 2)


@contextmanager
def connected(folder: Path, patch: pytest.MonkeyPatch, is_tls: bool) -> Iterator[RunningHttps]:
    context = TRUSTED.server() if is_tls else None
    with running_https(folder, token=TOKEN, context=context) as server:
        extra = {"ca": TRUSTED.pem} if is_tls else {}
        patch.setenv("AIRFLOW_CONN_LOCAL", json.dumps({**server.connection, "extra": extra}))
        yield server


@pytest.mark.parametrize("is_tls", [False, True])
@pytest.mark.parametrize("paging", [{"next": "link"}, {"parameter": "page", "until": "404"}])
def test_each_file_of_a_folder_is_collected_once(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_tls: bool, paging: Any
) -> None:
    folder, feeds = tmp_path / "files", Feeds(tmp_path / "feeds", monkeypatch)
    for hour, content in enumerate((b"1", b"2", b"3")):
        put(folder, f"R0A_{hour}.csv", content, hour)
    put(folder, "REM_0.csv", b"of another", 9)
    put(folder, ".hidden", b"hidden", 9)
    with connected(folder, monkeypatch, is_tls) as server:
        assert TOKEN not in repr(server)
        own = {"file_name": "R0A{page}_{received}.csv", "connection": "local", "paging": paging}
        feeds.add(
            "r0a", "", source={"kind": "https", "address": f"{server.address}/pages/R0A", **own}
        )
        assert steps.collect(server.address) == 3
        assert steps.collect(server.address) == 0
        put(folder, "R0A_9.csv", b"4", 4)
        assert steps.collect(server.address) == 1
        landing = Landing(home)
        assert sorted(map(landing.content, landing.waiting())) == [b"1", b"2", b"3", b"4"]
        monkeypatch.setenv("AIRFLOW_CONN_LOCAL", json.dumps({"password": "another-token"}))
        with pytest.raises(SourceUnavailable):
            steps.collect(server.address)


def test_the_newest_file_is_given_until_there_is_a_newer_one(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, feeds = tmp_path / "files", Feeds(tmp_path / "feeds", monkeypatch)
    put(folder, "R0A_1.csv", b"1", 1)
    with connected(folder, monkeypatch, is_tls=False) as server:
        known = {"kind": "https", "file_name": "R0A_{received}.csv", "connection": "local"}
        feeds.add("r0a", "", source={**known, "address": f"{server.address}/latest/R0A"})
        assert [steps.collect(server.address) for _ in range(2)] == [1, 0]
        put(folder, "R0A_2.csv", b"2", 2)
        assert [steps.collect(server.address) for _ in range(2)] == [1, 0]
