"""What the page of sources says of addresses is done: its feed files, connections and commands."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from pipelines import steps
from pipelines.base.connections import find_connection
from pipelines.base.settings import PROJECT, settings
from pipelines.landing.landing import Landing
from pipelines.local_servers.https_server import running_https
from pipelines.registry.registry import load_registry
from tests.support.asked_source import quarters
from tests.support.certificates_made import Authority, in_files
from tests.support.small_slots import write_slots

TEXT = (PROJECT / "docs" / "sources.md").read_text("utf-8")
SECTION = re.split(r"^## ", TEXT.partition("## Addresses that are asked\n")[2], flags=re.M)[0]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
FEEDS = [yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml"]
EXPORTS, CURLS = (text for kind, text in BLOCKS if kind == "sh")
HOST = "https://feeds.example.nhs.uk"
TRUSTED = Authority()


def connections() -> dict[str, dict[str, object]]:
    told = [shlex.split(line)[1].partition("=") for line in EXPORTS.splitlines()]
    return {name: json.loads(value) for name, _, value in told}


def test_connections_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for name, content in connections().items():
        monkeypatch.setenv(name, json.dumps(content))
        names.append(find_connection(name.removeprefix("AIRFLOW_CONN_").lower()).name)
    assert names == [feed["source"]["connection"] for feed in FEEDS]


def test_feed_files_are_taken_and_collect(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITREP_NOW", "2026-11-17T12:00:00Z")
    folder, files = tmp_path / "feeds" / "acute_realtime", tmp_path / "files"
    folder.mkdir(parents=True)
    slot = quarters("11:00", "11:15")[0]
    for feed in FEEDS:
        code = feed["provider"]["code"]
        write_slots(files / f"{code}_acute_realtime_1.csv", slots=[slot])
        for name, told in connections().items():
            extra = {**in_files(TRUSTED.client(), tmp_path), "ca": TRUSTED.pem}
            monkeypatch.setenv(name, json.dumps({**told, "extra": extra}))
    with running_https(files, context=TRUSTED.server(demands=True)) as server:
        for feed in FEEDS:
            path = folder / f"{feed['provider']['code'].lower()}.yaml"
            path.write_text(yaml.safe_dump(feed).replace(HOST, server.address))
        monkeypatch.setenv("SITREP_FEEDS_DIR", str(tmp_path / "feeds"))
        settings.cache_clear()
        registry = load_registry()
        assert [problem.message for problem in registry.problems] == []
        assert [feed.source.kind for feed in registry.feeds.values()] == ["http", "https", "https"]
        assert steps.collect(server.address) == 2, "the slots are not there yet"
        landed = {one.feed_id for one in Landing(home).waiting()}
        assert landed == {"acute_realtime.r1h", "acute_realtime.rgt"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_commands_by_hand(tmp_path: Path) -> None:
    files = tmp_path / "files"
    for name in ("R1H_acute_realtime_1.csv", "RGT_acute_realtime_1.csv"):
        write_slots(files / name)
    extra = TRUSTED.client()
    (tmp_path / "ca.pem").write_text(TRUSTED.pem)
    (tmp_path / "client.pem").write_text(extra["client_certificate"])
    (tmp_path / "client.key").write_text(extra["client_key"])
    (tmp_path / "token.header").write_text("Authorization: Bearer a-token\n")
    context = TRUSTED.server(demands=True)
    by_token, by_certificate = CURLS.splitlines()
    with running_https(files, token="a-token") as server:
        told = run(by_token.replace(HOST, server.address), tmp_path)
    assert "ETag: " in told
    assert "R0A" in told, "the rows"
    with running_https(files, context=context) as server:
        told = run(by_certificate.replace(HOST, server.address), tmp_path)
    assert "Last-Modified: " in told


def run(command: str, folder: Path) -> str:
    words = [*shlex.split(command), "--silent", "--max-time", "20"]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout
