"""The endpoint of push over a home, as providers reach it, and feeds that are posted."""

import shutil
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
import yaml

from pipelines.base.settings import settings
from pipelines.push.head_deadline import protocol_with_deadline
from pipelines.push.push_app import make_push_app
from pipelines.push.push_settings import PushSettings
from pipelines.tokens.token_file import make_token
from tests.support.served import free_socket
from tests.support.small_slots import FEED, write_slots

OTHER = "acute_realtime.r1h"
SUBMISSIONS = "/v1/submissions"
OFTEN = "100000/minute"


def push_feeds(folder: Path, changes: Mapping[str, Mapping[str, object]] | None = None) -> Path:
    """A copy of the feeds, in which those of two trusts are posted."""
    shutil.copytree(settings().feeds_dir, folder)
    for feed_id in (FEED, OTHER):
        path = feed_path(folder, feed_id)
        content = yaml.safe_load(path.read_text("utf-8"))
        content["source"] = {"kind": "push", "pattern": content["source"]["pattern"]}
        content |= (changes or {}).get(feed_id, {})
        path.write_text(yaml.safe_dump(content), "utf-8")
    return folder


def feed_path(folder: Path, feed_id: str) -> Path:
    collection, _, name = feed_id.partition(".")
    return folder / collection / f"{name}.yaml"


def use_push_feeds(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """The project's feeds are such a copy from now on."""
    push_feeds(folder)
    patch.setenv("SITREP_FEEDS_DIR", str(folder))
    settings.cache_clear()
    return folder


@dataclass
class Endpoint:
    """A served endpoint, and a client that has a token."""

    address: str
    token: str = field(repr=False)
    client: httpx.Client = field(repr=False)

    @property
    def place(self) -> tuple[str, int]:
        host, _, port = self.address.removeprefix("http://").partition(":")
        return host, int(port)

    def post(self, name: str, content: bytes, **headers: str) -> httpx.Response:
        return self.client.post(
            SUBMISSIONS, content=content, headers={"X-File-Name": name, **headers}
        )

    def with_token(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=self.address, headers=bearer(token), timeout=30)

    def raw(self, head: str, body: bytes = b"") -> socket.socket:
        """A connection on which that was sent, with the token."""
        connection = socket.create_connection(self.place, timeout=20)
        lines = [head, "Host: localhost", f"Authorization: Bearer {self.token}", "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)
        return connection


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def push_served(
    home: Path, verify: ssl.SSLContext | bool = True, **told: object
) -> Iterator[Endpoint]:
    """The endpoint answers; its client has a token for the first feed."""
    _, token = make_token(home, [FEED])
    given = PushSettings.model_validate({"limit_token": OFTEN, **told})
    listening, address = free_socket()
    config = uvicorn.Config(
        make_push_app(home, given), log_config=None, server_header=False, proxy_headers=False,
        http=protocol_with_deadline(given.head_seconds), access_log=False, ws="none",
        ssl_certfile=given.tls_certificate, ssl_keyfile=given.tls_key,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        if given.tls_certificate:
            address = address.replace("http://127.0.0.1", "https://localhost")
        limits = httpx.Limits(max_connections=None)
        with httpx.Client(
            base_url=address, headers=bearer(token), timeout=30, limits=limits, verify=verify
        ) as client:
            yield Endpoint(address, token, client)
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def slot_file(folder: Path, number: int = 0) -> tuple[str, bytes]:
    """A sound file of the first feed: its name, and its bytes, which are others by number."""
    made = timedelta(minutes=number)
    name = f"R0A_acute_realtime_20190308T{11 + made.seconds // 3600:02}{number % 60:02}00.csv"
    path = write_slots(
        folder / name, {("R0A02", "2019-03-08T11:15:00Z"): {"arrivals": 8 + number % 10}}
    )
    content = path.read_bytes()
    return name, content + b"\n" * (number // 10)
