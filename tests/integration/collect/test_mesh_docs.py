"""What the page about sources says of MESH is so: its feed file, its connections, its commands."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from pipelines.base.connections import find_connection
from pipelines.base.settings import PROJECT, settings
from pipelines.cli.app import _run
from pipelines.landing.landing import Landing
from pipelines.local_servers.mesh_server import is_installed
from pipelines.registry.registry import load_registry

CHAPTER = (PROJECT / "docs" / "sources.md").read_text("utf-8").split("## NHS MESH\n")[1]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8700"


def blocks(kind: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(CHAPTER.split("\n## ")[0]) if found == kind]


@contextmanager
def served(command: str, folder: Path) -> Iterator[list[str]]:
    """What the command of the page says, at a port that is free."""
    words = shlex.split(command)
    assert words[:2] == [".venv/bin/python", "-m"]
    words = [str(folder) if word == "var/mesh" else word for word in words[1:]]
    child = subprocess.Popen(
        [sys.executable, *words, "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )
    assert child.stdout is not None
    try:
        yield [child.stdout.readline() for _ in range(2)]
    finally:
        child.terminate()
        child.wait(30)
        child.stdout.close()


def test_the_page_can_be_followed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_installed():
        pytest.skip("mesh-sandbox is not installed: make servers")
    real, by_hand = blocks("json")
    serve, collect = blocks("sh")
    feed = yaml.safe_load((PROJECT / "pipelines/feeds/acute_realtime/r0a.yaml").read_text("utf-8"))
    feed |= yaml.safe_load(blocks("yaml")[0]) | {"format": {"kind": "csv"}}
    del feed["layout"]
    path = tmp_path / "feeds" / "acute_realtime" / "r0a.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(feed), "utf-8")
    monkeypatch.setenv("SITREP_FEEDS_DIR", str(tmp_path / "feeds"))
    settings.cache_clear()
    assert load_registry().problems == ()

    name = f"AIRFLOW_CONN_{feed['source']['connection'].upper()}"
    assert f"`{name}`" in CHAPTER
    monkeypatch.setenv(name, real)
    assert find_connection(feed["source"]["connection"]).login == "X26HC001"
    with served(serve, tmp_path / "mesh") as told:
        connections = [json.loads(line.split(": ", 1)[1]) for line in told]
        address = connections[0]["host"]
        assert connections[0] == json.loads(by_hand.replace(ADDRESS, address))
        monkeypatch.setenv(name, by_hand.replace(ADDRESS, address))
        exec(blocks("python")[0].replace(ADDRESS, address), {})
        assert _run(shlex.split(collect)[1:]) == 0
    (landed,) = Landing(home).waiting()
    assert (landed.feed_id, landed.file_name) == ("acute_realtime.r0a", "R0A_1.csv")
