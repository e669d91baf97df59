"""A real server of MESH on this machine, feeds that share a mailbox of it, and their senders."""

import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from pipelines.base.settings import settings
from pipelines.collect.collect import collect_endpoint
from pipelines.collect.mesh.mesh_calls import MailboxCalls
from pipelines.collect.sources.mesh import MeshSource
from pipelines.landing.landing import Landing
from pipelines.local_servers.mesh_server import MeshServer, is_installed, running_mesh
from pipelines.registry.registry import load_registry
from tests.support.patient_ways import NUMBER

OURS, ACUTE, SECOND, AMBULANCE = "X26HC001", "X26OT123", "X26OT124", "X26OT125"
PASSWORDS = {name: f"password-of-{name.lower()}" for name in (OURS, ACUTE, SECOND, AMBULANCE)}
SHARED_KEY = "shared-key-of-the-tests"
CONNECTION = "mesh_england"
ENDPOINT = f"mesh://{CONNECTION}"
RT, SITREP, ANSWERS = "UEC_ACUTE_RT", "UEC_AMB_SITREP", "UEC_ANSWERS"
FEEDS = {
    "acute_realtime.r0a": (RT, ACUTE),
    "acute_realtime.rem": (RT, SECOND),
    "ambulance_sitrep.rx7": (SITREP, AMBULANCE),
}
"""Feed → its workflow id and its sender: two collections, three senders, one mailbox."""
BOMB = gzip.compress(bytes(2**20)) * 2048
"""Two gigabytes of zeros in two megabytes."""


@contextmanager
def mesh_server(folder: Path) -> Iterator[MeshServer]:
    """A server with our mailbox and those of three senders; skipped where it is not installed."""
    if not is_installed():
        pytest.skip("mesh-sandbox is not installed: make servers")
    with running_mesh(folder, PASSWORDS, shared_key=SHARED_KEY) as server:
        yield server


class MeshHome:
    """A home that collects from the mailbox, empty at first, and what its senders do."""

    def __init__(self, home: Path, server: MeshServer, patch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.server = server
        self._patch = patch
        self._laid = 0
        for name in PASSWORDS:
            shutil.rmtree(server.folder / name, ignore_errors=True)
            self.connect(name.lower(), **server.connections[name])
        self.connect(CONNECTION, **server.connections[OURS])
        self.reload()
        self._feeds = home.parent / "feeds"
        for feed in FEEDS:
            self.add_feed(feed)
        patch.setenv("SITREP_FEEDS_DIR", str(self._feeds))
        settings.cache_clear()

    def connect(self, connection: str, **told: Any) -> None:
        self._patch.setenv(f"AIRFLOW_CONN_{connection.upper()}", json.dumps(told))

    def reload(self) -> None:
        """The server reads its messages from its folder again."""
        httpx.delete(f"{self.server.address}/messageexchange/admin/reset").raise_for_status()

    def add_feed(self, feed: str, **changes: Any) -> None:
        workflow_id, sender = FEEDS[feed]
        collection, _, name = feed.partition(".")
        content = {
            "title": name,
            "provider": {"code": name.upper(), "name": name.upper()},
            "stage": "live",
            "source": {
                "kind": "mesh",
                "connection": CONNECTION,
                "workflow_id": workflow_id,
                "sender": sender,
                "answers": ANSWERS,
                "sender_connection": sender.lower(),
                "poll_minutes": 0,
                **changes,
            },
            "format": {"kind": "csv"},
        }
        path = self._feeds / collection / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content), "utf-8")

    def source(self, feed: str = "acute_realtime.r0a") -> MeshSource:
        source = load_registry().feeds[feed].source
        assert isinstance(source, MeshSource)
        return source

    def send(self, feed: str, name: str, content: bytes) -> None:
        """The feed's sender sends a message."""
        self.source(feed).put(self.home, name, content)

    def lay(self, parts: Sequence[bytes], encoding: str = "", name: str = "a.csv") -> str:
        """A message that stands in the server's folder, in these very bytes; its id.

        `reload` has to follow.
        """
        self._laid += 1
        message_id = f"LAID{self._laid:06}"
        inbox = self.server.folder / OURS / "in"
        for number, part in enumerate(parts, 1):
            path = inbox / message_id / str(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(part)
        moment = datetime.now(UTC).replace(tzinfo=None).isoformat()
        told = {
            "message_id": message_id,
            "recipient": {"mailbox_id": OURS},
            "sender": {"mailbox_id": ACUTE},
            "events": [{"status": "accepted", "timestamp": moment}],
            "metadata": {"file_name": name, "content_encoding": encoding or None},
            "workflow_id": RT,
            "message_type": "DATA",
            "total_chunks": len(parts),
            "created_timestamp": moment,
        }
        (inbox / f"{message_id}.json").write_text(json.dumps(told))
        return message_id

    def report(self, told: str) -> None:
        """MESH reports of a message that our mailbox sent."""
        content = {
            "mailbox_id": OURS,
            "status": "error",
            "code": "14",
            "description": told,
            "workflow_id": ANSWERS,
            "subject": "acute_realtime.r0a@1234",
            "linked_message_id": "SENT1",
        }
        address = f"{self.server.address}/messageexchange/admin/report"
        httpx.post(address, json=content).raise_for_status()

    def collect(self) -> int:
        return collect_endpoint(self.home, ENDPOINT, load_registry())

    def landed(self) -> list[tuple[str, str, bytes]]:
        """Feed, name and bytes of what has landed."""
        landing = Landing(self.home)
        return sorted(
            (one.feed_id, one.file_name, landing.content(one)) for one in landing.waiting()
        )

    def waiting(self, mailbox: str = OURS) -> list[str]:
        """The ids of the messages that wait in a mailbox."""
        with self.calls(mailbox) as calls:
            return calls.message_ids()

    def calls(self, mailbox: str = OURS) -> MailboxCalls:
        from pipelines.base.connections import find_connection

        return MailboxCalls(find_connection(mailbox.lower()))

    def requests(self, what: str) -> int:
        """How often the server was asked for that, by its own log."""
        log = (self.server.folder / "server.log").read_text("utf-8", "replace")
        return log.count(f"begin {what} ")


def patient_file() -> bytes:
    return f"org_code,comment\nR0A,Waits for a bed {NUMBER}\n".encode()
