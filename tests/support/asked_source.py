"""A real source that is asked over HTTP, on this machine, and feeds that ask it."""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from pipelines import steps
from pipelines.base.clock import parse_instant
from pipelines.base.settings import settings
from tests.support.ledger_questions import ask_ledger
from tests.support.small_slots import write_slots


@dataclass(frozen=True)
class Reply:
    """What the source answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    says_length: bool = True
    drops: int = 1
    """In so many parts the body comes, each a moment after the other."""


NOT_YET = Reply(404)
DROP_SECONDS = 0.05
QUARTER = timedelta(minutes=15)


class AskedSource:
    """Answers by path and slot; remembers what it was asked, in this order."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self.replies: dict[tuple[str, str], Reply | list[Reply]] = {}
        """Path and slot → its answer, or its answers one after the other, the last for ever."""
        self.otherwise: dict[str, Reply] = {}
        """Path → what it answers for every other slot."""
        self.asked: list[tuple[str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def host(self) -> str:
        return f"{'https://localhost' if self._context else 'http://127.0.0.1'}:{self._port}"

    def address(self, path: str) -> str:
        return f"{self.host}{path}?from={{slot_start}}"

    def start(self) -> None:
        """It listens, at the same port as before."""
        self._server = _QuietServer(("127.0.0.1", self._port), self._handler())
        if self._context:
            self._server.socket = self._context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any longer."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def slots(self, path: str = "/r0a") -> list[str]:
        """The slots that it was asked for since the last look, and forgets them."""
        slots = [slot for asked, slot in self.asked if asked == path]
        self.asked = [one for one in self.asked if one[0] != path]
        return slots

    def reply_to(self, path: str, slot: str) -> Reply:
        self.asked.append((path, slot))
        reply = self.replies.get((path, slot), self.otherwise.get(path, NOT_YET))
        if isinstance(reply, list):
            return reply.pop(0) if len(reply) > 1 else reply[0]
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                source.headers.append(dict(self.headers))
                parts = urlsplit(self.path)
                slot = parse_qs(parts.query).get("from", [""])[0]
                reply = source.reply_to(parts.path, slot)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.says_length:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                size = -(-len(reply.body) // reply.drops) or 1
                for start in range(0, len(reply.body), size):
                    time.sleep(DROP_SECONDS if start else 0)
                    self.wfile.write(reply.body[start : start + size])

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is written to the tests' output."""

        return Handler


class _QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that it does not let in."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def running_source(context: ssl.SSLContext | None = None) -> Iterator[AskedSource]:
    """A source that listens."""
    source = AskedSource(context)
    source.start()
    try:
        yield source
    finally:
        source.stop()


class Feeds:
    """A folder of feeds, in which a test puts those that ask; the contracts are the project's."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        patch.setenv("SITREP_FEEDS_DIR", str(folder))
        settings.cache_clear()

    def add(
        self, name: str, address: str, collection: str = "acute_realtime", **changes: Any
    ) -> str:
        """The id of a feed that asks there; `source` changes what it says of its source."""
        file_name = f"{name}_{{slot_start:%Y%m%dT%H%M%S}}.csv"
        source = {"kind": "http", "address": address, "file_name": file_name}
        source |= changes.pop("source", {})
        content = {
            "title": name,
            "provider": {"code": "R0A", "name": "Manchester"},
            "stage": "live",
            "source": source,
            "format": {"kind": "csv"},
            **changes,
        }
        path = self._folder / collection / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content), "utf-8")
        return f"{collection}.{name}"


class Asking:
    """Feeds that ask a source, in a home of their own, at times that a test sets."""

    def __init__(
        self, home: Path, source: AskedSource, folder: Path, patch: pytest.MonkeyPatch
    ) -> None:
        self.home = home
        self.source = source
        self.feeds = Feeds(folder / "feeds", patch)
        self._folder = folder
        self._patch = patch

    def add(self, name: str = "r0a", **changes: Any) -> str:
        """The id of a feed that asks the source under its name."""
        return self.feeds.add(name, self.source.address(f"/{name}"), **changes)

    def at(self, time_of_day: str, day: str = "2026-11-17") -> None:
        """It is that time, in UTC."""
        self._patch.setenv("SITREP_NOW", f"{day}T{time_of_day}:00Z")

    def has(self, *slots: str, path: str = "/r0a") -> None:
        """The source has these slots of R0A now."""
        for slot in slots:
            self.source.replies[(path, slot)] = Reply(200, self.file_of(slot))

    def file_of(self, slot: str) -> bytes:
        """The file that tells this slot."""
        return write_slots(self._folder / "files" / f"{slot[:16]}.csv", slots=[slot]).read_bytes()

    def collect(self, since: str | None = None) -> int:
        """The number of files that one run lands."""
        return steps.collect(self.source.host, parse_instant(since) if since else None)

    def given(self) -> list[str]:
        """The slots that the ledger has, after all that has landed was loaded."""
        steps.drain()
        rows = ask_ledger(
            self.home,
            "SELECT DISTINCT strftime(slot_start, '%Y-%m-%dT%H:%M:%SZ') AS slot "
            "FROM ops.submission_slot ORDER BY slot",
        )
        return [row["slot"] for row in rows]


def quarters(first: str, last: str, day: str = "2026-11-17") -> list[str]:
    """The slots from the one that begins at the time of day up to before the other."""
    start, end = (datetime.fromisoformat(f"{day}T{one}:00+00:00") for one in (first, last))
    count = int((end - start) / QUARTER)
    return [f"{start + number * QUARTER:%Y-%m-%dT%H:%M:%SZ}" for number in range(count)]


def token_connection(token: str) -> str:
    """A connection with that token, as the environment has it."""
    return json.dumps({"conn_type": "http", "password": token})
