"""One trust's feed, delivered in each way to a real server, and the answers that come back."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from pipelines.base.connections import find_connection, variable
from pipelines.base.settings import PROJECT, settings
from pipelines.collect.collected_source import CollectedSource
from pipelines.collect.file_store import source_for_files
from pipelines.local_servers import mesh_server, s3_server
from pipelines.local_servers.all_servers import running_servers
from pipelines.local_servers.ways import (
    BUCKET,
    COLLECTION,
    CONNECTIONS,
    MESH_SENDER,
    source_of,
)
from pipelines.registry.registry import load_registry
from tests.support.pushed import push_served
from tests.support.small_slots import FEED

NOW = "2019-03-08T12:00:00Z"
_FEEDS = PROJECT / "pipelines" / "feeds" / COLLECTION
_PATTERN = "R0A_acute_realtime_*.csv"


@dataclass(frozen=True)
class OneWay:
    """A home whose only feed is delivered in that way."""

    way: str
    home: Path
    servers: Path

    @property
    def store(self) -> CollectedSource:
        return source_for_files(load_registry().feeds[FEED])

    def send(self, name: str, content: bytes) -> None:
        """The trust delivers a file."""
        self.store.put(self.home, name, content)

    def answers(self) -> list[dict[str, Any]]:
        """What came back to the trust, by the names of its files."""
        found = {
            "directory": self._in_folder,
            "sftp": self._in_folder,
            "s3": self._in_bucket,
            "mesh": self._in_mailbox,
            "push": self._asked_for,
        }[self.way]()
        return sorted(found, key=lambda answer: (answer["file_name"], answer["received_at"]))

    def _in_folder(self) -> list[dict[str, Any]]:
        base = self.home / "incoming" if self.way == "directory" else self.servers / "sftp"
        folder = base / COLLECTION / "answers"
        assert {path.suffix for path in folder.iterdir()} == {".json", ".md"}
        return [json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")]

    def _in_bucket(self) -> list[dict[str, Any]]:
        import boto3

        told = find_connection(CONNECTIONS["s3"])
        client = boto3.client(
            "s3",
            endpoint_url=told.text("endpoint_url"),
            region_name=told.text("region_name"),
            aws_access_key_id=told.login,
            aws_secret_access_key=told.password,
        )
        listed = client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        keys = [one["Key"] for one in listed if one["Key"].endswith(".answer.json")]
        return [json.load(client.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in keys]

    def _in_mailbox(self) -> list[dict[str, Any]]:
        from pipelines.collect.mesh.mesh_calls import MailboxCalls

        told = find_connection(MESH_SENDER)
        inbox = self.servers / "mesh" / told.login / "in"
        with MailboxCalls(told) as calls:
            ids = calls.message_ids()
        return [json.loads((inbox / one / "1").read_bytes()) for one in ids]

    def _asked_for(self) -> list[dict[str, Any]]:
        told = find_connection(CONNECTIONS["push"])
        headers = {"Authorization": f"Bearer {told.password}"}
        with httpx.Client(base_url=told.host, headers=headers, timeout=30) as client:
            listed = client.get("/v1/submissions").raise_for_status().json()["submissions"]
            return [
                client.get(f"/v1/submissions/{one['submission_id']}").raise_for_status().json()
                for one in listed
            ]


@contextmanager
def delivered_by(way: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[OneWay]:
    """The way's server runs, and the home's feed names it; skipped where it cannot run here."""
    if (way == "s3" and not s3_server.is_installed()) or (
        way == "mesh" and not mesh_server.is_installed()
    ):
        pytest.skip("make servers was not run")
    home, feeds = folder / "home", folder / "feeds"
    own = feeds / COLLECTION
    shutil.copytree(_FEEDS / "layouts", own / "layouts")
    feed: dict[str, Any] = yaml.safe_load((_FEEDS / "r0a.yaml").read_text("utf-8"))
    feed["source"] = _at_once(source_of(way, _PATTERN))
    (own / "r0a.yaml").write_text(yaml.safe_dump(feed, sort_keys=False), "utf-8")
    for name, value in (
        ("SITREP_HOME", str(home)),
        ("SITREP_FEEDS_DIR", str(feeds)),
        ("SITREP_NOW", NOW),
        ("SITREP_QUIET_SECONDS", "0"),
        *((variable(name), "") for name in (*CONNECTIONS.values(), MESH_SENDER)),
    ):
        patch.setenv(name, value)
    settings.cache_clear()
    with ExitStack() as stack:
        stack.enter_context(running_servers([way], folder / "servers"))
        if way == "push":
            served = stack.enter_context(push_served(home))
            told = {"host": served.address, "password": served.token}
            patch.setenv(variable(CONNECTIONS["push"]), json.dumps(told))
        yield OneWay(way, home, folder / "servers")
    settings.cache_clear()


def behind(way: str, port: int, patch: pytest.MonkeyPatch) -> None:
    """The way's connection goes to that port of this machine from now on."""
    name = variable(CONNECTIONS[way])
    told: dict[str, Any] = json.loads(os.environ[name])
    if way == "sftp":
        told["port"] = port
    elif way == "s3":
        told["extra"]["endpoint_url"] = f"http://127.0.0.1:{port}"
    else:
        told["host"] = f"http://127.0.0.1:{port}"
    patch.setenv(name, json.dumps(told))


def port_of(way: str) -> int:
    """The port of the way's server."""
    told: dict[str, Any] = json.loads(os.environ[variable(CONNECTIONS[way])])
    address = told["extra"]["endpoint_url"] if way == "s3" else told["host"]
    return int(told["port"] if way == "sftp" else address.rpartition(":")[2])


def _at_once(source: Mapping[str, Any]) -> dict[str, Any]:
    """A file is taken as soon as it is listed: the clock of these tests stands still."""
    return {**source, **({"quiet_seconds": 0} if "quiet_seconds" in source else {})}
